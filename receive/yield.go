package receive

import (
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// Left is a connection that a listener has left to be read on by another, in this
// process or in one to come.
type Left struct {
	Listener string // by its Name
	Conn     net.Conn
	State    State

	// Forward goes on taking apart what TLS brings, until the connection ends, and
	// hands it to the other end of Conn. Once ctx is done it takes what is on its way,
	// and ends the connection. nil: Conn is the sender's own connection.
	Forward func(ctx context.Context)
}

// State is how far a connection that was left has been read.
type State struct {
	From      netip.AddrPort // who sends, as trusted proxies told
	Entered   bool           // what comes before the points has been read
	Ahead     []byte         // read of the connection, and not used
	Skip      int64          // what is to be passed over behind it: see protocol
	Shown     []byte         // the certificate that the sender showed; empty if none
	Forwarded bool           // the bytes are those from within TLS
}

// Yield has Run, when its context is done, leave the connections where they are,
// for somebody else who has the listener's sockets to go on with: what was read of
// them and not used is part of Left. Requests by HTTP are answered first, and those
// connections closed.
func (l *Listener) Yield() { l.in.yielding.Store(true) }

// Settles reports whether a listener takes its time to yield: for answers, or
// handshakes.
func (l *Listener) Settles() bool {
	return l.in.o.Protocol == "http" || l.in.cert != nil || len(l.in.o.ProxyFrom) > 0
}

// Left returns the connections that were left. Run has returned.
func (l *Listener) Left() []Left { return l.in.left.all() }

// Adopt has Run go on with connections that were left elsewhere. It is called before
// Run.
func (l *Listener) Adopt(list []Left) {
	l.in.adopted = append(l.in.adopted, list...)
}

// Sockets are the listening sockets.
func (l *Listener) Sockets() []syscall.Conn { return l.door.sockets() }

// leftovers collects what is left.
type leftovers struct {
	mu   sync.Mutex
	list []Left
}

func (l *leftovers) add(one Left) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, one)
}

func (l *leftovers) all() []Left {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list
}

// unentered is a connection that was left before it had entered, with what was read
// of it.
func (in *intake) unentered(c net.Conn, ahead []byte) Left {
	return Left{Listener: in.name, Conn: c, State: State{From: addrPortOf(c.RemoteAddr()), Ahead: ahead}}
}

// leave leaves the connection to somebody else. It is false if it cannot be left.
func (k *conn) leave() bool {
	_ = k.c.SetDeadline(time.Time{})
	if k.stream == nil {
		k.in.left.add(k.in.unentered(k.c, k.ahead))
		return true
	}
	left := Left{Listener: k.in.name, Conn: k.c, State: State{
		From: addrPortOf(k.from), Entered: true, Ahead: k.unread(), Skip: k.stream.proto.skips(), Forwarded: k.forwarded,
	}}
	if k.shown != nil {
		left.State.Shown = k.shown.Raw
	}
	if k.tls != nil {
		if err := k.forward(&left); err != nil {
			k.in.log.Warn("a TLS connection cannot be handed over", "peer", k.from.String(), "err", err)
			return false
		}
	}
	k.in.left.add(left)
	return true
}

// unread is what was read of the connection, and not used.
func (k *conn) unread() []byte {
	rest := k.stream.yielded
	if a, ok := k.socket.(*aheadSource); ok {
		rest = append(rest, a.ahead...)
	}
	return rest
}

// adopt serves the connections that were left elsewhere before any that is new.
func (t *tcp) adopt(ctx, reading context.Context) {
	for _, l := range t.in.adopted {
		if !t.take(ctx, t.slots) {
			t.turnAway(l)
			continue
		}
		if !t.take(ctx, t.in.o.Limit.shared()) {
			t.slots.leave()
			t.turnAway(l)
			continue
		}
		t.serve(reading, t.in.resume(l))
	}
	t.in.adopted = nil
}

// turnAway leaves or closes a connection for which there was no place.
func (t *tcp) turnAway(l Left) {
	if t.in.yielding.Load() {
		t.in.left.add(l)
		return
	}
	l.Conn.Close()
}

// resume makes a connection of one that was left.
func (in *intake) resume(l Left) *conn {
	k := newConn(in, l.Conn)
	if c, ok := l.Conn.(*net.TCPConn); ok {
		_ = c.SetKeepAliveConfig(*in.o.KeepAlive)
	}
	k.from = net.TCPAddrFromAddrPort(l.State.From)
	if !l.State.Entered {
		k.ahead = l.State.Ahead
		k.entering = in.cert != nil || in.trusts(addrOf(k.from))
		return k
	}
	if len(l.State.Shown) > 0 {
		k.shown, _ = x509.ParseCertificate(l.State.Shown) // which was one where it was shown
	}
	k.entering, k.forwarded = false, l.State.Forwarded
	k.socket = behind(l.State.Ahead, newSource(l.Conn))
	k.begin()
	k.stream.proto.skip(l.State.Skip)
	return k
}

func addrPortOf(a net.Addr) netip.AddrPort {
	if t, ok := a.(interface{ AddrPort() netip.AddrPort }); ok {
		return t.AddrPort()
	}
	return netip.AddrPort{}
}
