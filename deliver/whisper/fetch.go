package whisper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/plumbago/plumbago/render"
	"github.com/plumbago/plumbago/whisper"
)

// maxReaders is how many files and folders are open to answer questions, of all that
// are asked at a time.
const maxReaders = 4

// Fetch implements render.Store. A series is read as its file will be when all is
// written that waits in memory. One whose file is damaged is left out, and told of once
// in the log.
func (s *Store) Fetch(ctx context.Context, names []string, r render.Range) ([]render.Series, error) {
	if len(names) == 0 || r.From > r.Until {
		return nil, ctx.Err()
	}
	f := fetching{store: s, r: r, names: names, most: int64(r.Most)}
	ctx, f.cancel = context.WithCancelCause(ctx)
	defer f.cancel(nil)
	var readers sync.WaitGroup
	for range min(maxReaders, len(names)) {
		readers.Go(func() { f.run(ctx) })
	}
	readers.Wait()
	return f.found, context.Cause(ctx)
}

// fetching is the reading of some series by several goroutines.
type fetching struct {
	store  *Store
	r      render.Range
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	names []string // that nobody has begun with
	found []render.Series
	most  int64 // values that may still be read, if they are bounded
}

// run reads one series after the other.
func (f *fetching) run(ctx context.Context) {
	for name, ok := f.next(); ok && f.store.acquire(ctx) == nil; name, ok = f.next() {
		one, err := f.fetch(name, whisper.Range{From: f.r.From, Until: f.r.Until, Now: f.r.Now})
		f.store.release()
		if err != nil {
			f.cancel(err)
			return
		}
		f.add(name, one)
	}
}

func (f *fetching) next() (name string, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.names) == 0 {
		return "", false
	}
	name, f.names = f.names[0], f.names[1:]
	return name, true
}

func (f *fetching) add(name string, s whisper.Series) {
	if s.Step == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.found = append(f.found, render.Series{Name: name, From: s.From, Until: s.Until, Step: s.Step, Values: s.Values})
}

// acquire waits until one more file or folder may be open. Each success is followed by
// release.
func (s *Store) acquire(ctx context.Context) error {
	select {
	case s.readers <- struct{}{}:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) release() { <-s.readers }

// spend is called before so many values are read.
func (f *fetching) spend(values int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.most -= values; f.most < 0 && f.r.Most > 0 {
		return fmt.Errorf("%w: more than %d values", render.ErrTooMany, f.r.Most)
	}
	return nil
}

// fetch reads a series. It has no step if there is nothing of it.
func (f *fetching) fetch(name string, r whisper.Range) (whisper.Series, error) {
	s := f.store
	if checkName(s.o.Dir, name) != nil {
		return whisper.Series{}, nil
	}
	// What is written meanwhile is in both, and does no harm.
	pending := s.cache.pending(name)
	file, path, err := s.find(name)
	if errors.Is(err, fs.ErrNotExist) {
		if len(pending) == 0 {
			return whisper.Series{}, nil
		}
		file, err = whisper.New(s.rules.Load().For([]byte(name))), nil
	}
	if err == nil {
		defer file.Close()
		if err := f.spend(file.Count(r)); err != nil {
			return whisper.Series{}, err
		}
		var got whisper.Series
		if got, err = read(file, pending, r); err == nil {
			return got, nil
		}
	}
	if s.isUnfit(err) || errors.Is(err, unix.EIO) {
		s.told.unfit(path, err)
		err = nil
	}
	return whisper.Series{}, err
}

// read reads f as it will be with the points that wait for it.
func read(f *whisper.File, pending []whisper.Point, r whisper.Range) (got whisper.Series, err error) {
	if len(pending) > 0 {
		if f, err = f.Preview(settled(pending), r.Now); err != nil {
			return got, err
		}
	}
	return f.Fetch(r)
}
