package receive

import (
	"context"
	"io"
	"net"
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
	return newStream(newIntake(o.withDefaults(), sink), src, tester("tester")).run(ctx)
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
	return &Listener{in.name, newTCP(in, ln)}
}

// ListenSmall is Listen for UDP with less room for a datagram.
func ListenSmall(o Options, sink Sink, host string, room int) (*Listener, error) {
	in := newIntake(o.withDefaults(), sink)
	c, err := bindUDP(host)
	if err != nil {
		return nil, err
	}
	return &Listener{in.name, &udp{in: in, socks: []*udpSocket{newUDPSocket(in, c, room)}}}, nil
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
