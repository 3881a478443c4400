package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// rate is the pace of the streams here, in points a second.
const rate = 20_000

func TestNothingIsLostWhileADestinationIsDown(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	g := startGateway(t, to(far))
	points := stream{name: "outage"}
	sending := points.paced(g.line, rate, 8*time.Second)
	time.Sleep(2 * time.Second)
	far.down()
	time.Sleep(3 * time.Second)
	far.up()
	<-sending
	points.checkAllArrived(t, far, 20*time.Second)
	if got, a := g.metrics().received(), g.checkIdentity("sink"); got != float64(points.sent()) || a.appended != got {
		t.Errorf("%.0f points received, %.0f appended to the queue, want the %d sent", got, a.appended, points.sent())
	}
}

func TestNothingIsLostWhileADestinationResetsItsConnections(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"line", "pickle"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			far := newSink(t, protocol)
			g := startGateway(t, to(far))
			points := stream{name: "resets"}
			sending := points.paced(g.line, rate, 8*time.Second)
			for resetting := true; resetting; {
				select {
				case <-time.After(500*time.Millisecond + rand.N(1500*time.Millisecond)):
					far.reset()
				case <-sending:
					resetting = false
				}
			}
			points.checkAllArrived(t, far, 20*time.Second)
			g.checkIdentity("sink")
		})
	}
}

func TestABadDestinationHurtsNoOther(t *testing.T) {
	t.Parallel()
	good, deaf := newSink(t, "line"), newSink(t, "line")
	deaf.stall()
	g := startGateway(t, destinations(
		fmt.Sprintf(`{name: deaf, type: carbon, address: "tcp://%s", protocol: line}`, deaf.address),
		fmt.Sprintf(`{name: dead, type: carbon, address: "tcp://%s", protocol: pickle}`, freeAddress(t)),
		fmt.Sprintf(`{name: good, type: carbon, address: "tcp://%s", protocol: line}`, good.address)))
	points := stream{name: "beside"}
	points.pace(g.line, rate, 5*time.Second)
	ended := time.Now()
	points.checkAllArrived(t, good, 5*time.Second)
	if late := time.Since(ended); late > 2*time.Second {
		t.Errorf("the good destination had everything %v after the last point, want it at once", late)
	}
	for _, dest := range []string{"good", "deaf", "dead"} {
		if a := g.checkIdentity(dest); a.dropped != 0 || a.in() != float64(points.sent()) {
			t.Errorf("%s: %+v, want all %d points queued or delivered and none dropped", dest, a, points.sent())
		}
	}
}
