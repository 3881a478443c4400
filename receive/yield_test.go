package receive_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs/certstest"
	"github.com/plumbago/plumbago/internal/inherit"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
	"go.uber.org/goleak"
)

// passOn stops a listener so that another, with the same options but its own
// journal and sink, goes on with its connections.
func passOn(t testing.TB, l *running, o receive.Options, to receive.Sink) *running {
	t.Helper()
	l.Yield()
	l.stop()
	next, err := receive.Listen(o, to)
	if err != nil {
		t.Fatal(err)
	}
	next.Adopt(l.Left())
	return run(t, next)
}

func TestAConnectionGoesOnElsewhereFromAnyByte(t *testing.T) {
	long := strings.Repeat("x", 40)
	tests := []struct {
		name, protocol, in string
		proxied            bool
		change             func(*receive.Options)
	}{
		{"lines", "line", "a.b 1 1600000000\nbad\nc 2 1600000000\n", false, nil},
		{"a line that is too long", "line", "a 1 2\n" + long + " 1 2\nc 2 3\n", false, func(o *receive.Options) { o.MaxLine = 20 }},
		{"no line end", "line", "a 1 2\nb 2 3", false, func(o *receive.Options) { o.AcceptUnterminated = true }},
		{"pickles", "pickle", frame(point("a", 0)) + frame(point("b", 0)), false, nil},
		{"a pickle that is too long", "pickle", frame("\x80\x02"+long) + frame(point("b", 0)), false, func(o *receive.Options) { o.MaxFrame = 41 }},
		{"a proxy's header", "line", header(t, 1) + "bad\na 1 2\n", true, nil},
		{"another proxy's header", "line", header(t, 2) + "bad\na 1 2\n", true, nil},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			listenTo := func(j *journal) receive.Options {
				o := options(j)
				o.Protocol = c.protocol
				if c.proxied {
					o.ProxyFrom = loopback
				}
				if c.change != nil {
					c.change(&o)
				}
				return o
			}
			want, _ := throughTwo(t, listenTo, c.in, -1)
			step := 3
			if c.proxied {
				step = 20 // each waits for the rest of its header
			}
			for cut := 0; cut <= len(c.in); cut += step {
				got, said := throughTwo(t, listenTo, c.in, cut)
				if got != want {
					t.Errorf("cut at %d: got %q, want %q", cut, got, want)
				}
				if c.proxied && !strings.Contains(said, "192.0.2.7:1234") {
					t.Errorf("cut at %d: the sender that the proxy names is not in the log:\n%s", cut, said)
				}
			}
		})
	}
}

// throughTwo sends in, of which a second listener reads what lies behind cut, and
// returns what arrived and was rejected, and what was logged. With -1 there is no
// second.
func throughTwo(t *testing.T, listenTo func(*journal) receive.Options, in string, cut int) (outcome, logged string) {
	t.Helper()
	p, first, second := newPool(), newJournal(), newJournal()
	l := listen(t, listenTo(first), p)
	c := dial(t, l)
	send(t, c, in[:max(cut, 0)])
	eventually(t, "the connection accepted", func() bool { return l.Connections() == 1 })
	if cut >= 0 {
		l = passOn(t, l, listenTo(second), p)
		eventually(t, "the connection taken over", func() bool { return l.Connections() == 1 })
	}
	send(t, c, in[max(cut, 0):])
	_ = c.(*net.TCPConn).CloseWrite()
	closedByPeer(t, c)
	l.stop()
	rejected := ""
	for _, r := range []metric.Reason{metric.TooLong, metric.Unterminated, metric.Fields, metric.Pickle} {
		rejected += fmt.Sprintf(" %s %.0f", r, first.rejected(t, r)+second.rejected(t, r))
	}
	if n := first.metric(t, "closed_total") + second.metric(t, "closed_total"); n > 0 {
		rejected += fmt.Sprintf(" closed %.0f", n)
	}
	return p.text() + rejected, first.logged() + second.logged()
}

func TestATLSConnectionGoesOnThroughItsFirstProcess(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ca := certstest.New(t, "ca")
	p, j := newPool(), newJournal()
	o := tlsOptions(j, ca)
	l := listen(t, o, p)
	c := dialTLS(t, l, ca.Trust())
	send(t, c, "a 1 2\nb ")
	p.wait(t, 1)
	next := passOn(t, l, o, p)
	ctx, over := context.WithCancel(context.Background())
	defer over()
	done := make(chan struct{})
	for _, left := range l.Left() {
		go func() {
			defer close(done)
			left.Forward(ctx)
		}()
	}
	send(t, c, "2 3\n")
	p.wait(t, 2)
	big := strings.Repeat("c 3 4\n", 20_000)
	send(t, c, big)
	p.wait(t, 20_002)

	again := passOn(t, next, o, p) // now as a connection of any kind
	send(t, c, "d 4 5\n")
	p.wait(t, 20_003)
	send(t, c, "e 5 6\n")
	over()
	closedByPeer(t, c)
	<-done
	p.wait(t, 20_004)
	if want := "a 1 2\nb 2 3\n" + big + "d 4 5\ne 5 6\n"; p.text() != want {
		t.Errorf("got %d bytes, want %d: what was sent", len(p.text()), len(want))
	}
	again.stop()
}

