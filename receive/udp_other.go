//go:build !linux

package receive

import (
	"net"
	"net/netip"
	"syscall"
)

// bufferCure is what an operator does about a small receive buffer.
const bufferCure = "sysctl -w kern.ipc.maxsockbuf=%d"

// udpSockets is how many sockets share an address: senders are dealt out among
// them on Linux only.
func udpSockets(int) int { return 1 }

func shareAddress(_, _ string, _ syscall.RawConn) error { return nil }

// growBuffer asks for a receive buffer of size bytes and returns what it got.
func growBuffer(c *net.UDPConn, size int) (got int) {
	for got = size; got > 1<<16; got /= 2 {
		if c.SetReadBuffer(got) == nil {
			break
		}
	}
	return got
}

// kernelDrops is not known here.
func kernelDrops(*net.UDPConn) uint32 { return 0 }

// single reads one datagram a round.
type single struct {
	c    *net.UDPConn
	room []byte
	n    int
	from netip.AddrPort
}

func newRound(c *net.UDPConn, room int) round {
	// One byte more than a datagram may have shows that it was cut.
	return &single{c: c, room: make([]byte, room+1)}
}

func (s *single) full() int { return 1 }

func (s *single) read() (n int, err error) {
	s.n, s.from, err = s.c.ReadFromUDPAddrPort(s.room)
	if err != nil {
		return 0, err
	}
	return 1, nil
}

func (s *single) datagram(int) (data []byte, cut bool) {
	most := len(s.room) - 1
	return s.room[:min(s.n, most)], s.n > most
}

func (s *single) peer(int) netip.AddrPort { return s.from }
