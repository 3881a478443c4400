package delivertest

import (
	"net"

	"golang.org/x/sys/unix"
)

// unread returns how many bytes the kernel holds that c has not read; !ok where
// there is no way to know.
func unread(c *net.TCPConn) (n int, ok bool) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, false
	}
	controlErr := raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.SIOCINQ) })
	return n, err == nil && controlErr == nil
}
