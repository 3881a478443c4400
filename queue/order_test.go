package queue_test

import (
	"context"
	"io"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/durable/durabletest"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

// deed is a call, between two ticks of a clock that all callers share.
type deed struct {
	from, to   int64
	first, end int // its points
}

// witness notes what many callers do at the same time, so that it can be told
// whether the queue could have done it one after another.
type witness struct {
	clock atomic.Int64
	q     *queue.Queue

	mu       sync.Mutex
	appends  []deed
	drops    []deed
	droppedN uint64
	arrived  []int // by the order of the points' sequence numbers
}

func (w *witness) timed(do func()) deed {
	d := deed{from: w.clock.Add(1)}
	do()
	d.to = w.clock.Add(1)
	return d
}

// TestCallsTakeEffectOneAfterAnother lets many append while others sync and drop,
// and one delivers. What comes of it is what some order of the calls gives, in
// which none comes before one that had returned when it began.
func TestCallsTakeEffectOneAfterAnother(t *testing.T) {
	for range 20 {
		w := &witness{q: open(t, memDir(t), queue.Options{MaxBytes: 64 << 20, SegmentBytes: 4 << 10, BlockBytes: 600,
			InOrder: true, Flush: time.Millisecond, FS: durabletest.NoSync()})}
		var callers sync.WaitGroup
		for n := range 4 {
			callers.Go(func() { w.appendAll(t, n*1_000_000) })
		}
		for range 2 {
			callers.Go(w.dropNowAndThen)
		}
		go func() { callers.Wait(); w.q.CloseInput() }()
		w.deliver(t)
		callers.Wait()
		w.check(t)
		shut(t, w.q)
	}
}

func (w *witness) appendAll(t *testing.T, base int) {
	for i := range 60 {
		first, n := base+i*10, 1+i%10
		d := w.timed(func() {
			if err := w.q.Append(context.Background(), batch(first, n)); err != nil {
				t.Error(err)
			}
		})
		d.first, d.end = first, first+n
		w.mu.Lock()
		w.appends = append(w.appends, d)
		w.mu.Unlock()
		if i%7 == 0 {
			w.q.Sync(context.Background())
		}
	}
}

func (w *witness) dropNowAndThen() {
	for range 3 {
		time.Sleep(2 * time.Millisecond)
		var n uint64
		d := w.timed(func() { n = w.q.DropAll(metric.Operator) })
		w.mu.Lock()
		w.drops = append(w.drops, d)
		w.droppedN += n
		w.mu.Unlock()
	}
}

// deliver takes what comes, some of it twice, and finishes it in different ways.
func (w *witness) deliver(t *testing.T) {
	for turn := 0; ; turn++ {
		b, err := w.q.Next(t.Context())
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Error(err)
			return
		}
		switch w.q.Acked(b); {
		case turn%5 == 1:
			w.q.Rewind()
			continue
		case turn%5 == 2:
			w.q.Drop(b, 0, metric.Refused)
		default:
			w.q.Release(b)
		}
		w.arrived = append(w.arrived, numbers(b)...)
	}
}

// check looks for a contradiction.
func (w *witness) check(t *testing.T) {
	t.Helper()
	place := map[int]int{}
	for i, n := range w.arrived {
		if _, twice := place[n]; twice {
			t.Fatalf("got point %d twice", n)
		}
		place[n] = i
	}
	appended := 0
	for _, d := range w.appends {
		appended += d.end - d.first
		w.checkWhole(t, d, place)
	}
	dropped := w.q.Stats().Dropped[metric.Operator]
	if len(w.arrived)+int(dropped) != appended {
		t.Fatalf("got %d points and %d dropped, want %d", len(w.arrived), dropped, appended)
	}
	if w.droppedN > dropped {
		t.Fatalf("DropAll spoke of %d points, and %d were counted", w.droppedN, dropped)
	}
	w.checkOrder(t, place)
}

// checkWhole: an append is one piece, and nothing of it is dropped that no DropAll
// can have come after.
func (w *witness) checkWhole(t *testing.T, d deed, place map[int]int) {
	t.Helper()
	mayBeDropped := slices.ContainsFunc(w.drops, func(x deed) bool { return x.to > d.from })
	last := -1
	for n := d.first; n < d.end; n++ {
		at, there := place[n]
		switch {
		case !there && !mayBeDropped:
			t.Fatalf("point %d is missing, and nothing was dropped since it was appended", n)
		case there && last >= 0 && at != last+1:
			t.Fatalf("point %d is in place %d, want it right behind the one before, %d", n, at, last)
		case there:
			last = at
		}
	}
}

// checkOrder: no append whose points come later had ended before one began whose
// points come earlier.
func (w *witness) checkOrder(t *testing.T, place map[int]int) {
	t.Helper()
	var there []deed
	for _, d := range w.appends {
		if _, ok := place[d.end-1]; ok {
			there = append(there, d)
		}
	}
	slices.SortFunc(there, func(a, b deed) int { return place[b.end-1] - place[a.end-1] })
	earliest := int64(math.MaxInt64)
	for _, d := range there {
		if earliest < d.from {
			t.Fatalf("points %d to %d came before points that were appended before them", d.first, d.end)
		}
		earliest = min(earliest, d.to)
	}
}
