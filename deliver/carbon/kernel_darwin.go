package carbon

import (
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// endOfStream is what the end of the stream counts for in unacknowledged.
const endOfStream = 0

// unacknowledged returns how many bytes are in the send buffer, where they stay
// until the far end's kernel has acknowledged them.
func unacknowledged(raw syscall.RawConn) (uint64, error) {
	var n int
	var err error
	controlErr := raw.Control(func(fd uintptr) { n, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_NWRITE) })
	if controlErr != nil {
		return 0, controlErr
	}
	return uint64(n), os.NewSyscallError("getsockopt", err)
}

// setUserTimeout does nothing: dead peers are left to keepalive.
func setUserTimeout(*net.TCPConn, time.Duration) error { return nil }
