package whisper

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncFiles says that each file is synced by itself.
const syncFiles = false

// syncFolder makes durable all that was written to the file system of dir, at much
// less cost than file by file. It tells of whatever could not be written since dir
// was opened, once.
func syncFolder(dir *os.File) error {
	return os.NewSyscallError("syncfs", unix.Syncfs(int(dir.Fd())))
}
