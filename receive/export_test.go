package receive

import (
	"context"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/plumbago/plumbago/metric"
)

// What the tests see of the inside.
const (
	MostTiny  = mostTiny
	DeskBytes = deskBytes
	MostDesks = mostDesks
)

// Handle reads r to its end as a connection would, without a socket.
func Handle(ctx context.Context, o Options, sink Sink, r io.Reader) error {
	return handle(ctx, o, sink, readerSource{r})
}

// HandleWaiting is Handle with a wait before each read.
func HandleWaiting(ctx context.Context, o Options, sink Sink, r io.Reader) error {
	return handle(ctx, o, sink, waitingSource{r})
}

func handle(ctx context.Context, o Options, sink Sink, src source) error {
	in := newIntake(o.withDefaults(), sink)
	return newStream(in, src, sender{tester("tester"), in.visit(netip.Addr{}, nil)}).run(ctx)
}

type tester string

func (t tester) String() string { return string(t) }

type waitingSource struct{ r io.Reader }

func (w waitingSource) read(room func() []byte, wait func() error) (int, error) {
	if err := wait(); err != nil {
		return 0, err
	}
	return w.r.Read(room())
}

// Serve is Listen with a listener that is open already.
func Serve(o Options, sink Sink, ln net.Listener) *Listener {
	in := newIntake(o.withDefaults(), sink)
	return &Listener{in, newTCP(in, ln)}
}

// ListenSmall is Listen for UDP with less room for a datagram.
func ListenSmall(o Options, sink Sink, host string, room int) (*Listener, error) {
	in := newIntake(o.withDefaults(), sink)
	c, err := bindUDP(host)
	if err != nil {
		return nil, err
	}
	return &Listener{in, &udp{in: in, socks: []*udpSocket{newUDPSocket(in, c, room)}}}, nil
}

// Taken is how many of a limit's places are taken.
func Taken(l *ConnectionLimit) int { return len(l.slots) }

// Accept accepts a connection of a TCP listener that does not run.
func Accept(l *Listener) (net.Conn, error) { return l.door.(*tcp).ln.Accept() }

// DesksInUse is how many large desks a TCP listener has lent.
func DesksInUse(l *Listener) int {
	p := l.door.(*tcp).in.desks
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inUse
}

// Hurry makes l, which does not run, as patient with who enters as d says.
func Hurry(l *Listener, d time.Duration) { l.in.patience = patience{proxy: d, handshake: d} }

// ReadProxy reads the header of the PROXY protocol that r may begin with.
func ReadProxy(r io.Reader) (named net.Addr, ahead []byte, err error) { return readProxy(r) }

// HandleAsConnection is Handle with the log of a connection's end.
func HandleAsConnection(ctx context.Context, o Options, sink Sink, r io.Reader) error {
	in := newIntake(o.withDefaults(), sink)
	from := sender{tester("tester"), in.visit(netip.Addr{}, nil)}
	err := newStream(in, readerSource{r}, from).run(ctx)
	(&conn{in: in, from: &net.TCPAddr{}}).account(err)
	return err
}

// OpenCable is the connection under a TLS connection whose handshake is done.
func OpenCable(c net.Conn) net.Conn { return &cable{Conn: c, open: true} }

// Trusts reports whether a listener believes the PROXY headers of a.
func Trusts(o Options, a netip.Addr) bool { return newIntake(o.withDefaults(), nil).trusts(a) }

// ReadStopped reads c as a connection of l that was stopped before it began.
func ReadStopped(l *Listener, c net.Conn) {
	k := newConn(l.in, c)
	k.stop()
	k.run(context.Background())
}

// Reject has a listener reject a line.
func (l *Listener) Reject(reason metric.Reason, text []byte) {
	l.in.reject(reason, text, netip.AddrPort{})
}
