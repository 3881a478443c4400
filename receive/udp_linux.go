package receive

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// bufferCure is what an operator does about a small receive buffer.
const bufferCure = "sysctl -w net.core.rmem_max=%d"

// udpSockets is how many sockets share an address.
func udpSockets(asked int) int { return asked }

// shareAddress lets several sockets bind one address: the kernel deals the
// senders out among them.
func shareAddress(_, _ string, c syscall.RawConn) error {
	var err error
	if e := c.Control(func(fd uintptr) {
		err = os.NewSyscallError("setsockopt", unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	}); e != nil {
		return e
	}
	return err
}

// growBuffer asks for a receive buffer of size bytes and returns what the
// kernel gave. Only an administrator gets more than net.core.rmem_max.
func growBuffer(c *net.UDPConn, size int) (got int) {
	control(c, func(fd int) {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) != nil {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, size)
		}
		got, _ = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
		got /= 2 // the kernel doubles what it is asked for, for its own use
	})
	return got
}

// kernelDrops is how many datagrams the kernel has dropped at a socket. It
// wraps at 32 bits.
func kernelDrops(c *net.UDPConn) (drops uint32) {
	const dropsWord = 8 // SK_MEMINFO_DROPS
	var words [dropsWord + 1]uint32
	size := uint32(unsafe.Sizeof(words))
	control(c, func(fd int) {
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&words)), uintptr(unsafe.Pointer(&size)), 0)
		if errno == 0 {
			drops = words[dropsWord]
		}
	})
	return drops
}

func control(c *net.UDPConn, f func(fd int)) {
	if raw, err := c.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}

// mostInRound is how many datagrams one system call reads.
const mostInRound = 32

// mmsg reads rounds by recvmmsg(2).
type mmsg struct {
	raw   syscall.RawConn
	heads []mmsghdr
	names []unix.RawSockaddrInet6 // room for either family
	iovs  []unix.Iovec
	rooms [][]byte

	try func(fd uintptr) bool // readReady, made once
	n   int
	err error
}

// mmsghdr is the kernel's struct mmsghdr.
type mmsghdr struct {
	unix.Msghdr
	n uint32
}

func newRound(c *net.UDPConn, room int) round {
	raw, err := c.SyscallConn()
	if err != nil {
		panic(err) // only a nil connection has none
	}
	m := &mmsg{
		raw:   raw,
		heads: make([]mmsghdr, mostInRound),
		names: make([]unix.RawSockaddrInet6, mostInRound),
		iovs:  make([]unix.Iovec, mostInRound),
		rooms: make([][]byte, mostInRound),
	}
	m.try = m.readReady
	all := make([]byte, mostInRound*room)
	for i := range m.heads {
		m.rooms[i] = all[i*room : (i+1)*room]
		m.iovs[i].Base = &m.rooms[i][0]
		m.iovs[i].SetLen(room)
		m.heads[i].Iov = &m.iovs[i]
		m.heads[i].SetIovlen(1)
		m.heads[i].Name = (*byte)(unsafe.Pointer(&m.names[i]))
	}
	return m
}

func (m *mmsg) full() int { return len(m.heads) }

func (m *mmsg) read() (int, error) {
	for i := range m.heads {
		m.heads[i].Namelen = unix.SizeofSockaddrInet6
	}
	m.n, m.err = 0, nil
	if err := m.raw.Read(m.try); err != nil {
		return 0, err
	}
	return m.n, m.err
}

// readReady reads once. It is false if there is nothing yet: then it is called
// again when there is.
func (m *mmsg) readReady(fd uintptr) bool {
	for {
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&m.heads[0])),
			uintptr(len(m.heads)), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			m.n = int(n)
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			return false
		default:
			m.err = os.NewSyscallError("recvmmsg", errno)
		}
		return true
	}
}

func (m *mmsg) datagram(i int) (data []byte, cut bool) {
	h := &m.heads[i]
	return m.rooms[i][:h.n], h.Flags&unix.MSG_TRUNC != 0
}

func (m *mmsg) peer(i int) netip.AddrPort {
	name := &m.names[i]
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&name.Port))[:])
	if name.Family == unix.AF_INET {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(name.Addr).Unmap(), port)
}
