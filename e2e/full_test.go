package e2e_test

import (
	"fmt"
	"testing"
	"time"
)

func TestAFullQueueDropsTheOldestAndCountsThem(t *testing.T) {
	far := newSink(t, "line")
	far.down()
	g := startGateway(t, destinations(fmt.Sprintf(
		`{name: sink, type: carbon, address: "tcp://%s", protocol: line, queue: {max_bytes: 1MiB, when_full: drop_oldest}}`, far.address)))
	points := stream{name: "full"}
	floodGateway(t, &points, g)
	a := awaitSettled(t, g, float64(points.sent()))
	full := g.metrics().sum("plumbago_queue_dropped_points_total", `dest="sink"`, `reason="queue_full"`)
	if a.dropped == 0 || full != a.dropped {
		t.Errorf("%+v, and %.0f dropped as queue_full; want drops, and all by that reason", a, full)
	}
	if bytes := g.metrics().sum("plumbago_queue_bytes", `dest="sink"`); bytes > 1<<20 {
		t.Errorf("the queue's files have %.0f bytes, want at most 1 MiB", bytes)
	}

	far.up()
	newest := points.line(points.next - 1)
	far.await(20*time.Second, newest)
	eventually(t, 20*time.Second, "the rest of the queue at the sink", func() bool {
		return float64(far.distinct()) == a.in()-a.dropped
	})
	points.checkNothingElse(t, far)
	if after := g.checkIdentity("sink"); after.dropped != a.dropped {
		t.Errorf("dropped went from %.0f to %.0f though the destination was up", a.dropped, after.dropped)
	}
}

// awaitSettled waits until all points are appended and the queue has dropped
// what it will.
func awaitSettled(t *testing.T, g *gateway, sent float64) account {
	t.Helper()
	var last account
	eventually(t, 10*time.Second, "all points appended, and dropping at its end", func() bool {
		before := last
		time.Sleep(200 * time.Millisecond)
		last = g.checkIdentity("sink")
		return last.appended == sent && last == before
	})
	return last
}
