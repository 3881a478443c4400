// Package delivertest holds the promises that every destination must keep, as
// one suite run against each.
package delivertest

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plumbago/plumbago/deliver"
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

	// Answers says that the far end answers what it is sent, so that Acked
	// counts what was answered, and that what the far end says is an answer:
	// such a destination need not bear one that talks unasked. It must not hold
	// back for more than about 100 ms what it is sent.
	Answers bool

	// Stateless says that nothing is held of the far end between two batches, as where
	// each makes a request: that it has gone shows with the next one only.
	Stateless bool
}

// Run runs the suite, its scenarios side by side. Nothing else may run
// meanwhile: what is left running at the end is an error.
func Run(t *testing.T, h Harness) {
	before := goleak.IgnoreCurrent()
	t.Run("promises", func(t *testing.T) {
		for _, s := range append(scenarios(), h.acknowledgement()...) {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				s.run(t, h)
			})
		}
	})
	goleak.VerifyNone(t, before)
}

type scenario struct {
	name string
	run  func(*testing.T, Harness)
}

func scenarios() []scenario {
	return []scenario{
		{"attentive far end gets everything once and in order", inOrder},
		{"slow far end", slowly},
		{"far end that is down at the start", downAtStart},
		{"far end that dies and comes back", diesAndComesBack},
		{"far end that resets its connections", resets},
		{"far end that goes silent", goesSilent},
		{"far end that acknowledges and forgets", acknowledgesAndForgets},
		{"stop delivers what is there", stopDelivers},
		{"stop while the far end does not read", stopUnread},
		{"stop while the far end is down", stopDown},
		{"broken is known while nothing is sent", brokenIsKnown},
		{"dial keeps to its context", dialKeepsToContext},
	}
}

// acknowledgement is what depends on how the far end says that it has points.
func (h Harness) acknowledgement() []scenario {
	if h.Answers {
		return []scenario{{"acknowledged is what the far end has answered", answeredIsTrue}}
	}
	return []scenario{
		{"far end that talks back", talksBack},
		{"acknowledged is what the far end has", ackedIsTrue},
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
	b := newBench(t, h, attentive, deliver.Options{ReplayMargin: longMargin, DrainTimeout: 20 * time.Second})
	b.start()
	b.waitFor("connected", func() bool { return b.worker.State().Connected })
	b.give(50, 200)
	b.source.CloseInput()
	b.stop()
	b.wait(20 * time.Second)
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
