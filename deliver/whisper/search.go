package whisper

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/render"
)

// Names implements render.Store. It has the series with tags and those without.
func (s *Store) Names(ctx context.Context, limit int) ([]string, error) {
	g := gathering{ctx: ctx, limit: limit}
	s.hunt(&g, nil)
	if g.err == nil {
		g.err = ctx.Err()
	}
	if g.err != nil {
		return nil, g.err
	}
	slices.Sort(g.names)
	return g.names, nil
}

// Search implements render.Store.
func (s *Store) Search(ctx context.Context, words []string, limit int) ([]string, error) {
	g := gathering{ctx: ctx, limit: limit}
	all := make([][]byte, len(words))
	for i, word := range words {
		all[i] = []byte(word)
	}
	s.hunt(&g, all)
	if g.err != nil && !errors.Is(g.err, render.ErrTooMany) {
		return nil, g.err
	}
	return g.names, ctx.Err()
}

// hunt gathers the names of series that hold all words.
func (s *Store) hunt(g *gathering, words [][]byte) {
	h := hunt{g, nil}
	if !s.index.hunt(h, words) {
		disk := diskHunt{s, h}
		disk.folder("", "", words)
	}
	for _, name := range s.tags.all() {
		if !g.alive() {
			return
		}
		h.lower = lowered(h.lower[:0], name)
		if len(missing(words, h.lower)) == 0 && !g.add(name) {
			return
		}
	}
}

// hunt goes through a tree of names.
type hunt struct {
	*gathering
	lower []byte // room for a name
}

func (x *index) hunt(h hunt, words [][]byte) bool {
	x.read()
	defer x.mu.RUnlock()
	if x.root == nil {
		return false
	}
	h.folder(x.root, path{make([]byte, 0, usualPath), make([]byte, 0, usualPath)}, words)
	return true
}

// usualPath is room for most paths.
const usualPath = 512

// path is that of a folder with a dot behind, as it is and in lower case.
type path struct{ plain, lower []byte }

// folder takes what is in f and holds those of the words that are not in its path.
func (h *hunt) folder(f *folder, at path, words [][]byte) {
	for _, name := range f.leaves {
		if !h.alive() || h.holds(at, name, words) && !h.add(string(append(at.plain, name...))) {
			return
		}
	}
	for _, below := range f.folders {
		next := path{append(append(at.plain, below.name...), '.'), append(lowered(at.lower, below.name), '.')}
		if h.folder(below, next, missing(words, next.lower)); h.err != nil {
			return
		}
	}
}

func (h *hunt) holds(at path, name string, words [][]byte) bool {
	return len(words) == 0 || len(missing(words, lowered(at.lower, name))) == 0
}

// missing returns the words that are not in text.
func missing(words [][]byte, text []byte) (left [][]byte) {
	for i, word := range words {
		if bytes.Contains(text, word) {
			continue
		}
		if i == len(left) {
			left = words[: i+1 : i+1]
		} else {
			left = append(left, word)
		}
	}
	return left
}

// diskHunt goes through the folders.
type diskHunt struct {
	store *Store
	hunt
}

func (d *diskHunt) folder(below, above string, words [][]byte) {
	var folders []string
	err := d.store.eachEntry(d.ctx, below, func(e entry) bool {
		if !e.leaf {
			folders = append(folders, e.name)
			return true
		}
		name := above + e.name
		d.lower = lowered(d.lower[:0], name)
		return d.alive() && (len(missing(words, d.lower)) > 0 || d.add(name))
	})
	if err != nil && d.err == nil {
		d.err = err
	}
	for _, name := range folders {
		if d.err != nil || strings.Count(above, ".") >= maxDepth {
			return
		}
		d.folder(below+"/"+name, above+name+".", words)
	}
}
