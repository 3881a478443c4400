package delivertest

import (
	"net"
	"net/http"
	"sync"
)

// ServeHTTP answers the requests of one connection, until it ends: a Serve of a
// destination that speaks HTTP is made of it.
func ServeHTTP(c net.Conn, h http.Handler) {
	ln := &single{conn: c, closed: make(chan struct{})}
	(&http.Server{Handler: h}).Serve(ln)
}

// single is a listener with one connection, which accepts no other until that is
// closed.
type single struct {
	conn   net.Conn
	once   sync.Once
	closed chan struct{}
	gave   bool
}

func (l *single) Accept() (net.Conn, error) {
	if !l.gave {
		l.gave = true
		return singleConn{l.conn, l}, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *single) Close() error   { return nil }
func (l *single) Addr() net.Addr { return l.conn.LocalAddr() }

type singleConn struct {
	net.Conn
	l *single
}

func (c singleConn) Close() error {
	c.l.once.Do(func() { close(c.l.closed) })
	return c.Conn.Close()
}
