// Package whisper delivers to Whisper files, as carbon-cache would write them, and
// reads them back, what is still in memory included.
//
// Points are gathered per series, and written together in rounds. A batch is
// acknowledged when the points of it are in files that are synced.
package whisper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/schema"
	"github.com/plumbago/plumbago/whisper"
)

// Options describe a store. Zero values are the defaults.
type Options struct {
	// Dir is the folder of the files, carbon's LOCAL_DATA_DIR. It is made if need
	// be, and is to be on one file system with all that is in it.
	Dir string

	// Schemas says how new series are stored; schema.Default() if nil.
	Schemas *schema.Rules

	// MaxCreates is how many files are created in a second, 1000 if 0. What comes
	// for more new series waits in memory; when that is full, as many are created
	// as it takes.
	MaxCreates int

	// FlushEvery is how long points wait at most before a round of writing
	// begins: 1 minute if 0. Rounds that take little time come up to 30 times as
	// often.
	FlushEvery time.Duration

	// CacheBytes bounds the memory for points that wait, 64 MiB if 0. When three
	// quarters of it are in use a round begins at once, and nothing more is taken
	// while all of it is.
	CacheBytes int64

	// IndexBytes bounds the memory for the names of series, and once more for
	// those of tagged ones: 256 MiB if 0. When it is not enough, names are looked
	// for in the folders, and some tagged series are not found.
	IndexBytes int64

	// Rescan is how often the folders are read to find what others have changed,
	// 10 minutes if 0.
	Rescan time.Duration

	Allocation whisper.Allocation // of new files
	Locking    whisper.Locking    // of files that are written

	RefusalsPath string // where points go that cannot be stored; "" keeps none

	Name       string                // the destination's, for metrics
	Logger     *slog.Logger          // nil: silent
	Registerer prometheus.Registerer // nil: counted, not shown
}

// What Options mean where they say nothing.
const (
	DefaultMaxCreates = 1000
	DefaultFlushEvery = time.Minute
	DefaultCacheBytes = 64 << 20
	DefaultIndexBytes = 256 << 20
	DefaultRescan     = 10 * time.Minute
)

// Store is a folder of Whisper files. As a destination it has one Conn at a time; all
// its other methods may be called at once. Several may be open in one folder, as while
// one takes the place of another: one of them writes at a time.
type Store struct {
	o        Options
	log      *slog.Logger
	dir      *os.File // to sync its file system
	creates  *rate.Limiter
	refusals *deliver.Refusals
	metrics  *metrics
	rules    atomic.Pointer[schema.Rules]

	cache    *cache
	index    *index
	tags     *tagIndex
	names    *namesFile
	losses   *losses
	told     *told
	suspects suspects
	census   atomic.Pointer[census] // of the names on disk; nil once it was looked at
	readers  chan struct{}          // as many as files are read for questions

	beforeWrite func(path string) error // of tests
	syncFolder  func(*os.File) error    // what sync does at last
	writer      <-chan struct{}         // closed when the last Conn writes no more; of those who Dial
	indexed     chan struct{}           // closed when the folders were read once: all names are in memory
	rescan      chan struct{}           // they are to be read at once
	stop        context.CancelFunc
	walking     sync.WaitGroup
	closed      atomic.Bool
}

// Open opens the store in o.Dir, and begins to read its folders.
func Open(o Options) (*Store, error) {
	o = o.withDefaults()
	s := &Store{
		o: o, log: o.Logger,
		creates:     rate.NewLimiter(rate.Limit(o.MaxCreates), o.MaxCreates),
		refusals:    deliver.OpenRefusals(o.RefusalsPath),
		cache:       newCache(o.CacheBytes),
		index:       newIndex(o.IndexBytes),
		tags:        newTagIndex(o.IndexBytes),
		told:        newTold(o.Logger),
		readers:     make(chan struct{}, maxReaders),
		syncFolder:  syncFolder,
		beforeWrite: func(string) error { return nil },
		indexed:     make(chan struct{}),
		rescan:      make(chan struct{}, 1),
	}
	s.losses = newLosses(s.refusals, s.log)
	s.rules.Store(o.Schemas)
	if err := s.openFolder(); err != nil {
		return nil, fmt.Errorf("open whisper files in %q: %w", o.Dir, err)
	}
	if err := s.names.each(func(name string) { s.tags.add(name) }); err != nil {
		return nil, errors.Join(fmt.Errorf("read names of tagged series: %w", err), s.names.close(), s.dir.Close())
	}
	s.metrics = newMetrics(o.Registerer, o.Name, s)
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	s.walking.Go(func() { s.walkEvery(ctx) })
	return s, nil
}

// SetSchemas says how new series are stored from now on; schema.Default() if nil. Files
// that are there stay as they are.
func (s *Store) SetSchemas(r *schema.Rules) {
	if r == nil {
		r = schema.Default()
	}
	s.rules.Store(r)
}

func (o Options) withDefaults() Options {
	if o.Schemas == nil {
		o.Schemas = schema.Default()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.MaxCreates = given(o.MaxCreates, DefaultMaxCreates)
	o.FlushEvery = given(o.FlushEvery, DefaultFlushEvery)
	o.CacheBytes = given(o.CacheBytes, DefaultCacheBytes)
	o.IndexBytes = given(o.IndexBytes, DefaultIndexBytes)
	o.Rescan = given(o.Rescan, DefaultRescan)
	return o
}

func given[N ~int | ~int64](n, otherwise N) N {
	if n > 0 {
		return n
	}
	return otherwise
}

// openFolder makes the folder and opens what is held open in it.
func (s *Store) openFolder() (err error) {
	if s.o.Dir == "" {
		return errors.New("no folder is given")
	}
	if err = os.MkdirAll(s.o.Dir, 0o755); err != nil {
		return err
	}
	if s.o.Dir, err = filepath.EvalSymlinks(s.o.Dir); err != nil {
		return err
	}
	if s.dir, err = os.Open(s.o.Dir); err != nil {
		return err
	}
	if s.names, err = openNames(s.namesPath()); err != nil {
		s.dir.Close()
	}
	return err
}

// longestWait is how long Close waits for a disk that is busy.
const longestWait = 5 * time.Second

// Close implements io.Closer: it releases what the store holds. The Conn must be closed
// before. Questions are still answered, from the files and names that are known.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	s.stop()
	s.walking.Wait()
	s.metrics.forget(s)
	if s.writer == nil {
		return s.releaseFiles()
	}
	released := make(chan error, 1)
	go func() {
		<-s.writer
		released <- s.releaseFiles()
	}()
	select {
	case err := <-released:
		return err
	case <-time.After(longestWait):
		return fmt.Errorf("close whisper files in %q: %w", s.o.Dir, errBusy)
	}
}

func (s *Store) releaseFiles() error { return errors.Join(s.names.close(), s.dir.Close()) }
