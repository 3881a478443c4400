package whisper

import (
	"io"
	"slices"

	"golang.org/x/sys/unix"
)

// disk is a file descriptor. A file of package os would cost as much to open as all
// that is done with it between.
type disk int

// openRetry opens a file. A pipe that stands in its place is waited for by nobody.
func openRetry(path string, flags int) (fd int, err error) {
	for {
		if fd, err = unix.Open(path, flags|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0); err != unix.EINTR {
			return fd, err
		}
	}
}

// ReadAt implements io.ReaderAt.
func (d *disk) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		m, err := unix.Pread(int(*d), p[n:], off+int64(n))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return n, err
		case m == 0:
			return n, io.EOF
		default:
			n += m
		}
	}
	return n, nil
}

// WriteAt implements io.WriterAt.
func (d *disk) WriteAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		m, err := unix.Pwrite(int(*d), p[n:], off+int64(n))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return n, err
		case m == 0:
			return n, io.ErrShortWrite
		default:
			n += m
		}
	}
	return n, nil
}

func (d *disk) size() (int64, error) {
	var st unix.Stat_t
	for {
		err := unix.Fstat(int(*d), &st)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 0, err
		case st.Mode&unix.S_IFMT == unix.S_IFDIR:
			return 0, unix.EISDIR
		case st.Mode&unix.S_IFMT != unix.S_IFREG:
			return 0, corrupt("it is no file, but a device or a pipe")
		default:
			return st.Size, nil
		}
	}
}

// isHollow reports whether there is nothing in the file that anybody could miss.
func (d *disk) isHollow() bool {
	var st unix.Stat_t
	if err := unix.Fstat(int(*d), &st); err != nil || st.Size > 0 && st.Blocks > 0 {
		return false
	}
	begin := make([]byte, min(st.Size, metadataSize)) // some file systems count no blocks for what is short
	_, err := d.ReadAt(begin, 0)
	return err == nil && !slices.ContainsFunc(begin, func(c byte) bool { return c != 0 })
}

func (d *disk) lock() (err error) {
	for {
		if err = unix.Flock(int(*d), unix.LOCK_EX); err != unix.EINTR {
			return err
		}
	}
}

func (d *disk) sync() (err error) {
	for {
		if err = unix.Fsync(int(*d)); err != unix.EINTR {
			return err
		}
	}
}

func (d *disk) close() error { return unix.Close(int(*d)) }
