package receive

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// httpConn is a connection of the door of HTTP. Its first read does what comes
// before the first request: a proxy's header, and the handshake of TLS.
type httpConn struct {
	net.Conn // what the server reads and writes: the socket, or TLS on it
	enters   *conn
	cable    *cable // under TLS; nil without
	ahead    []byte // read of the socket, and not yet by the server
	shown    *x509.Certificate
	begun    bool
	header   time.Duration // what the client then has for its first request's header

	leave func() // gives back the places of the connection
	once  sync.Once
}

func (d *httpDoor) newConn(c net.Conn) *httpConn {
	h := &httpConn{Conn: c, enters: newConn(d.in, c), header: d.times.header, leave: d.leave}
	if d.in.cert != nil {
		h.cable = &cable{Conn: c}
		h.Conn = tls.Server(h.cable, d.in.cert.Config())
	}
	return h
}

// Close closes the connection.
func (c *httpConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.leave)
	return err
}

// SetWriteDeadline bounds the answers. It passes TLS by, which shortens what it is
// given to the time for its goodbye.
func (c *httpConn) SetWriteDeadline(t time.Time) error { return c.enters.c.SetWriteDeadline(t) }

// CloseWrite tells the client that nothing more comes.
func (c *httpConn) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}

// Read reads what the client sends.
func (c *httpConn) Read(p []byte) (n int, err error) {
	first := !c.begun
	if first {
		c.begun = true
		err = c.enter()
	}
	switch {
	case err != nil:
	case len(c.ahead) > 0:
		n = copy(p, c.ahead)
		c.ahead = c.ahead[n:]
	default:
		n, err = c.Conn.Read(p)
	}
	if first && err == nil {
		err = c.isHTTP(p[:n])
	}
	if first && err != nil {
		c.enters.account(err)
		return 0, io.EOF // which the server does not answer
	}
	return n, err
}

// enter hears who sends and shakes hands, as the doors of streams do.
func (c *httpConn) enter() error {
	k := c.enters
	ahead, err := k.hear()
	if err != nil {
		return err
	}
	if c.cable == nil {
		c.ahead = ahead
	} else {
		c.cable.ahead = ahead
		err = c.secure()
	}
	k.entered()
	_ = k.c.SetReadDeadline(time.Now().Add(c.header))
	return err
}

func (c *httpConn) secure() error {
	c.enters.grant(c.enters.in.patience.handshake)
	t := c.Conn.(*tls.Conn)
	if err := t.Handshake(); err != nil {
		first := c.cable.first[:c.cable.seen]
		if foreign(first) == "text (HTTP)" {
			_, _ = io.WriteString(c.enters.c, notHTTPS)
		}
		return c.enters.noHandshake(err, first)
	}
	if state := t.ConnectionState(); len(state.VerifiedChains) > 0 {
		c.shown = state.PeerCertificates[0]
	}
	return nil
}

// notHTTPS tells a client that speaks without TLS where TLS is spoken.
const notHTTPS = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nthis port speaks https\n"

// isHTTP reports what else a connection begins with, if it looks like that.
func (c *httpConn) isHTTP(first []byte) error {
	switch looks := foreign(first); looks {
	case "", "text (HTTP)":
		return nil
	default:
		return &foreignError{c.enters.in.o.Protocol, looks}
	}
}

// connKey is under which the connection of a request is found.
type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

func connOf(r *http.Request) *httpConn { return r.Context().Value(connKey{}).(*httpConn) }
