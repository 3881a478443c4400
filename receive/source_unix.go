//go:build unix

package receive

import (
	"io"
	"net"
	"syscall"
)

// newSource makes c a source that leaves its memory while it waits, where the
// system can tell when it would.
func newSource(c net.Conn) source {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return readerSource{c}
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return readerSource{c}
	}
	s := &socketSource{raw: raw}
	s.try = s.readReady
	return s
}

// socketSource reads a socket as soon as it is readable, and not before.
type socketSource struct {
	raw  syscall.RawConn
	try  func(fd uintptr) bool // readReady, made once
	room func() []byte
	wait func() error
	n    int
	err  error
}

func (s *socketSource) read(room func() []byte, wait func() error) (int, error) {
	s.room, s.wait, s.n, s.err = room, wait, 0, nil
	if err := s.raw.Read(s.try); err != nil {
		return 0, err
	}
	return s.n, s.err
}

// readReady reads once. It is false if there is nothing yet: then it is called
// again when there is.
func (s *socketSource) readReady(fd uintptr) bool {
	for {
		s.n, s.err = syscall.Read(int(fd), s.room())
		switch {
		case s.err == syscall.EINTR:
			continue
		case s.err == syscall.EAGAIN:
			s.n, s.err = 0, s.wait()
			return s.err != nil
		case s.err != nil:
			s.n = 0
		case s.n == 0:
			s.err = io.EOF
		}
		return true
	}
}
