package whisper

import (
	"io"
	"os"
)

// fill writes zeros from where f is to size, where the system cannot reserve space.
func fill(f *os.File, size int64) error {
	at, err := f.Seek(0, io.SeekCurrent)
	zeros := make([]byte, 64<<10)
	for err == nil && at < size {
		var n int
		n, err = f.Write(zeros[:min(size-at, int64(len(zeros)))])
		at += int64(n)
	}
	return err
}
