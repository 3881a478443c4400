package whisper

import (
	"errors"
	"io/fs"
	"math"
	"time"

	"github.com/plumbago/plumbago/internal/number"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/whisper"
)

// Why a point is refused.
var (
	errLate   = errors.New("the time lies farther back than the series is kept")
	errTime   = errors.New("the time does not fit into a whisper file")
	errNumber = errors.New("the value is no number")
	errFile   = errors.New("the series' file cannot be used")
)

// take puts the points of a batch into the cache, and returns those that cannot be
// stored. An error means that it cannot be known whether they can.
func (s *Store) take(b metric.Batch) (refused, error) {
	t := taking{store: s, now: time.Now().Unix()}
	err := t.batch(b)
	s.known(t.listed...) // before the batch counts: names are durable when it is acknowledged
	if err != nil {
		return nil, err
	}
	s.cache.taken()
	return t.refused, nil
}

// taking is the taking of a batch.
type taking struct {
	store   *Store
	now     int64
	refused refused
	listed  []string // series that points came for first
}

func (t *taking) batch(b metric.Batch) error {
	c := t.store.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	for lines := b.Lines; len(lines) > 0; {
		line, rest := metric.Next(lines)
		err := t.line(line)
		if isFatal(err) {
			return err
		}
		if err != nil {
			t.refused.add(lines[:len(lines)-len(rest)], err)
		}
		lines = rest
	}
	return nil
}

// line takes a point. The cache is locked.
func (t *taking) line(l metric.Line) error {
	c := t.store.cache
	s := c.series[string(l.Name)]
	if s == nil {
		c.mu.Unlock()
		found, err := t.store.admit(string(l.Name))
		c.mu.Lock()
		if err != nil {
			return err
		}
		// Only this goroutine adds series.
		s = found
		c.add(s)
	}
	p, err := t.point(l, s.span)
	if err != nil {
		return err
	}
	if !s.listed {
		s.listed = true
		t.listed = append(t.listed, s.name)
	}
	c.push(s, p)
	return nil
}

// point reads the numbers of a line.
func (t *taking) point(l metric.Line, span int64) (whisper.Point, error) {
	value, ok := number.Parse(l.Value)
	if !ok {
		return whisper.Point{}, errNumber
	}
	at, ok := number.Parse(l.Timestamp)
	switch {
	case !ok || at > math.MaxUint32:
		return whisper.Point{}, errTime
	case int64(at) < t.now-span || at < 1:
		return whisper.Point{}, errLate
	}
	return whisper.Point{Time: int64(at), Value: value}, nil
}

// admit finds out about a series that nothing came for lately.
func (s *Store) admit(name string) (*series, error) {
	if err := checkName(s.o.Dir, name); err != nil {
		return nil, err
	}
	f, path, err := s.find(name)
	switch {
	case err == nil:
		defer f.Close()
		return &series{name: name, path: path, span: f.Header().Span()}, nil
	case errors.Is(err, fs.ErrNotExist):
		return &series{name: name, path: path, span: spanOf(s.rules.Load().For([]byte(name))), fresh: true}, nil
	case s.isUnfit(err) || s.suspects.again(path, err):
		s.told.unfit(path, err)
		return nil, errFile
	}
	return nil, fatalError{err}
}

// known sees to it that series are found.
func (s *Store) known(names ...string) {
	s.index.add(names)
	for _, name := range names {
		if isTagged(name) && s.tags.add(name) {
			s.names.add(name)
		}
	}
}

// find opens the file of a series to be read. Without one it returns the path that it
// would have.
func (s *Store) find(name string) (f *whisper.File, path string, err error) {
	path = s.path(name)
	f, err = whisper.Open(path)
	if readable, ok := s.readablePath(name); ok && errors.Is(err, fs.ErrNotExist) {
		if f, err := whisper.Open(readable); !errors.Is(err, fs.ErrNotExist) {
			return f, readable, err
		}
	}
	return f, path, err
}
