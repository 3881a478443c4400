package carbon

import (
	"net"
	"sync/atomic"
	"time"
)

// link is a TCP connection that counts what it gives to the kernel. TLS may lie
// over it.
type link struct {
	net.Conn
	tcp     *net.TCPConn // the same
	written atomic.Uint64
}

func newLink(tcp *net.TCPConn) *link { return &link{Conn: tcp, tcp: tcp} }

// Write counts the bytes after the kernel has them, so that written is never
// ahead of it.
func (l *link) Write(b []byte) (int, error) {
	n, err := l.tcp.Write(b)
	l.written.Add(uint64(n))
	return n, err
}

// SetWriteDeadline does nothing: TLS would set deadlines of its own, for its
// last words, over the one that cut sets.
func (l *link) SetWriteDeadline(time.Time) error { return nil }

// cut ends a Write that waits, and all that follow.
func (l *link) cut() { l.tcp.SetWriteDeadline(time.Unix(1, 0)) }
