package receive

import (
	"context"
	"errors"
	"net"
	"time"
)

// httpListener accepts for the server, as many connections as there are places
// for.
type httpListener struct {
	d   *httpDoor
	ctx context.Context // ends the accepting
}

// Addr is the address that was bound.
func (l *httpListener) Addr() net.Addr { return l.d.addr() }

// Close closes the door.
func (l *httpListener) Close() error { return l.d.close() }

// Accept waits for a place, and for a connection to take it. An error of
// accepting, such as too many open files, is waited out.
func (l *httpListener) Accept() (net.Conn, error) {
	t, wait := l.d.t, time.Duration(0)
	for t.take(l.ctx, t.slots) {
		c, err := t.ln.Accept()
		if err == nil {
			return l.admit(c)
		}
		t.slots.leave()
		if l.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		wait = min(max(2*wait, 5*time.Millisecond), time.Second)
		t.retry(l.ctx, err, wait)
	}
	return nil, net.ErrClosed
}

// admit lets c in as soon as the limit of all listeners allows, and closes it
// unread if that is not before accepting ends.
func (l *httpListener) admit(c net.Conn) (net.Conn, error) {
	d := l.d
	if !d.t.take(l.ctx, d.in.o.Limit.shared()) {
		c.Close()
		d.t.slots.leave()
		return nil, net.ErrClosed
	}
	d.open.Add(1)
	d.in.m.accepted.Inc()
	d.in.m.open.Inc()
	return d.newConn(c), nil
}

// leave gives back the places of a connection.
func (d *httpDoor) leave() {
	d.open.Add(-1)
	d.in.m.open.Dec()
	d.in.o.Limit.shared().leave()
	d.t.slots.leave()
}
