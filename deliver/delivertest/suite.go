// Package delivertest holds the promises that every destination must keep, as
// one suite run against each.
package delivertest

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/backoff"
)

// Serve is the far end's side of one connection: it reads points until the
// connection ends, and gives each to take, written as a canonical line without
// its end, when it has all of it.
type Serve func(c net.Conn, take func(point string))

// Harness is what the suite must know of a destination.
type Harness struct {
	// New makes the destination. It connects to the TCP address host:port.
	// Sent bytes that nobody acknowledges must break a connection within
	// about a second.
	New func(t *testing.T, address string) deliver.Destination

	// Serve is its far end. The suite decides what becomes of connections.
	Serve Serve

	// Greet does what a far end does before it reads points, such as a TLS
	// handshake, even one that will read none. It returns what Serve reads.
	// Nothing if nil.
	Greet func(*net.TCPConn) (net.Conn, error)
}

// Run runs the suite, its scenarios side by side. Nothing else may run
// meanwhile: what is left running at the end is an error.
func Run(t *testing.T, h Harness) {
	scenarios := []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"attentive far end gets everything once and in order", inOrder},
		{"slow far end", slowly},
		{"far end that is down at the start", downAtStart},
		{"far end that dies and comes back", diesAndComesBack},
		{"far end that resets its connections", resets},
		{"far end that goes silent", goesSilent},
		{"far end that acknowledges and forgets", acknowledgesAndForgets},
		{"far end that talks back", talksBack},
		{"stop delivers what is there", stopDelivers},
		{"stop while the far end does not read", stopUnread},
		{"stop while the far end is down", stopDown},
		{"acknowledged is what the far end has", ackedIsTrue},
		{"broken is known while nothing is sent", brokenIsKnown},
		{"dial keeps to its context", dialKeepsToContext},
	}
	before := goleak.IgnoreCurrent()
	t.Run("promises", func(t *testing.T) {
		for _, s := range scenarios {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				s.run(t, h)
			})
		}
	})
	goleak.VerifyNone(t, before)
}

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

func inOrder(t *testing.T, h Harness) {
	b := newBench(t, h, attentive, deliver.Options{ReplayMargin: longMargin})
	b.start()
	b.give(100, 100)
	b.finish()
	if !slices.Equal(b.far.order, b.points) {
		t.Errorf("got %d points in another order or number, want %d", len(b.far.order), len(b.points))
	}
}

func slowly(t *testing.T, h Harness) {
	b := newBench(t, h, narrow(slow), deliver.Options{ReplayMargin: longMargin})
	b.pad = long
	b.start()
	b.give(10, 200)
	b.finish()
}

// long makes points large where bytes matter and not points.
var long = "-" + strings.Repeat("long", 120)

func downAtStart(t *testing.T, h Harness) {
	b := newBench(t, h, attentive, deliver.Options{ReplayMargin: longMargin})
	b.far.stop()
	b.give(10, 100)
	b.start()
	b.waitFor("several tries", func() bool { return b.dest.dials.Load() > 3 })
	if s := b.worker.State(); s.Connected || s.LastError == "" {
		t.Errorf("got %+v while the far end is down", s)
	}
	b.far.start()
	b.finish()
}

func diesAndComesBack(t *testing.T, h Harness) {
	b := newBench(t, h, attentive, deliver.Options{ReplayMargin: longMargin})
	b.start()
	for range 3 {
		before := b.far.points()
		b.give(20, 100)
		b.waitFor("some arrived", func() bool { return b.far.points() > before })
		b.far.stop()
		b.give(20, 100)
		b.far.start()
	}
	b.finish()
}

// resets ends by itself, when the last margin has passed: the worker must get
// on although no connection lives long.
func resets(t *testing.T, h Harness) {
	b := newBench(t, h, resetting(800*time.Millisecond), deliver.Options{ReplayMargin: shortMargin})
	b.start()
	for range 60 {
		b.give(1, 50)
		time.Sleep(20 * time.Millisecond)
	}
	b.source.CloseInput()
	b.wait(20 * time.Second)
	b.checkArrived(b.points)
	b.checkDelivered()
	if n := b.far.connections(); n < 2 {
		t.Errorf("got %d connections, want the resets to have made several", n)
	}
}

func goesSilent(t *testing.T, h Harness) {
	b := newBench(t, h, func(n int, c *net.TCPConn, talk net.Conn, serve func(net.Conn)) {
		if n == 0 {
			narrow(deaf)(n, c, talk, serve)
			return
		}
		serve(talk)
	}, deliver.Options{ReplayMargin: longMargin})
	b.pad = long
	b.start()
	b.give(30, 400)
	b.finish()
}

func acknowledgesAndForgets(t *testing.T, h Harness) {
	b := newBench(t, h, lying(3, 50*time.Millisecond), deliver.Options{ReplayMargin: longMargin})
	b.give(10, 10)
	b.start()
	b.finish()
	if n := b.far.connections(); n < 4 {
		t.Errorf("got %d connections, want 4: three lied to", n)
	}
}

func talksBack(t *testing.T, h Harness) {
	b := newBench(t, h, babbling, deliver.Options{ReplayMargin: longMargin})
	b.start()
	b.give(50, 100)
	b.finish()
}

func stopDelivers(t *testing.T, h Harness) {
	b := newBench(t, h, attentive, deliver.Options{ReplayMargin: longMargin})
	b.start()
	b.waitFor("connected", func() bool { return b.worker.State().Connected })
	b.give(50, 200)
	b.source.CloseInput()
	b.stop()
	b.wait(3 * time.Second)
	b.checkArrived(b.points)
	b.checkClean()
	if p := b.source.Progress(); p.Released != 50 {
		t.Errorf("got %+v, want 50 blocks released", p)
	}
}

func stopUnread(t *testing.T, h Harness) {
	b := newBench(t, h, narrow(deaf), deliver.Options{ReplayMargin: longMargin, DrainTimeout: 600 * time.Millisecond})
	b.pad = long
	b.start()
	b.give(30, 400)
	b.waitFor("something was sent", func() bool { return b.dest.sends.Load() > 1 })
	b.stop()
	b.wait(3 * time.Second)
	b.checkClean()
	b.checkSilent()
	if p := b.source.Progress(); p.Released > 0 || p.Unsent != 30 {
		t.Errorf("got %+v, want 30 unsent blocks: nothing was read", p)
	}
}

func stopDown(t *testing.T, h Harness) {
	b := newBench(t, h, attentive, deliver.Options{ReplayMargin: longMargin})
	b.far.stop()
	b.give(10, 100)
	b.start()
	b.waitFor("a try", func() bool { return b.dest.dials.Load() > 1 })
	b.stop()
	b.wait(2 * time.Second)
	b.far.start()
	b.checkClean()
	b.checkSilent()
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
