package main

import (
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hose is a socket that sends many datagrams by one system call, sendmmsg(2).
type hose struct {
	conn  net.Conn
	raw   syscall.RawConn
	heads [burst]messageHead
	iovs  [burst]unix.Iovec
}

// messageHead is the kernel's struct mmsghdr.
type messageHead struct {
	unix.Msghdr
	n uint32
}

func newHose(to string) (*hose, error) {
	conn, err := net.Dial("udp", to)
	if err != nil {
		return nil, err
	}
	h := &hose{conn: conn}
	if h.raw, err = conn.(*net.UDPConn).SyscallConn(); err != nil {
		return nil, err
	}
	for i := range h.heads {
		h.heads[i].Iov = &h.iovs[i]
		h.heads[i].SetIovlen(1)
	}
	return h, nil
}

// send sends at least one of the pieces, of which there are at most burst, and says
// how many.
func (h *hose) send(pieces []piece) (n int, err error) {
	for i, p := range pieces {
		h.iovs[i].Base = &p.bytes[0]
		h.iovs[i].SetLen(len(p.bytes))
	}
	raw := h.raw.Write(func(fd uintptr) bool {
		sent, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&h.heads[0])), uintptr(len(pieces)), 0, 0, 0)
		n, err = int(sent), nil
		if errno != 0 {
			n, err = 0, os.NewSyscallError("sendmmsg", errno)
		}
		return errno != unix.EAGAIN && errno != unix.EINTR
	})
	if raw != nil {
		return 0, raw
	}
	return n, err
}

func (h *hose) close() { h.conn.Close() }