// gate is a sink that takes batches up to a large one, and more once it is open.
type gate struct {
	*pool
	first sync.Once
	taken chan struct{} // closed when a large batch has come
	open  chan struct{}
}

func (g *gate) Receive(ctx context.Context, b metric.Batch) error {
	if len(b.Lines) > receive.DeskBytes/2 {
		g.first.Do(func() { close(g.taken); <-g.open })
	}
	return g.pool.Receive(ctx, b)
}

func TestWhatWasReadOfTLSAheadGoesAlong(t *testing.T) {
	ca := certstest.New(t, "ca")
	g := &gate{pool: newPool(), taken: make(chan struct{}), open: make(chan struct{})}
	o := tlsOptions(newJournal(), ca)
	l := listen(t, o, g)
	c := dialTLS(t, l, ca.Trust())
	text := strings.Repeat("a.name.of.some.length 1 2\n", 120_000) // more than is read at once
	go func() { send(t, c, text) }()
	<-g.taken
	l.Yield()
	time.AfterFunc(50*time.Millisecond, func() { close(g.open) })
	next := passOn(t, l, o, g)
	done := make(chan struct{})
	ctx, over := context.WithCancel(context.Background())
	for _, left := range l.Left() {
		go func() {
			defer close(done)
			left.Forward(ctx)
		}()
	}
	g.wait(t, 120_000)
	if g.text() != text {
		t.Errorf("got %d bytes, want the %d that were sent", len(g.text()), len(text))
	}
	over()
	<-done
	next.stop()
}

func TestStoppingTheSecondListenerEndsATLSConnectionInGoodOrder(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ca := certstest.New(t, "ca")
	p, j := newPool(), newJournal()
	o := tlsOptions(j, ca)
	l := listen(t, o, p)
	c := dialTLS(t, l, ca.Trust())
	send(t, c, "a 1 2\n")
	p.wait(t, 1)
	next := passOn(t, l, o, p)
	done := make(chan struct{})
	for _, left := range l.Left() {
		go func() {
			defer close(done)
			left.Forward(context.Background())
		}()
	}
	eventually(t, "the connection taken over", func() bool { return next.Connections() == 1 })
	send(t, c, "b 2 3\n")
	next.stop()
	<-done
	closedByPeer(t, c)
	closedByPeer(t, c.NetConn()) // the goodbye alone would leave the socket open
	if want := "a 1 2\nb 2 3\n"; p.text() != want {
		t.Errorf("got %q, want %q", p.text(), want)
	}
}

func TestListenersTakeInheritedSockets(t *testing.T) {
	for _, scheme := range []string{"tcp", "udp"} {
		t.Run(scheme, func(t *testing.T) {
			p, j := newPool(), newJournal()
			o := options(j)
			o.Address = scheme + "://127.0.0.1:0"
			l := listen(t, o, p)
			address := l.Addr().String()
			var files []*os.File
			for _, s := range l.Sockets() {
				files = append(files, copyOf(t, s, l.Name()))
			}
			l.Yield()
			l.stop()
			c, err := net.Dial(scheme, address) // nobody reads, and nothing is refused
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			send(t, c, "a 1 2\n")
			if o.Inherited, err = inherit.New(files); err != nil {
				t.Fatal(err)
			}
			next := listen(t, o, p)
			p.wait(t, 1)
			if got := next.Addr().String(); got != address {
				t.Errorf("got address %s, want %s", got, address)
			}
			if scheme == "tcp" && next.Connections() != 1 {
				t.Errorf("got %d connections, want 1", next.Connections())
			}
		})
	}
}

func copyOf(t testing.TB, s syscall.Conn, name string) *os.File {
	t.Helper()
	raw, err := s.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	copied := -1
	if err := raw.Control(func(fd uintptr) { copied, err = syscall.Dup(int(fd)) }); err != nil || copied < 0 {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(copied), name)
}

func TestAdoptedConnectionsAreBoundedToo(t *testing.T) {
	p, j := newPool(), newJournal()
	o := options(j)
	l := listen(t, o, p)
	first, second := dial(t, l), dial(t, l)
	eventually(t, "both accepted", func() bool { return l.Connections() == 2 })
	o.MaxConnections = 1
	next := passOn(t, l, o, p)
	send(t, first, "a 1 2\n")
	send(t, second, "b 1 2\n")
	p.wait(t, 1)
	time.Sleep(20 * time.Millisecond)
	if next.Connections() != 1 || p.count() != 1 {
		t.Errorf("got %d connections and %d points, want 1 and 1", next.Connections(), p.count())
	}
	first.Close()
	second.Close()
	p.wait(t, 2)
}

func TestWhoSendsIsRememberedAcrossListeners(t *testing.T) {
	p, j := newPool(), newJournal()
	o := options(j)
	l := listen(t, o, p)
	c := dial(t, l)
	send(t, c, "a 1 2\n")
	p.wait(t, 1)
	l.Yield()
	l.stop()
	left := l.Left()
	if len(left) != 1 {
		t.Fatalf("got %d connections left, want 1", len(left))
	}
	if got, want := left[0].State.From.String(), netip.MustParseAddrPort(c.LocalAddr().String()).String(); got != want {
		t.Errorf("got sender %s, want %s", got, want)
	}
	left[0].Conn.Close()
}
