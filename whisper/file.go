// Package whisper reads and writes Whisper files, Graphite's fixed-size store of one
// series: a header, and behind it one archive for each step, the finest first.
//
//	file     = method maxRetention xFilesFactor count archive{count} points...
//	archive  = offset step points
//	points   = (timestamp value){points}
//
// All numbers are big-endian: values 64-bit floats, xFilesFactor a 32-bit float, all
// others 32-bit unsigned integers. An archive is a ring. Its first point, the base,
// says where in it each time has its place; a point whose timestamp is not the one
// that belongs there is unknown.
//
// What is written is what whisper.py's update_many writes, and what is read is what
// its fetch reads, but for this: where one update brings several intervals to an
// empty coarse archive, the oldest becomes its base, and not any of them as the order
// of a Python set has it; and points beyond an archive's length in one update do not
// run over into the next archive.
package whisper

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// ErrCorrupt says that a file is no Whisper file, or is damaged.
var ErrCorrupt = errors.New("not a whisper file")

// errHollow is of a file that nothing was ever written to, which is as good as none: a
// power cut leaves the name of a file that was just created, and not what was in it.
var errHollow = fmt.Errorf("%w: the file is there and empty", fs.ErrNotExist)

// Locking says whether a file is locked while it is written.
type Locking int

const (
	// Unlocked leaves it to others not to write the same file.
	Unlocked Locking = iota
	// Locked takes the lock that whisper.py takes with WHISPER_LOCK_WRITES: it
	// waits for another process that has it, and gives it back at Close.
	Locked
)

// File is an open file, or one in memory. One goroutine at a time uses it. Between
// its calls nothing is kept but the header: others may write the file too.
type File struct {
	header  Header
	medium  medium
	disk    disk
	buf     []byte     // for points
	archive [4]Archive // of the header, if they are so few
	room    [512]byte  // of buf, while that is enough
	base    [4]byte
}

// medium is where a file's bytes are.
type medium interface {
	io.ReaderAt
	io.WriterAt
}

// Open opens a file to be read. One that is empty is fs.ErrNotExist.
func Open(path string) (*File, error) { return open(path, unix.O_RDONLY, Unlocked) }

// OpenWrite opens a file to be read and written.
func OpenWrite(path string, l Locking) (*File, error) { return open(path, unix.O_RDWR, l) }

func open(path string, flags int, l Locking) (*File, error) {
	fd, err := openRetry(path, flags)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	f := &File{disk: disk(fd)}
	f.medium = &f.disk
	f.buf = f.room[:]
	if err := f.begin(l); err != nil {
		f.Close()
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return f, nil
}

// begin locks the file and reads its header.
func (f *File) begin(l Locking) error {
	if l == Locked {
		if err := f.disk.lock(); err != nil {
			return err
		}
	}
	size, err := f.disk.size()
	if err != nil {
		return err
	}
	if err = f.readHeader(size); errors.Is(err, ErrCorrupt) && f.disk.isHollow() {
		return errHollow
	}
	return err
}

// Header is what the file says of itself. It is not to be changed.
func (f *File) Header() Header { return f.header }

// Sync returns when what was written is durable.
func (f *File) Sync() error { return f.disk.sync() }

// Close releases the file.
func (f *File) Close() error {
	if f.medium != medium(&f.disk) {
		return nil
	}
	return f.disk.close()
}

// scratch returns room for so many bytes, until the next call.
func (f *File) scratch(size int64) []byte {
	if int64(cap(f.buf)) < size {
		f.buf = make([]byte, size, size+size/2)
	}
	return f.buf[:size]
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}
