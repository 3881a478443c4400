//go:build unix

package receive

import (
	"crypto/tls"
	"io"
	"syscall"
)

// newSealedSource makes a TLS connection a source that leaves its memory while it
// waits, where the system can tell when it would. ahead lends memory to read into
// while bytes flow; it may be none.
func newSealedSource(t *tls.Conn, c *cable, ahead func() []byte) source {
	sc, ok := c.Conn.(syscall.Conn)
	if !ok {
		return readerSource{t}
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return readerSource{t}
	}
	s := &sealedSource{raw: raw, tls: t, cable: c, ahead: ahead}
	s.try = s.readReady
	return s
}

// sealedSource reads a TLS connection as soon as its socket is readable: all the
// records that are there and have room. In mid-record crypto/tls keeps what it has
// until the next read.
type sealedSource struct {
	raw   syscall.RawConn
	tls   *tls.Conn
	cable *cable
	ahead func() []byte
	try   func(fd uintptr) bool // readReady, made once
	room  func() []byte
	wait  func() error
	n     int
	err   error
}

func (s *sealedSource) read(room func() []byte, wait func() error) (int, error) {
	s.room, s.wait, s.n, s.err = room, wait, 0, nil
	if err := s.raw.Read(s.try); err != nil {
		return 0, err
	}
	return s.n, s.err
}

// readReady fills the room. It is false if there is nothing yet: then it is called
// again when there may be. By then all that was read ahead is used.
func (s *sealedSource) readReady(fd uintptr) bool {
	room := s.room()
	s.cable.socket = pump{fd: int(fd), now: true, into: s.ahead()}
	for s.n < len(room) && s.err == nil {
		var n int
		n, s.err = s.tls.Read(room[s.n:])
		s.n += n
	}
	s.cable.socket = pump{}
	if s.err != errDry {
		return true
	}
	if s.err = nil; s.n == 0 {
		s.err = s.wait()
	}
	return s.n > 0 || s.err != nil
}

// pump reads a socket that is known to be ready, or says that it is not.
type pump struct {
	fd   int
	now  bool
	into []byte
}

func (p *pump) ready() bool { return p.now }

func (p *pump) read(b []byte) (int, error) {
	for {
		n, err := syscall.Read(p.fd, b)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return 0, errDry
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// errDry says that the socket holds nothing now. To crypto/tls, which gives up a
// connection at other errors, it is a temporary one.
var errDry error = dry{}

type dry struct{}

func (dry) Error() string   { return "nothing to read yet" }
func (dry) Timeout() bool   { return true }
func (dry) Temporary() bool { return true }
