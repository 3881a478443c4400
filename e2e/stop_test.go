package e2e_test

import (
	"net"
	"syscall"
	"testing"
	"time"
)

// flood is how many points are sent as fast as the gateway takes them.
const flood = 100_000

func TestSIGTERMUnderLoadLosesNothing(t *testing.T) {
	for _, test := range []struct {
		name string
		far  func(*sink) // what the destination does when the gateway is told to stop
	}{
		{"destination up", func(*sink) {}},
		{"destination down", (*sink).down},
		{"destination resets", (*sink).reset},
	} {
		t.Run(test.name, func(t *testing.T) {
			far := newSink(t, "line")
			g := startGateway(t, to(far))
			points := stream{name: "stopped"}
			c := floodGateway(t, &points, g)
			test.far(far)
			g.signal(syscall.SIGSTOP)
			waiting := points.fill(c)
			g.signal(syscall.SIGTERM)
			g.signal(syscall.SIGCONT)
			g.stopped()
			t.Logf("%d points sent, of which the kernel held %d at SIGTERM; %d had arrived when the gateway had stopped",
				points.sent(), waiting, far.distinct())

			far.down()
			far.up()
			g.start()
			points.checkAllArrived(t, far, 10*time.Second)
			g.checkIdentity("sink")
		})
	}
}

// floodGateway writes as fast as the gateway reads, and leaves the connection open.
func floodGateway(t *testing.T, points *stream, g *gateway) net.Conn {
	t.Helper()
	c := dial(t, g.line)
	for points.next < flood {
		if err := points.write(c, 1000); err != nil {
			t.Fatalf("write to the gateway: %v", err)
		}
	}
	return c
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	deaf := newSink(t, "line")
	deaf.stall()
	g := startGateway(t, to(deaf))
	floodGateway(t, &stream{name: "stuck"}, g)
	g.signal(syscall.SIGTERM)
	time.Sleep(500 * time.Millisecond)
	if !g.running() {
		t.Fatal("the gateway has ended: it was to wait for a destination that does not read")
	}
	g.signal(syscall.SIGTERM)
	g.wait(500 * time.Millisecond)
}
