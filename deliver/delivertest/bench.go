package delivertest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/backoff"
)

// bench is a worker between a source and a far end.
type bench struct {
	t      *testing.T
	source *Source
	far    *farEnd
	dest   *spoiler
	worker *deliver.Worker
	points []string // all that were given to the source
	pad    string   // makes names long
	stop   context.CancelFunc
	done   chan error
}

// A far end on a busy machine reads late what its kernel has acknowledged: the
// margins leave it much time, and most scenarios end before they pass.
const (
	longMargin  = time.Minute
	shortMargin = 500 * time.Millisecond
)

func newBench(t *testing.T, h Harness, m manners, o deliver.Options) *bench {
	far := newFarEnd(t, h, m)
	b := &bench{t: t, far: far, source: NewSource(), done: make(chan error, 1)}
	b.dest = &spoiler{Destination: h.New(t, far.address)}
	o.Name = "far"
	o.Backoff = backoff.Backoff{Min: time.Millisecond, Max: 20 * time.Millisecond}
	b.worker = deliver.New(b.dest, b.source, o)
	return b
}

// start runs the worker.
func (b *bench) start() {
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	b.t.Cleanup(stop)
	go func() { b.done <- b.worker.Run(ctx) }()
}

// give puts blocks of points into the source.
func (b *bench) give(blocks, points int) {
	for range blocks {
		lines := make([]string, points)
		for i := range lines {
			n := len(b.points) + i
			lines[i] = fmt.Sprintf("servers.host-%06d%s.cpu.core-%d.user %d %d", n, b.pad, n%16, n, 1700000000+n/1000)
		}
		b.points = append(b.points, lines...)
		b.source.Add(lines...)
	}
}

// wait waits until the worker has returned.
func (b *bench) wait(limit time.Duration) {
	b.t.Helper()
	select {
	case err := <-b.done:
		if err != nil {
			b.t.Errorf("Run: got %v, want nil", err)
		}
	case <-time.After(limit):
		b.t.Fatalf("Run did not return within %v; %+v; %+v", limit, b.source.Progress(), b.worker.State())
	}
}

// waitFor waits until something is so.
func (b *bench) waitFor(what string, is func() bool) {
	b.t.Helper()
	for range 2000 {
		if is() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.t.Fatalf("not so after 10 s: %s; %+v; %+v", what, b.source.Progress(), b.worker.State())
}

// finish waits until all arrived, stops the worker and checks that the source
// knows.
func (b *bench) finish() {
	b.t.Helper()
	b.checkArrived(b.points)
	b.source.CloseInput()
	b.stop()
	b.wait(5 * time.Second)
	b.checkDelivered()
}

// checkDelivered checks what must hold when all was delivered.
func (b *bench) checkDelivered() {
	b.t.Helper()
	b.checkClean()
	if p := b.source.Progress(); p.Unsent > 0 || p.Dropped > 0 {
		b.t.Errorf("got %+v, want all released", p)
	}
}

func (b *bench) checkArrived(points []string) {
	b.t.Helper()
	for range 2000 {
		if b.far.points() >= len(points) && len(b.far.missing(points)) == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	if missing := b.far.missing(points); len(missing) > 0 {
		b.t.Errorf("%d of %d points never arrived, the first is %q; %+v; %+v", len(missing), len(points), missing[0], b.source.Progress(), b.worker.State())
	}
}

// checkClean checks what must hold whatever happened.
func (b *bench) checkClean() {
	b.t.Helper()
	for _, fault := range b.source.Faults() {
		b.t.Errorf("against the rules of deliver.Source: %s", fault)
	}
	if n := b.dest.open.Load(); n != 0 {
		b.t.Errorf("%d connections were not closed", n)
	}
	b.far.mu.Lock()
	defer b.far.mu.Unlock()
	for _, p := range b.far.order {
		if !strings.HasPrefix(p, "servers.host-") {
			b.t.Fatalf("got point %q, which nobody sent: the batch's memory was used after Send", p)
		}
	}
}

// checkSilent checks that a worker that has returned does nothing any more.
func (b *bench) checkSilent() {
	b.t.Helper()
	dials, sends, taken := b.dest.dials.Load(), b.dest.sends.Load(), b.source.Progress().Taken
	time.Sleep(100 * time.Millisecond)
	if b.dest.dials.Load() != dials || b.dest.sends.Load() != sends || b.source.Progress().Taken != taken {
		b.t.Error("the worker went on after Run had returned")
	}
}
