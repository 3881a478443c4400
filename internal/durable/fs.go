// Package durable holds the few file operations whose result is still there
// after a power cut: replacing a file, syncing a directory, locking one.
package durable

import (
	"io"
	"io/fs"
	"os"
)

// FS is what the durable parts need of a file system. Names are paths; every
// method behaves as the function of package os of the same name.
type FS interface {
	MkdirAll(dir string, perm fs.FileMode) error
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	ReadDir(dir string) ([]fs.DirEntry, error)
	ReadFile(name string) ([]byte, error)
	Rename(from, to string) error
	Remove(name string) error
	Link(from, to string) error

	// SyncDir makes the names in dir durable: files created, renamed and removed.
	SyncDir(dir string) error
	// Free returns how many bytes can still be written to the file system of dir.
	Free(dir string) (uint64, error)
}

// File is an open file.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	// Size returns the file's length in bytes.
	Size() (int64, error)
	// Datasync returns when the file's bytes and its length are durable. After
	// an error nothing is known of the bytes written since the last success,
	// and a later success says nothing of them.
	Datasync() error
}

// OS returns the operating system's file system.
func OS() FS { return osFS{} }

type osFS struct{}

func (osFS) MkdirAll(dir string, perm fs.FileMode) error { return os.MkdirAll(dir, perm) }
func (osFS) ReadDir(dir string) ([]fs.DirEntry, error)   { return os.ReadDir(dir) }
func (osFS) ReadFile(name string) ([]byte, error)        { return os.ReadFile(name) }
func (osFS) Rename(from, to string) error                { return os.Rename(from, to) }
func (osFS) Remove(name string) error                    { return os.Remove(name) }
func (osFS) Link(from, to string) error                  { return os.Link(from, to) }
func (osFS) Free(dir string) (uint64, error)             { return free(dir) }

func (osFS) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (osFS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

type osFile struct{ *os.File }

func (f osFile) Datasync() error { return datasync(f.File) }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
