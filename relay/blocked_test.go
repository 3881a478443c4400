package relay_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
)

// blocking is a small queue that makes senders wait when it is full.
var blocking = queue.Options{MaxBytes: 16 << 10, SegmentBytes: 2 << 10, BlockBytes: 1 << 10, WhenFull: queue.Wait}

// block fills the queue of the i-th destination by many small senders, and
// leaves some of them waiting. It returns how many points they have sent.
func block(t *testing.T, r *relay.Relay, i int) (sent int) {
	t.Helper()
	for range 60 {
		var lines strings.Builder
		for ; lines.Len() < 1000; sent++ {
			fmt.Fprintf(&lines, "name%d %d 1700000000\n", sent, sent)
		}
		send(t, r, lines.String())
	}
	eventually(t, "a full queue", func() bool { return r.Status().Destinations[i].Queue.Bytes > 12<<10 })
	time.Sleep(100 * time.Millisecond) // what is full stays full
	if s := r.Status().Destinations[i].Queue; int(s.Appended) == sent {
		t.Fatalf("got all %d points queued, want senders that wait", sent)
	}
	return sent
}

func within(t *testing.T, limit time.Duration, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("not within %v: %s", limit, what)
	}
}

func TestReloadIsNotHeldUpByAQueueThatMakesSendersWait(t *testing.T) {
	dir := t.TempDir()
	fars := map[string]*far{"a": {}, "b": {down: true}, "c": {}}
	o := options(dir, fars, "a", "b")
	o.Destinations[1].Queue = blocking
	r, stop := open(t, o)
	defer stop()
	block(t, r, 1)
	o = options(dir, fars, "a", "b", "c")
	o.Destinations[1].Queue = blocking
	within(t, 5*time.Second, "the reload", func() { reload(t, r, o) })
}

func TestRemovingADestinationThatIsDownFreesThoseWhoWaitForIt(t *testing.T) {
	dir := t.TempDir()
	fars := map[string]*far{"a": {}, "b": {down: true}}
	o := options(dir, fars, "a", "b")
	o.Destinations[1].Queue = blocking
	r, stop := open(t, o)
	n := block(t, r, 1)
	within(t, 5*time.Second, "the reload", func() { reload(t, r, options(dir, fars, "a")) })
	eventually(t, "all at a", func() bool { return len(fars["a"].got()) == n })
	s := r.Status().Destinations[1]
	if len(s.Queue.Dropped) > 0 || !s.Removed {
		t.Errorf("got %+v, want a removed destination without drops", s)
	}
	fars["b"].setDown(false)
	eventually(t, "all that was taken for b there", func() bool { return len(fars["b"].got()) >= int(s.Queue.Appended) })
	stop()
}

func TestWhatADestinationThatComesBackWasPromisedIsKept(t *testing.T) {
	dir := t.TempDir()
	down := map[string]*far{"a": {down: true}, "b": {down: true}}
	both := options(dir, down, "a", "b")
	both.Destinations[0].Queue = blocking
	r, stop := open(t, both)
	n := block(t, r, 0) // the sender waits at a, on its way to b
	onlyA := options(dir, down, "a")
	onlyA.Destinations[0].Queue = blocking
	within(t, 5*time.Second, "the reload", func() { reload(t, r, onlyA) })
	up := map[string]*far{"a": {}, "b": {}}
	within(t, 5*time.Second, "the reload", func() { reload(t, r, options(dir, up, "a", "b")) })
	// What came while b was removed is not for it.
	eventually(t, "all at a", func() bool { return len(up["a"].got()) >= n })
	for _, s := range r.Status().Destinations {
		if len(s.Queue.Dropped) > 0 || s.Removed {
			t.Errorf("got %+v, want it in use and without drops", s)
		}
	}
	stop()
}

func TestAStopTakesWhatWaitsForRoom(t *testing.T) {
	dir := t.TempDir()
	o := options(dir, map[string]*far{"a": {down: true}}, "a")
	o.Destinations[0].Queue = blocking
	r, stop := open(t, o)
	n := block(t, r, 0)
	stop()
	s := r.Status().Destinations[0].Queue
	if int(s.Waiting) != n || s.Dropped[metric.QueueFull] > 0 {
		t.Errorf("got %d points on disk and %v dropped, want %d", s.Waiting, s.Dropped, n)
	}
}

func TestARefusedReloadLeavesWhatDrainsAlone(t *testing.T) {
	dir := t.TempDir()
	fars := map[string]*far{"a": {}, "b": {down: true}}
	r, stop := open(t, options(dir, fars, "a", "b"))
	send(t, r, "one 1 1\n")
	eventually(t, "one queued for b", func() bool { return r.Status().Destinations[1].Queue.Waiting == 1 })
	reload(t, r, options(dir, fars, "a"))
	bad := options(dir, fars, "a", "b")
	bad.Receivers = append(bad.Receivers, receive.Options{Protocol: "line", Address: "tcp://192.0.2.1:2003"})
	if _, err := r.Reload(bad); err == nil {
		t.Error("got no error for an address that cannot be bound")
	}
	fars["b"].setDown(false)
	eventually(t, "one at b", func() bool { return len(fars["b"].got()) == 1 })
	stop()
}

func TestARemovedDestinationWithNothingLeftIsForgottenThoughItIsDown(t *testing.T) {
	dir := t.TempDir()
	fars := map[string]*far{"a": {}, "b": {down: true}}
	r, stop := open(t, options(dir, fars, "a", "b"))
	reload(t, r, options(dir, fars, "a"))
	eventually(t, "b forgotten", func() bool { return len(r.Status().Destinations) == 1 })
	stop()
}

func TestReloadReconnectsAllAtOnce(t *testing.T) {
	dir := t.TempDir()
	before := map[string]*far{"a": {}, "b": {}, "c": {}, "d": {}, "e": {}, "f": {}}
	after := map[string]*far{"a": {}, "b": {}, "c": {}, "d": {}, "e": {}, "f": {}}
	names := []string{"a", "b", "c", "d", "e", "f"}
	o := options(dir, before, names...)
	for i := range o.Destinations {
		o.Destinations[i].Worker.DrainTimeout = 600 * time.Millisecond
	}
	r, stop := open(t, o)
	eventually(t, "all connected", func() bool {
		for _, d := range r.Status().Destinations {
			if !d.Worker.Connected {
				return false
			}
		}
		return true
	})
	began := time.Now()
	o = options(dir, after, names...)
	o.Destinations[0].Queue = blocking
	c := reload(t, r, o)
	if took := time.Since(began); len(c.Reconnected) != 6 || took > time.Second {
		t.Errorf("got %d reconnected in %v, want 6 within a second", len(c.Reconnected), took)
	}
	if c := reload(t, r, o); len(c.AtRestart) != 1 {
		t.Errorf("got %q at restart, want the queue of a, which was not exchanged yet", c.AtRestart)
	}
	stop()
}
