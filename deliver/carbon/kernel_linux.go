package carbon

import (
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// endOfStream is what the end of the stream counts for in unacknowledged.
const endOfStream = 1

// unacknowledged returns how many bytes of the stream the far end's kernel has
// not acknowledged, sent or not.
func unacknowledged(raw syscall.RawConn) (uint64, error) {
	var n int
	var err error
	controlErr := raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	if controlErr != nil {
		return 0, controlErr
	}
	return uint64(n), os.NewSyscallError("ioctl", err)
}

// setUserTimeout bounds how long sent bytes may stay without acknowledgement.
func setUserTimeout(tcp *net.TCPConn, d time.Duration) error {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return err
	}
	controlErr := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds()))
	})
	if controlErr != nil {
		return controlErr
	}
	return os.NewSyscallError("setsockopt", err)
}
