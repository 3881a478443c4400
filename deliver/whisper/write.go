package whisper

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/plumbago/plumbago/internal/schema"
	"github.com/plumbago/plumbago/whisper"
)

// writeWaiting writes the points of all series that have a file.
func (s *Store) writeWaiting(ctx context.Context) error {
	list := s.cache.takeWaiting()
	for i, one := range list {
		if ctx.Err() != nil {
			s.cache.giveBack(list[i:])
			return errStopped
		}
		if err := s.write(one); err != nil {
			s.cache.giveBack(list[i:])
			return err
		}
	}
	return nil
}

// createTime bounds how long series with files wait for files to be created.
const createTime = time.Second

// createSome creates files, as many as may be now.
func (s *Store) createSome(ctx context.Context) error {
	return s.createWhile(ctx, func() bool { return s.creates.Allow() || s.cache.short() })
}

// createAll creates all files that are waited for.
func (s *Store) createAll(ctx context.Context) error {
	for s.cache.anyFresh() > 0 {
		if err := s.createWhile(ctx, func() bool { return true }); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) createWhile(ctx context.Context, may func() bool) error {
	for until := time.Now().Add(createTime); time.Now().Before(until); {
		if ctx.Err() != nil {
			return errStopped
		}
		one := s.cache.firstFresh()
		if one == nil || !may() {
			return nil
		}
		if err := s.createAndWrite(one); err != nil {
			return err
		}
	}
	return nil
}

// createAndWrite makes the file of the first fresh series. If it cannot have one, its
// points are lost.
func (s *Store) createAndWrite(one *series) error {
	err := s.create(one)
	if err != nil && !s.isUnfit(err) {
		return err
	}
	s.cache.created(one)
	if err == nil {
		return s.write(one)
	}
	s.told.unfit(one.path, err)
	s.losses.add(loss{one.name, s.cache.begin(one), errFile})
	s.cache.end(one, 0)
	return nil
}

// create makes the file of a series, if it is not there.
func (s *Store) create(one *series) error {
	how := s.rules.Load().For([]byte(one.name))
	err := whisper.Create(one.path, how, s.o.Allocation)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeFolder(filepath.Dir(one.path)); err == nil {
			err = whisper.Create(one.path, how, s.o.Allocation)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return checkLink(one.path)
	}
	if err == nil {
		s.metrics.created.Inc()
	}
	return err
}

// makeFolder makes a folder and those above it. What is there and no folder, as a
// link that leads nowhere, is no reason to try again.
func makeFolder(path string) error {
	err := os.MkdirAll(path, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return &os.PathError{Op: "mkdir", Path: path, Err: errNowhere}
	}
	return err
}

// checkLink returns an error if there is a link at path that leads to nothing.
func checkLink(path string) error {
	st, err := os.Lstat(path)
	if err != nil || st.Mode()&fs.ModeSymlink == 0 {
		return nil // one that has gone since is found missing when it is written
	}
	if _, err = os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return &os.PathError{Op: "open", Path: path, Err: errNowhere}
	}
	return nil
}

func spanOf(s schema.Schema) (span int64) {
	for _, a := range s.Archives {
		span = max(span, a.Span())
	}
	return span
}

// write writes the points of a series to its file. What cannot be stored is lost. An
// error means that nothing more can be written.
func (s *Store) write(one *series) error {
	points := s.cache.begin(one)
	if len(points) == 0 {
		s.cache.end(one, 0)
		return nil
	}
	span, err := s.update(one, points)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.cache.lostFile(one)
		s.known(one.name)
		return nil
	case err == nil:
	case s.isUnfit(err) || s.suspects.again(one.path, err):
		s.told.unfit(one.path, err)
		s.losses.add(loss{one.name, points, errFile})
	default:
		return err
	}
	s.cache.end(one, span)
	return nil
}

// update writes points to the file of a series, and returns how long that keeps them.
func (s *Store) update(one *series, points []whisper.Point) (span int64, err error) {
	if err := s.beforeWrite(one.path); err != nil {
		return 0, err
	}
	f, err := whisper.OpenWrite(one.path, s.o.Locking)
	if err != nil {
		return 0, err
	}
	sorted := settled(points)
	dropped, err := f.Update(sorted, time.Now().Unix())
	if err == nil && syncFiles {
		err = f.Sync()
	}
	span = f.Header().Span()
	if err = errors.Join(err, f.Close()); err != nil {
		return span, err
	}
	s.metrics.updates.Inc()
	s.metrics.written.Add(float64(len(sorted) - dropped))
	if dropped > 0 {
		s.losses.add(loss{one.name, upTo(points, sorted[dropped-1].Time), errLate})
	}
	return span, nil
}

// upTo returns the points up to a time: those that were too old to be written.
func upTo(points []whisper.Point, last int64) (old []whisper.Point) {
	for _, p := range points {
		if p.Time <= last {
			old = append(old, p)
		}
	}
	return old
}

// settled returns points in the order of their times, and of those with the same time
// the one that came last. It leaves points as they are.
func settled(points []whisper.Point) []whisper.Point {
	rises := true
	for i := 1; i < len(points) && rises; i++ {
		rises = points[i-1].Time < points[i].Time
	}
	if rises {
		return points
	}
	points = slices.Clone(points)
	slices.SortStableFunc(points, func(a, b whisper.Point) int { return cmp.Compare(a.Time, b.Time) })
	n := 0
	for i, p := range points {
		if i+1 == len(points) || points[i+1].Time != p.Time {
			points[n] = p
			n++
		}
	}
	return points[:n]
}

// sync makes durable all that was written.
func (s *Store) sync() error {
	if err := s.inPlace(); err != nil {
		return err
	}
	if err := s.names.write(); err != nil {
		return err
	}
	return s.syncFolder(s.dir)
}
