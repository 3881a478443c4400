package receive

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"
)

// errUnended ends a TLS connection that was not ended as TLS demands: somebody else
// may have cut it off.
var errUnended = errors.New("the connection ended without TLS's close_notify")

// cable is the connection under a TLS connection. crypto/tls reads it; so nothing
// that it returns but a net.Error that is temporary can be read past.
type cable struct {
	net.Conn
	ahead []byte // read of the socket, and not yet by crypto/tls
	first [8]byte
	seen  int  // bytes in first
	open  bool // the handshake is done
	final bool // crypto/tls has limited the time of its last writes itself

	socket pump // reads the socket without waiting, while the handshake is done
}

// Read reads what was read ahead, and then the socket.
func (c *cable) Read(p []byte) (n int, err error) {
	switch {
	case len(c.ahead) > 0:
		n = copy(p, c.ahead)
		c.ahead = c.ahead[n:]
	case c.open && c.socket.ready():
		n, err = c.pump(p)
	default:
		n, err = c.Conn.Read(p)
	}
	c.seen += copy(c.first[c.seen:], p[:n])
	if c.open && errors.Is(err, io.EOF) {
		err = errUnended // crypto/tls takes io.EOF between records for a good end
	}
	return n, err
}

// pump reads the socket into the desk's memory, if there is some, because
// crypto/tls asks for little at a time.
func (c *cable) pump(p []byte) (n int, err error) {
	if len(c.socket.into) <= len(p) {
		return c.socket.read(p)
	}
	n, err = c.socket.read(c.socket.into)
	c.ahead = c.socket.into[:n]
	n = copy(p, c.ahead)
	c.ahead = c.ahead[n:]
	return n, err
}

// keepAhead moves what was read ahead out of memory that was lent.
func (c *cable) keepAhead() { c.ahead = bytes.Clone(c.ahead) }

// writeTime is how long the little may take that a server of points has to
// write: it must not keep a reader from reading, or from stopping.
const writeTime = time.Second

// Write writes p, in its time.
func (c *cable) Write(p []byte) (int, error) {
	if c.open && !c.final {
		_ = c.Conn.SetWriteDeadline(time.Now().Add(writeTime))
	}
	return c.Conn.Write(p)
}

// SetWriteDeadline sets the time of the last writes, and shortens it.
func (c *cable) SetWriteDeadline(t time.Time) error {
	c.final = true
	return c.Conn.SetWriteDeadline(earlier(t, time.Now().Add(writeTime)))
}
