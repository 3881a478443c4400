//go:build unix

package inherit

import (
	"os"
	"syscall"
)

// listens reports whether a socket listens, where the system tells.
func listens(f *os.File) bool {
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	on := 0
	if raw.Control(func(fd uintptr) { on, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN) }) != nil {
		return false
	}
	return err != nil || on != 0
}
