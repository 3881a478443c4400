package main

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/plumbago/plumbago/render"
)

// database is where the gateway's own series are read from: the Whisper files of its
// first destination that has some. It implements render.Store, and outlives reloads.
// The zero value has no files yet.
type database struct {
	mu   sync.Mutex
	open []*stored // of one name the later ones first
}

// opened notes that files are in use from now on. Those of an earlier opening of the
// same destination are still used until they are closed.
func (d *database) opened(s *stored) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := slices.IndexFunc(d.open, func(o *stored) bool { return o.name == s.name })
	if at < 0 {
		at = len(d.open)
	}
	d.open = slices.Insert(d.open, at, s)
}

func (d *database) closed(s *stored) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open = slices.DeleteFunc(d.open, func(o *stored) bool { return o == s })
}

// refresh has all files stored as their storage files say now.
func (d *database) refresh() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.open {
		s.refresh()
	}
}

var errNoDatabase = fmt.Errorf("%w: no destination has type: whisper", render.ErrNoStore)

func (d *database) now() (render.Store, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.open) == 0 {
		return nil, errNoDatabase
	}
	return d.open[0], nil
}

// Find implements render.Store.
func (d *database) Find(ctx context.Context, pattern string, limit int) ([]render.Node, error) {
	s, err := d.now()
	if err != nil {
		return nil, err
	}
	return s.Find(ctx, pattern, limit)
}

// Fetch implements render.Store.
func (d *database) Fetch(ctx context.Context, names []string, r render.Range) ([]render.Series, error) {
	s, err := d.now()
	if err != nil {
		return nil, err
	}
	return s.Fetch(ctx, names, r)
}

// Tagged implements render.Store.
func (d *database) Tagged(ctx context.Context, exprs []render.TagExpr, limit int) ([]string, error) {
	s, err := d.now()
	if err != nil {
		return nil, err
	}
	return s.Tagged(ctx, exprs, limit)
}

// Names implements render.Store.
func (d *database) Names(ctx context.Context, limit int) ([]string, error) {
	s, err := d.now()
	if err != nil {
		return nil, err
	}
	return s.Names(ctx, limit)
}

// Search implements render.Store.
func (d *database) Search(ctx context.Context, words []string, limit int) ([]string, error) {
	s, err := d.now()
	if err != nil {
		return nil, err
	}
	return s.Search(ctx, words, limit)
}
