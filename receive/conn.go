package receive

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/plumbago/plumbago/tenant"
)

var (
	errIdle    = errors.New("no point within idle_timeout")
	errStopped = errors.New("the listener stops")
	errYielded = errors.New("the connection goes on elsewhere")
)

// conn is one connection: a stream with deadlines, once it has entered.
type conn struct {
	*stream
	in     *intake
	c      net.Conn
	tls    *tls.Conn // around c, nil without TLS
	cable  *cable    // between them
	from   net.Addr  // who sends, as trusted proxies tell
	socket source
	shown  *x509.Certificate // by a TLS client; nil if it showed none
	ahead  []byte            // read before this process, or before it entered

	draining  bool
	forwarded bool // its bytes come out of TLS elsewhere, which also knows how it ended

	mu       sync.Mutex // orders the deadlines set by stop and by the reader
	entering bool
	stopping bool
	drained  time.Time // when draining ends at the latest
}

func newConn(in *intake, c net.Conn) *conn {
	from := c.RemoteAddr()
	return &conn{in: in, c: c, from: from, entering: in.cert != nil || in.trusts(addrOf(from))}
}

// run reads the connection to its end and closes it.
func (k *conn) run(ctx context.Context) {
	began := time.Now()
	err := k.enter()
	if err == nil {
		err = k.stream.run(ctx)
	}
	if errors.Is(err, errYielded) && k.leave() {
		return
	}
	k.account(err)
	k.close()
	k.in.log.Debug("disconnected", "peer", k.from.String(), "took", time.Since(began), "err", err)
}

// close closes the connection in good order, as far as it ever was in one.
func (k *conn) close() {
	if k.tls != nil {
		_ = k.tls.Close()
		return
	}
	_ = k.c.Close()
}

// account counts why a connection was closed from this side, and logs it where
// the sender would want to know.
func (k *conn) account(err error) {
	if h := (*handshakeError)(nil); errors.As(err, &h) {
		k.in.noHandshake(h, k.from)
		return
	}
	reason := closedFor(err)
	if reason == "" {
		return
	}
	k.in.m.closed.WithLabelValues(reason).Inc()
	if reason != "idle" && reason != "stop" {
		k.in.closed(err, k.from)
	}
}

func closedFor(err error) string {
	var foreign *foreignError
	var proxy *proxyError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, errIdle):
		return "idle"
	case errors.Is(err, errHeld):
		return "held_bytes"
	case errors.As(err, &foreign):
		return "not_" + foreign.protocol
	case errors.As(err, &proxy):
		return "not_proxy"
	case errors.Is(err, tenant.ErrUnknown):
		return "unknown_tenant"
	case errors.Is(err, errStopped), errors.Is(err, errYielded):
		return "stop"
	}
	return ""
}

// longAgo as a deadline ends the read under way.
var longAgo = time.Unix(1, 0)

// stop makes the reader drain the connection. One that is entering may go on for
// a moment: what it will bring may be on its way.
func (k *conn) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopping, k.drained = true, time.Now().Add(drainTime)
	if k.entering {
		_ = k.c.SetDeadline(time.Now().Add(drainTime / 2))
		return
	}
	_ = k.c.SetReadDeadline(longAgo)
}

// read is the stream's source: the connection's, under a deadline.
func (k *conn) read(room func() []byte, wait func() error) (int, error) {
	for {
		k.arm()
		n, err := k.socket.read(room, wait)
		if k.forwarded && errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // a good end or not: that was not told
		}
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
	case k.in.yielding.Load():
		if k.cable != nil {
			k.cable.keepAhead()
		}
		return errYielded
	}
	k.draining = true
	k.closeWrite()
	return nil
}

func (k *conn) closeWrite() {
	if k.tls != nil {
		_ = k.tls.CloseWrite()
		return
	}
	if c, ok := k.c.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
