package receive_test

import (
	"context"
	"fmt"
	"math"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
)

func udpOptions(j *journal, address string) receive.Options {
	o := options(j)
	o.Address = address
	return o
}

func TestLinesOverUDP(t *testing.T) {
	for _, address := range []string{"udp://127.0.0.1:0", "udp://[::1]:0"} {
		t.Run(address, func(t *testing.T) {
			p, j := newPool(), newJournal()
			l := listen(t, udpOptions(j, address), p)
			c := dial(t, l)
			send(t, c, "a 1 2")
			p.wait(t, 1)
			send(t, c, "b 1 2\n")
			p.wait(t, 2)
			send(t, c, "bad\nc 1 2\r\nd 1 2")
			p.wait(t, 4)
			if want := "a 1 2\nb 1 2\nc 1 2\nd 1 2\n"; p.text() != want {
				t.Errorf("got %q, want %q", p.text(), want)
			}
			l.stop()
			for name, want := range map[string]float64{"points_total": 4, "datagrams_total": 3, "bytes_total": 27, "rejected_total": 1} {
				if got := j.metric(t, name); got != want {
					t.Errorf("got %v %s, want %v", got, name, want)
				}
			}
			if peer := "peer=" + c.LocalAddr().String(); !strings.Contains(j.logged(), peer) {
				t.Errorf("got %q, want %s in it", j.logged(), peer)
			}
		})
	}
}

func TestDatagramsAreRoundedAndKeepTheirTags(t *testing.T) {
	p := newPool()
	o := udpOptions(newJournal(), "udp://127.0.0.1:0")
	o.Resolution, o.KeepTags = 60, true
	send(t, dial(t, listen(t, o, p)), "a;c=1;b=2 1 119.5\n")
	p.wait(t, 1)
	if want := "a;c=1;b=2 1 60\n"; p.text() != want {
		t.Errorf("got %q, want %q", p.text(), want)
	}
}

func TestTheKernelsHoldIsReadAtTheStop(t *testing.T) {
	const datagrams = 500
	p, j := newPool(), newJournal()
	l, err := receive.Listen(udpOptions(j, "udp://127.0.0.1:0"), p)
	if err != nil {
		t.Fatal(err)
	}
	for i := range datagrams {
		c, err := net.Dial("udp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		send(t, c, fmt.Sprintf("a%d 1 2\n", i))
		c.Close()
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := l.Run(ctx); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	if p.count() != datagrams {
		t.Errorf("got %d points, want %d", p.count(), datagrams)
	}
	if runtime.GOOS == "linux" && p.calls > datagrams/8 {
		t.Errorf("the sink was called %d times for %d datagrams", p.calls, datagrams)
	}
}

func TestWhatTheKernelDropsIsCounted(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("known on Linux only")
	}
	const datagrams = 2000
	p, j := newPool(), newJournal()
	o := udpOptions(j, "udp://127.0.0.1:0")
	o.UDPBuffer, o.UDPSockets = 4096, 2
	l, err := receive.Listen(o, p)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("udp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range datagrams {
		send(t, c, "a 1 2\n")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := l.Run(ctx); err != nil {
		t.Fatal(err)
	}
	drops := int(j.metric(t, "kernel_drops_total"))
	if drops == 0 || drops+p.count() != datagrams {
		t.Errorf("got %d drops and %d points, want %d together", drops, p.count(), datagrams)
	}
}

func TestASmallReceiveBufferIsWarnedOf(t *testing.T) {
	j := newJournal()
	o := udpOptions(j, "udp://127.0.0.1:0")
	o.UDPBuffer = math.MaxInt32 // more than any kernel gives
	l, err := receive.Listen(o, newPool())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if logged := j.logged(); strings.Count(logged, "smaller UDP receive buffer") != 1 || !strings.Contains(logged, "sysctl") {
		t.Errorf("got %q, want one warning with its cure", logged)
	}
	if j.metric(t, "udp_buffer_bytes") <= 0 {
		t.Error("the buffer's size is not shown")
	}
}

func TestOfATruncatedDatagramTheCompleteLinesAreTaken(t *testing.T) {
	p, j := newPool(), newJournal()
	l, err := receive.ListenSmall(udpOptions(j, "udp://127.0.0.1:0"), p, "127.0.0.1:0", 20)
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, run(t, l))
	send(t, c, "a 1 2\nb 1 2\nc 1 2000000000\n")
	send(t, c, strings.Repeat("x", 100))
	send(t, c, "d 1 2")
	p.wait(t, 3)
	if want := "a 1 2\nb 1 2\nd 1 2\n"; p.text() != want {
		t.Errorf("got %q, want %q", p.text(), want)
	}
	if got := j.rejected(t, metric.TooLong); got != 2 {
		t.Errorf("got %v counted as too long, want 2", got)
	}
}

func TestTheLargestDatagramIsRead(t *testing.T) {
	p := newPool()
	c := dial(t, listen(t, udpOptions(newJournal(), "udp://127.0.0.1:0"), p))
	if u, ok := c.(*net.UDPConn); ok {
		_ = u.SetWriteBuffer(1 << 20)
	}
	send(t, c, strings.Repeat("x", 65_507-len(" 1 2"))+" 1 2")
	p.wait(t, 1)
}

func TestStopOfUDPEndsUnderAFlood(t *testing.T) {
	p := newPool()
	l := listen(t, udpOptions(newJournal(), "udp://127.0.0.1:0"), p)
	c := dial(t, l)
	stopped, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		for {
			select {
			case <-stopped:
				return
			default:
				_, _ = c.Write([]byte("a 1 2\n"))
			}
		}
	}()
	p.wait(t, 1)
	began := time.Now()
	l.stop()
	close(stopped)
	<-gone
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stopping took %v", took)
	}
}
