package receive

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

var (
	errIdle    = errors.New("no point within idle_timeout")
	errStopped = errors.New("the listener stops")
)

// conn is one connection: a stream with deadlines.
type conn struct {
	*stream
	c      net.Conn
	socket source

	draining bool
	drained  time.Time // when draining ends at the latest

	mu       sync.Mutex // orders the deadlines set by stop and by the reader
	stopping bool
}

func newConn(in *intake, c net.Conn) *conn {
	k := &conn{c: c, socket: newSource(c)}
	k.stream = newStream(in, k, c.RemoteAddr())
	return k
}

// run reads the connection to its end and closes it.
func (k *conn) run(ctx context.Context) {
	k.in.log.Debug("connected", "peer", k.c.RemoteAddr().String())
	began := time.Now()
	err := k.stream.run(ctx)
	k.account(err)
	k.c.Close()
	k.in.log.Debug("disconnected", "peer", k.c.RemoteAddr().String(), "took", time.Since(began), "err", err)
}

// account counts why a connection was closed from this side, and logs it where
// the sender would want to know.
func (k *conn) account(err error) {
	reason := closedFor(err)
	if reason == "" {
		return
	}
	k.in.m.closed.WithLabelValues(reason).Inc()
	if reason != "idle" && reason != "stop" {
		k.in.closed(err, k.peer())
	}
}

func (k *conn) peer() net.Addr { return k.c.RemoteAddr() }

func closedFor(err error) string {
	var foreign *foreignError
	switch {
	case errors.Is(err, errIdle):
		return "idle"
	case errors.Is(err, errHeld):
		return "held_bytes"
	case errors.As(err, &foreign):
		return "not_" + foreign.protocol
	case errors.Is(err, errStopped):
		return "stop"
	}
	return ""
}

// stop makes the reader drain the connection.
func (k *conn) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopping = true
	_ = k.c.SetReadDeadline(time.Unix(1, 0))
}

// read is the stream's source: the connection's, under a deadline.
func (k *conn) read(room func() []byte, wait func() error) (int, error) {
	for {
		k.arm()
		n, err := k.socket.read(room, wait)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		if err := k.expired(); err != nil {
			return 0, err
		}
	}
}

// arm sets the deadline of the next read.
func (k *conn) arm() {
	idle := k.in.o.IdleTimeout
	if idle == 0 && !k.draining {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.draining:
		_ = k.c.SetReadDeadline(earlier(time.Now().Add(quietTime), k.drained))
	case !k.stopping:
		_ = k.c.SetReadDeadline(k.fed.Add(idle))
	}
}

// expired says what a passed deadline means: the end, or the beginning of the
// drain. Then the sender is told, so that one who listens ends in good order.
func (k *conn) expired() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.draining:
		return errStopped
	case !k.stopping:
		return errIdle
	}
	k.draining, k.drained = true, time.Now().Add(drainTime)
	if c, ok := k.c.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
