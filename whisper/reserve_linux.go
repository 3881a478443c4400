package whisper

import (
	"os"

	"golang.org/x/sys/unix"
)

// reserve gives f disk space for so many bytes, as posix_fallocate does.
func reserve(f *os.File, size int64) error {
	err := unix.Fallocate(int(f.Fd()), 0, 0, size)
	if err == unix.EOPNOTSUPP {
		return fill(f, size)
	}
	return os.NewSyscallError("fallocate", err)
}
