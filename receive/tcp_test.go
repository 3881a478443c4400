package receive_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	sendIfAsked()
	goleak.VerifyTestMain(m)
}

func TestListenRefusesWhatItCannotBind(t *testing.T) {
	tests := []struct{ name, protocol, address, want string }{
		{"no scheme", "line", "127.0.0.1:0", "127.0.0.1:0"},
		{"no port", "line", "tcp://127.0.0.1", "want an address like"},
		{"a path", "line", "tcp://127.0.0.1:0/x", "want an address like"},
		{"scheme", "line", "sctp://127.0.0.1:0", `scheme is "sctp"`},
		{"protocol", "lines", "tcp://127.0.0.1:0", `protocol is "lines"`},
		{"protobuf over UDP", "protobuf", "udp://127.0.0.1:0", "protobuf is spoken over tcp only"},
		{"pickle over UDP", "pickle", "udp://127.0.0.1:0", "tcp only"},
		{"somebody else's address", "line", "tcp://192.0.2.1:2003", "192.0.2.1:2003"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := receive.Listen(receive.Options{Protocol: test.protocol, Address: test.address}, newPool())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestLinesOverTCP(t *testing.T) {
	for _, address := range []string{"tcp://127.0.0.1:0", "tcp://[::1]:0", "tcp://[::]:0"} {
		t.Run(address, func(t *testing.T) {
			p, j := newPool(), newJournal()
			o := options(j)
			o.Address = address
			l := listen(t, o, p)
			c := dial(t, l)
			send(t, c, "a.b 1 1700000000\nbad\nc.d 2")
			p.wait(t, 1)
			send(t, c, " 1700000000\n")
			p.wait(t, 2)
			if want := "a.b 1 1700000000\nc.d 2 1700000000\n"; p.text() != want {
				t.Errorf("got %q, want %q", p.text(), want)
			}
			c.Close()
			l.stop()
			listener := "listener=line+" + address
			for name, want := range map[string]float64{"points_total": 2, "rejected_total": 1, "bytes_total": 38,
				"connections_total": 1, "connections": 0} {
				if got := j.metric(t, name, listener); got != want {
					t.Errorf("got %v %s, want %v", got, name, want)
				}
			}
		})
	}
}

func TestPicklesOverTCP(t *testing.T) {
	p, j := newPool(), newJournal()
	o := options(j)
	o.Protocol = "pickle"
	c := dial(t, listen(t, o, p))
	send(t, c, frame(point("a", 0))+frame("bad")+frame(point("b", 0)))
	p.wait(t, 2)
	send(t, c, "a.b 1 1700000000\n")
	closedByPeer(t, c)
	if !strings.Contains(j.logged(), "looks like text") || !strings.Contains(j.logged(), c.LocalAddr().String()) {
		t.Errorf("got %q, want it to say what was sent, and by whom", j.logged())
	}
	eventually(t, "counted", func() bool { return j.metric(t, "connections_closed_total", "reason=not_pickle") == 1 })
}

// TestALineIsHandedOnAtOnce: a lone line must not wait for a pause or for more.
func TestALineIsHandedOnAtOnce(t *testing.T) {
	p := newPool()
	c := dial(t, listen(t, options(newJournal()), p))
	var slowest time.Duration
	for i := range 20 {
		began := time.Now()
		send(t, c, "a 1 2\n")
		p.wait(t, i+1)
		slowest = max(slowest, time.Since(began))
		time.Sleep(10 * time.Millisecond)
	}
	if slowest > 500*time.Millisecond {
		t.Errorf("a line took %v to arrive", slowest)
	}
}

func TestTheRestOfABrokenConnectionIsDropped(t *testing.T) {
	for _, reset := range []bool{false, true} {
		t.Run(fmt.Sprint("reset ", reset), func(t *testing.T) {
			p, j := newPool(), newJournal()
			o := options(j)
			o.AcceptUnterminated = true
			c := dial(t, listen(t, o, p))
			send(t, c, "a 1 2\n")
			p.wait(t, 1)
			send(t, c, "b 12")
			eventually(t, "read", func() bool { return j.metric(t, "bytes_total") == 10 })
			if reset {
				_ = c.(*net.TCPConn).SetLinger(0)
			}
			c.Close()
			eventually(t, "closed", func() bool { return j.metric(t, "connections") == 0 })
			lost := j.rejected(t, metric.Unterminated)
			if reset && (p.count() != 1 || lost != 1) {
				t.Errorf("got %d points, %v lost; want 1 and 1", p.count(), lost)
			}
			if !reset && (p.count() != 2 || lost != 0) {
				t.Errorf("got %d points, %v lost; want 2 and none", p.count(), lost)
			}
		})
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	p, j := newPool(), newJournal()
	o := options(j)
	o.IdleTimeout = 200 * time.Millisecond
	l := listen(t, o, p)
	silent, junk, lively := dial(t, l), dial(t, l), dial(t, l)
	send(t, silent, "a 1")
	until := time.Now().Add(3 * o.IdleTimeout)
	for time.Now().Before(until) {
		_, _ = junk.Write([]byte("bad\n"))
		send(t, lively, "b 1 2\n")
		time.Sleep(o.IdleTimeout / 20)
	}
	closedByPeer(t, silent)
	closedByPeer(t, junk)
	if got := j.metric(t, "connections_closed_total", "reason=idle"); got != 2 {
		t.Errorf("got %v connections closed as idle, want 2", got)
	}
	if got := j.rejected(t, metric.Unterminated); got != 1 {
		t.Errorf("got %v counted as unterminated, want 1", got)
	}
}

func TestMaxConnectionsMakesTheNextOneWait(t *testing.T) {
	p, j := newPool(), newJournal()
	o := options(j)
	o.MaxConnections = 2
	l := listen(t, o, p)
	first := dial(t, l)
	dial(t, l)
	eventually(t, "two are open", func() bool { return j.metric(t, "connections") == 2 })
	third := dial(t, l)
	send(t, third, "c 1 2\n")
	eventually(t, "accepting paused", func() bool { return j.metric(t, "connections_limited_total") == 1 })
	if p.count() != 0 {
		t.Error("a third connection was served")
	}
	first.Close()
	p.wait(t, 1)
	if !strings.Contains(j.logged(), "max_connections") {
		t.Errorf("got %q, want a warning", j.logged())
	}
}

// TestALimitIsSharedByListeners: at the limit nobody is served at either port,
// and whoever waits is served when there is room, whatever the port.
func TestALimitIsSharedByListeners(t *testing.T) {
	p, j := newPool(), newJournal()
	o := options(j)
	o.Limit = receive.NewConnectionLimit(2)
	one := listen(t, o, p)
	o.Protocol = "protobuf"
	two := listen(t, o, p)
	first, second := dial(t, one), dial(t, two)
	send(t, first, pointLine("a"))
	send(t, second, frame(protobufPoint("b")))
	p.wait(t, 2)
	third, fourth, fifth := dial(t, one), dial(t, two), dial(t, two)
	send(t, third, pointLine("c"))
	send(t, fourth, frame(protobufPoint("d")))
	send(t, fifth, frame(protobufPoint("e")))
	eventually(t, "both wait", func() bool { return j.metric(t, "connections_limited_total") == 2 })
	if p.count() != 2 {
		t.Error("a third connection was served")
	}
	first.Close()
	p.wait(t, 3)
	second.Close()
	p.wait(t, 4)
	third.Close()
	fourth.Close()
	p.wait(t, 5)
	one.stop()
	two.stop()
}

func TestStopClosesWhoWaitsForTheLimit(t *testing.T) {
	p, j := newPool(), newJournal()
	o := options(j)
	o.Limit = receive.NewConnectionLimit(1)
	l := listen(t, o, p)
	send(t, dial(t, l), "a 1 2\n")
	p.wait(t, 1)
	waiting := dial(t, l)
	eventually(t, "one waits", func() bool { return j.metric(t, "connections_limited_total") == 1 })
	l.stop()
	closedByPeer(t, waiting)
	if n := receive.Taken(o.Limit); n != 0 {
		t.Errorf("got %d places taken after the stop, want none", n)
	}
}

func TestKeepAlive(t *testing.T) {
	tests := []struct {
		name  string
		asked *net.KeepAliveConfig
		want  [4]int // on, idle, interval, count
	}{
		{"unasked", nil, [4]int{1, 10, 30, 2}},
		{"asked", &net.KeepAliveConfig{Enable: true, Idle: 7 * time.Second, Interval: 8 * time.Second, Count: 9}, [4]int{1, 7, 8, 9}},
		{"off", &net.KeepAliveConfig{}, [4]int{0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := options(newJournal())
			o.KeepAlive = test.asked
			l, err := receive.Listen(o, newPool())
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			got, ok := keepAliveOf(t, l)
			if !ok {
				t.Skip("the system does not tell")
			}
			if test.want[0] == 0 {
				got = [4]int{got[0]}
			}
			if got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestMaxHeldBytesClosesWhoAsksForMore(t *testing.T) {
	p, j := newPool(), newJournal()
	o := options(j)
	o.MaxHeldBytes = 64 << 10
	l := listen(t, o, p)
	var slow []net.Conn
	for range 20 {
		c := dial(t, l)
		send(t, c, strings.Repeat("x", 10_000))
		slow = append(slow, c)
	}
	eventually(t, "some are closed", func() bool { return j.metric(t, "connections_closed_total", "reason=held_bytes") > 10 })
	open := int(j.metric(t, "connections"))
	if open == 0 {
		t.Error("all are closed, want only those that did not fit")
	}
	c := dial(t, l)
	send(t, c, "a 1")
	send(t, c, " 2\n")
	p.wait(t, 1)
	for _, s := range slow {
		s.Close()
	}
	eventually(t, "the slow are gone", func() bool { return j.metric(t, "connections") == 1 })
	for i := range 10 { // what was held is free again, each time
		before := j.metric(t, "bytes_total")
		send(t, c, strings.Repeat("x", 10_000))
		eventually(t, "read", func() bool { return j.metric(t, "bytes_total") == before+10_000 })
		send(t, c, " 1 2\n")
		p.wait(t, i+2)
	}
}

// flaky is a listener whose first accepts fail.
type flaky struct {
	net.Listener
	fails atomic.Int32
}

func (f *flaky) Accept() (net.Conn, error) {
	if f.fails.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return f.Listener.Accept()
}

func TestAnErrorOfAcceptingIsWaitedOut(t *testing.T) {
	p, j := newPool(), newJournal()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &flaky{Listener: ln}
	f.fails.Store(3)
	l := run(t, receive.Serve(options(j), p, f))
	send(t, dial(t, l), "a 1 2\n")
	p.wait(t, 1)
	if got := j.metric(t, "accept_errors_total"); got != 3 {
		t.Errorf("got %v errors counted, want 3", got)
	}
}

func TestAListenerThatBreaksEndsRunWithAnError(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := receive.Serve(options(newJournal()), newPool(), ln)
	ln.Close()
	if err := l.Run(context.Background()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want %v", err, net.ErrClosed)
	}
}

// TestStopHandsOnWhatTheKernelHolds: everything that a client had written
// before the stop arrives, whether its connection was accepted or not.
func TestStopHandsOnWhatTheKernelHolds(t *testing.T) {
	const conns, lines = 20, 2000
	p := newPool()
	l, err := receive.Listen(options(newJournal()), p)
	if err != nil {
		t.Fatal(err)
	}
	for i := range conns {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		send(t, c, strings.Repeat(fmt.Sprintf("c%d 1 2\n", i), lines))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	began := time.Now()
	if err := l.Run(ctx); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	if p.count() != conns*lines {
		t.Errorf("got %d points, want %d", p.count(), conns*lines)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("stopping took %v", took)
	}
}

// TestStopTellsTheSender: one who watches the connection can end it in good
// order, and nothing of what it wrote is lost.
func TestStopTellsTheSender(t *testing.T) {
	p := newPool()
	l := listen(t, options(newJournal()), p)
	c := dial(t, l)
	send(t, c, "a 1 2\n")
	p.wait(t, 1)
	go l.stop()
	closedByPeer(t, c)
	send(t, c, "b 1 2\n")
	c.Close()
	p.wait(t, 2)
	l.stop()
}

func TestStopDoesNotWaitForASenderWithoutEnd(t *testing.T) {
	p := newPool()
	l := listen(t, options(newJournal()), p)
	c := dial(t, l)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			if _, err := c.Write([]byte("a 1 2\n")); err != nil {
				return
			}
		}
	}()
	p.wait(t, 1)
	began := time.Now()
	l.stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stopping took %v", took)
	}
	<-gone
}

func TestStopCancelsASinkThatBlocks(t *testing.T) {
	started := make(chan struct{}, 1)
	blocked := sinkFunc(func(ctx context.Context, _ metric.Batch) error {
		started <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	l := listen(t, options(newJournal()), blocked)
	send(t, dial(t, l), "a 1 2\n")
	<-started
	l.stop()
}

func TestIdleConnectionsAreCheap(t *testing.T) {
	const conns = 1000
	p, j := newPool(), newJournal()
	o := options(j)
	o.Logger = nil
	l := listen(t, o, p)
	before := memory()
	for i := range conns {
		c := dial(t, l)
		send(t, c, "a 1 2\nb 1")
		p.wait(t, i+1)
	}
	each := (memory() - before) / conns
	t.Logf("%d bytes a connection, both ends", each)
	eventually(t, "no desk is in use", func() bool { return receive.DesksInUse(l.Listener) == 0 })
	if !raceEnabled && each > 12<<10 { // the test's own end costs about 1 KiB
		t.Errorf("an idle connection costs %d bytes", each)
	}
}

func memory() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
