package durabletest

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/plumbago/plumbago/internal/durable"
)

// Mount is a Disk as one process has it.
type Mount struct {
	disk *Disk
	dead bool
}

// Mount gives the disk to a process.
func (d *Disk) Mount() *Mount { return &Mount{disk: d} }

// Kill is the end of the process: nothing that it does from now on has an effect.
func (m *Mount) Kill() {
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	m.dead = true
}

var errDead = errors.New("the process is dead")

// do does something with the disk, all at once.
func (m *Mount) do(op func(*Disk) error) error {
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	if m.dead {
		return errDead
	}
	return op(m.disk)
}

// changes is do for what a broken disk does not do.
func (m *Mount) changes(op func(*Disk) error) error {
	return m.do(func(d *Disk) error {
		if d.harm.Broken {
			return syscall.EIO
		}
		return op(d)
	})
}

func missing(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist} }

// MkdirAll implements durable.FS. The folder is made on the system's disk too, for
// the lock. It is durable at once.
func (m *Mount) MkdirAll(dir string, perm fs.FileMode) error {
	return m.do(func(d *Disk) error {
		d.dirs[filepath.Clean(dir)] = true
		return os.MkdirAll(dir, perm)
	})
}

// OpenFile implements durable.FS.
func (m *Mount) OpenFile(name string, flag int, _ fs.FileMode) (f durable.File, err error) {
	err = m.do(func(d *Disk) error {
		file := d.names[name]
		switch {
		case file == nil && flag&os.O_CREATE == 0:
			return missing("open", name)
		case d.harm.Broken && flag&(os.O_CREATE|os.O_TRUNC) != 0:
			return &fs.PathError{Op: "open", Path: name, Err: syscall.EIO}
		case file == nil && d.harm.Full:
			return &fs.PathError{Op: "open", Path: name, Err: syscall.ENOSPC}
		case file == nil:
			file = &inode{}
			d.change(rename{to: name, file: file})
		case flag&os.O_TRUNC != 0:
			file.write(write{off: 0})
		}
		f = &mountedFile{m, file}
		return nil
	})
	return f, err
}

// ReadDir implements durable.FS.
func (m *Mount) ReadDir(dir string) (list []fs.DirEntry, err error) {
	err = m.do(func(d *Disk) error {
		if !d.dirs[filepath.Clean(dir)] {
			return missing("open", dir)
		}
		for name, file := range d.names {
			if filepath.Dir(name) == filepath.Clean(dir) {
				list = append(list, fs.FileInfoToDirEntry(info{filepath.Base(name), int64(len(file.data))}))
			}
		}
		slices.SortFunc(list, func(a, b fs.DirEntry) int {
			if a.Name() < b.Name() {
				return -1
			}
			return 1
		})
		return nil
	})
	return list, err
}

// ReadFile implements durable.FS.
func (m *Mount) ReadFile(name string) (text []byte, err error) {
	err = m.do(func(d *Disk) error {
		if d.names[name] == nil {
			return missing("open", name)
		}
		if d.harm.Blind {
			return syscall.EIO
		}
		text = slices.Clone(d.names[name].data)
		return nil
	})
	return text, err
}

// Rename implements durable.FS.
func (m *Mount) Rename(from, to string) error {
	return m.changes(func(d *Disk) error {
		if d.names[from] == nil {
			return missing("rename", from)
		}
		d.change(rename{from, to, d.names[from]})
		return nil
	})
}

// Remove implements durable.FS.
func (m *Mount) Remove(name string) error {
	return m.changes(func(d *Disk) error {
		if d.names[name] == nil {
			return missing("remove", name)
		}
		d.change(rename{from: name, file: d.names[name]})
		return nil
	})
}

// Link implements durable.FS.
func (m *Mount) Link(from, to string) error {
	return m.changes(func(d *Disk) error {
		if d.names[from] == nil {
			return missing("link", from)
		}
		d.change(rename{to: to, file: d.names[from]})
		return nil
	})
}

// SyncDir implements durable.FS.
func (m *Mount) SyncDir(dir string) error {
	return m.do(func(d *Disk) error { return d.syncNames(filepath.Clean(dir)) })
}

// Free implements durable.FS.
func (m *Mount) Free(string) (free uint64, err error) {
	err = m.do(func(d *Disk) error {
		if !d.harm.Full {
			free = 1 << 40
		}
		return nil
	})
	return free, err
}

// mountedFile is an open file of a mount.
type mountedFile struct {
	m    *Mount
	file *inode
}

func (f *mountedFile) ReadAt(p []byte, off int64) (n int, err error) {
	err = f.m.do(func(d *Disk) error {
		if d.harm.Blind {
			return syscall.EIO
		}
		if off < int64(len(f.file.data)) {
			n = copy(p, f.file.data[off:])
		}
		if n < len(p) {
			return io.EOF
		}
		return nil
	})
	return n, err
}

func (f *mountedFile) WriteAt(p []byte, off int64) (n int, err error) {
	err = f.m.do(func(d *Disk) error {
		n = len(p)
		if d.harm.Full || d.harm.Broken {
			n = d.rng.IntN(len(p) + 1)
		}
		if n > 0 {
			f.file.write(write{off, slices.Clone(p[:n])})
		}
		switch {
		case d.harm.Broken:
			return syscall.EIO
		case d.harm.Full:
			return syscall.ENOSPC
		}
		return nil
	})
	return n, err
}

func (f *mountedFile) Truncate(size int64) error {
	return f.m.changes(func(*Disk) error {
		f.file.write(write{off: size})
		return nil
	})
}

func (f *mountedFile) Size() (n int64, err error) {
	err = f.m.do(func(*Disk) error {
		n = int64(len(f.file.data))
		return nil
	})
	return n, err
}

// Datasync keeps what was written. When it fails the kernel takes the pages for
// clean all the same: no later sync keeps them.
func (f *mountedFile) Datasync() error {
	return f.m.do(func(d *Disk) error {
		switch err := d.syncs(); {
		case err != nil:
			f.file.since = nil
			return err
		case !d.harm.Lies:
			f.file.keep()
		}
		return nil
	})
}

func (f *mountedFile) Close() error { return nil }

// info is what a listing tells of a file.
type info struct {
	name string
	size int64
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return 0o640 }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return false }
func (i info) Sys() any           { return nil }
