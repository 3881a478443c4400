package receive_test

import (
	"net"
	"testing"

	"github.com/plumbago/plumbago/receive"
	"golang.org/x/sys/unix"
)

// keepAliveOf returns what the kernel does for a connection that l accepts: on,
// idle, interval and count.
func keepAliveOf(t *testing.T, l *receive.Listener) (got [4]int, ok bool) {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	accepted, err := receive.Accept(l)
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	raw, err := accepted.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	options := [4][2]int{{unix.SOL_SOCKET, unix.SO_KEEPALIVE}, {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL}, {unix.IPPROTO_TCP, unix.TCP_KEEPCNT}}
	_ = raw.Control(func(fd uintptr) {
		for i, o := range options {
			got[i], err = unix.GetsockoptInt(int(fd), o[0], o[1])
		}
	})
	return got, err == nil
}
