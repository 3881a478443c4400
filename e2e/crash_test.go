package e2e_test

import (
	"testing"
	"time"
)

// flush is how long a point that was read may stay in memory only: the default
// of the queue, and an allowance for a busy machine.
const flush = 20*time.Millisecond + 250*time.Millisecond

func TestAKilledGatewayLosesOnlyWhatItHadJustRead(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	g := startGateway(t, to(far))
	points := stream{name: "killed"}
	sending := points.paced(g.line, rate, 20*time.Second)
	time.Sleep(5 * time.Second)
	far.down()
	time.Sleep(5 * time.Second)
	killed := time.Now()
	g.kill()
	gone := time.Now().Add(2 * pause) // one write into a connection that is gone still succeeds
	g.start()
	time.Sleep(5 * time.Second)
	far.up()
	<-sending

	g.awaitDrained("sink", 30*time.Second)
	lost := points.lost(far, time.Second)
	unread := points.missing(far, killed, gone) // sent to a dead process whose sockets were still open
	t.Logf("lost %d of %d points, %d of them sent while the process died", lost, points.sent(), unread)
	if allowed := points.sent() / 500; lost-unread > allowed {
		t.Errorf("lost %d of %d points, want at most 0.2 %%, %d", lost-unread, points.sent(), allowed)
	}
	if n := points.missing(far, time.Time{}, killed.Add(-flush)); n > 0 {
		t.Errorf("lost %d points that were sent more than %v before the kill, want 0", n, flush)
	}
	if n := points.missing(far, gone, time.Now()); n > 0 {
		t.Errorf("lost %d points that were sent after the kill, want 0", n)
	}
	points.checkNothingElse(t, far)
	if a := g.checkIdentity("sink"); a.recovered == 0 {
		t.Errorf("%+v: recovered nothing, though the destination was down at the kill", a)
	}
}
