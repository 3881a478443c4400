package queue_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

// tight is a queue of eight segments of a few blocks.
func tight(p queue.Policy) queue.Options {
	return queue.Options{MaxBytes: 16 << 10, SegmentBytes: 2 << 10, BlockBytes: 1 << 10, WhenFull: p, InOrder: true}
}

func TestDropOldestKeepsTheNewest(t *testing.T) {
	q := open(t, memDir(t), tight(queue.DropOldest))
	for i := range 100 {
		add(t, q, i*30, 30)
	}
	if err := q.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := q.Stats()
	identity(t, q)
	lost := int(s.Dropped[metric.QueueFull])
	if lost == 0 || s.Bytes > 16<<10 {
		t.Errorf("got %d dropped and %d bytes, want some dropped and at most 16 KiB", lost, s.Bytes)
	}
	q.CloseInput()
	wantRange(t, drain(t, q), lost, 3000)
}

func TestPointsInADroppedSegmentCanStillBeDelivered(t *testing.T) {
	for _, release := range []bool{true, false} {
		q := open(t, memDir(t), tight(queue.DropOldest))
		add(t, q, 0, 30)
		blocks, _ := take(t, q, 30)
		for i := 1; i < 100; i++ {
			add(t, q, i*30, 30)
		}
		if err := q.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := q.Stats().Dropped[metric.QueueFull]
		want := before
		if release {
			q.Release(blocks[0])
		} else {
			q.Rewind()
			want += 30
		}
		identity(t, q)
		if got := q.Stats().Dropped[metric.QueueFull]; got != want {
			t.Errorf("release %v: got %d dropped, want %d", release, got, want)
		}
		q.CloseInput()
		wantRange(t, drain(t, q), int(before)+30, 3000)
	}
}

func TestRejectTakesAllOrNothing(t *testing.T) {
	q := open(t, memDir(t), tight(queue.Reject))
	taken := 0
	for range 100 {
		err := q.Append(t.Context(), batch(taken, 30))
		if err == nil {
			taken += 30
		} else if !errors.Is(err, queue.ErrFull) {
			t.Fatal(err)
		}
		identity(t, q)
	}
	if got := int(q.Stats().Dropped[metric.QueueFull]); got != 3000-taken || taken == 3000 {
		t.Errorf("got %d dropped and %d taken of 3000", got, taken)
	}
	q.CloseInput()
	wantRange(t, drain(t, q), 0, taken)
}

func TestWaitBlocksUntilThereIsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := open(t, memDir(t), tight(queue.Wait))
		full, appended := make(chan struct{}), 0
		go func() {
			for q.Append(t.Context(), batch(appended, 30)) == nil && appended < 3000 {
				appended += 30
			}
			q.CloseInput()
			close(full)
		}()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if appended >= 3000 {
			t.Error("nothing blocked")
		}
		ns := drain(t, q)
		<-full
		wantRange(t, ns, 0, len(ns))
		if len(ns) < 3000 {
			t.Errorf("got %d points, want 3000", len(ns))
		}
	})
}

func TestWaitGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := open(t, memDir(t), tight(queue.Wait))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var err error
		for i := 0; err == nil; i++ {
			err = q.Append(ctx, batch(i*30, 30))
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got error %v, want that of the context", err)
		}
		if got := q.Stats().Dropped[metric.QueueFull]; got != 30 {
			t.Errorf("got %d dropped, want 30", got)
		}
	})
}

func TestLastCallTakesWhatWaitsAndWhatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := open(t, memDir(t), tight(queue.Wait))
		full := make(chan error)
		go func() {
			var err error
			for i := 0; err == nil && i < 100; i++ {
				err = q.Append(t.Context(), batch(i*30, 30))
			}
			full <- err
		}()
		synctest.Wait()
		if n := q.Stats().Appended; n >= 3000 {
			t.Error("nothing blocked")
		}
		q.LastCall()
		if err := <-full; err != nil {
			t.Error(err)
		}
		q.CloseInput()
		wantRange(t, drain(t, q), 0, 3000)
	})
}

func TestOpenInputUndoesTheEndOfTheInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := open(t, memDir(t), tight(queue.Wait))
		add(t, q, 0, 30)
		q.LastCall()
		q.CloseInput()
		blocks, _ := take(t, q, 30)
		if _, err := q.Next(t.Context()); err != io.EOF {
			t.Errorf("got %v, want io.EOF", err)
		}
		q.Release(blocks[0])
		q.OpenInput()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var err error
		for i := 1; err == nil && i < 100; i++ {
			err = q.Append(ctx, batch(i*30, 30))
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the bound to be in force again", err)
		}
		q.CloseInput()
		ns := drain(t, q)
		wantRange(t, ns, 30, 30+len(ns))
		q.Close()
		q.OpenInput()
		if err := q.Append(t.Context(), batch(0, 1)); !errors.Is(err, queue.ErrClosed) {
			t.Errorf("got %v of a closed queue, want ErrClosed", err)
		}
	})
}

func TestMaxAgeDropsWhatWaitedTooLong(t *testing.T) {
	for _, reopened := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			dir := memDir(t)
			o := queue.Options{MaxBytes: 1 << 20, SegmentBytes: 2 << 10, BlockBytes: 1 << 10, MaxAge: time.Minute, InOrder: true}
			q := open(t, dir, o)
			for i := range 120 {
				add(t, q, i*10, 10)
				time.Sleep(time.Second)
			}
			if reopened {
				q.Close()
				q = open(t, dir, o)
			}
			time.Sleep(1100 * time.Millisecond)
			s := q.Stats()
			lost := int(s.Dropped[metric.TooOld])
			if got := lost + int(1200-s.Recovered-s.Appended); got < 600 || got > 630 {
				t.Errorf("got %d points too old, want about 610", got)
			}
			if age := time.Since(s.Oldest); age > 62*time.Second || age < 58*time.Second {
				t.Errorf("got an oldest point of age %v, want about a minute", age)
			}
			q.CloseInput()
			ns := drain(t, q)
			wantRange(t, ns, 1200-len(ns), 1200)
		})
	}
}

func TestLivePointsGoBeforeALargeBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := open(t, memDir(t), queue.Options{BlockBytes: 4 << 10, ReplayRate: 1000})
		add(t, q, 0, 40_000)
		time.Sleep(2 * time.Second) // the far end is away
		q.Rewind()
		start, live, backlog := time.Now(), 0, 0
		for n := 40_000; live < 1000; n++ {
			add(t, q, n, 1)
			b, err := q.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if b.Backlog {
				backlog += b.Points
			} else {
				live += b.Points
			}
			q.Release(b)
			time.Sleep(20 * time.Millisecond)
		}
		seconds := time.Since(start).Seconds()
		if rate := float64(backlog) / seconds; rate < 500 || rate > 1300 {
			t.Errorf("got %.0f points/s of the backlog beside live ones, want about 1000 (%d in %.0f s)", rate, backlog, seconds)
		}
		q.CloseInput()
		rest := drain(t, q)
		identity(t, q)
		if got := len(rest) + live + backlog; got != int(q.Stats().Appended) {
			t.Errorf("got %d points, want %d", got, q.Stats().Appended)
		}
	})
}

func TestARepeatedRewindKeepsTheBacklogInOnePiece(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := memDir(t)
		q := open(t, dir, queue.Options{BlockBytes: 4 << 10})
		for i := range 100 {
			add(t, q, i*100, 100)
			time.Sleep(2 * time.Second)
			q.Rewind()
			take(t, q, 1)
		}
		q.Close()
		s, err := queue.Inspect(dir)
		if err != nil || len(s.Ranges) > 70 || s.Points != 10_000 {
			t.Errorf("got error %v, %d ranges with %d points, want a bounded number with 10000", err, len(s.Ranges), s.Points)
		}
	})
}

func TestDropRequestEmptiesARunningQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := memDir(t)
		q := open(t, dir, queue.Options{BlockBytes: 4 << 10})
		add(t, q, 0, 1000)
		blocks, _ := take(t, q, 1)
		if err := queue.RequestDrop(dir); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1100 * time.Millisecond)
		if got, want := q.Stats().Dropped[metric.Operator], uint64(1000-blocks[0].Points); got != want {
			t.Errorf("got %d dropped, want %d", got, want)
		}
		q.Release(blocks[0])
		add(t, q, 1000, 10)
		q.CloseInput()
		wantRange(t, drain(t, q), 1000, 1010)
	})
}
