package durabletest

import (
	"io/fs"
	"os"

	"github.com/plumbago/plumbago/internal/durable"
)

// OpenFile implements durable.FS.
func (d *Faults) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	if flag&os.O_CREATE != 0 {
		if _, err := d.check(Create, name); err != nil {
			return nil, err
		}
	}
	f, err := d.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &file{File: f, disk: d, name: name}, nil
}

// Rename implements durable.FS.
func (d *Faults) Rename(from, to string) error {
	if _, err := d.check(Rename, to); err != nil {
		return err
	}
	return d.FS.Rename(from, to)
}

// Remove implements durable.FS.
func (d *Faults) Remove(name string) error {
	if _, err := d.check(Remove, name); err != nil {
		return err
	}
	return d.FS.Remove(name)
}

// Link implements durable.FS.
func (d *Faults) Link(from, to string) error {
	if _, err := d.check(Link, to); err != nil {
		return err
	}
	return d.FS.Link(from, to)
}

// SyncDir implements durable.FS.
func (d *Faults) SyncDir(dir string) error {
	if _, err := d.check(SyncDir, dir); err != nil {
		return err
	}
	return d.FS.SyncDir(dir)
}

// Free implements durable.FS.
func (d *Faults) Free(dir string) (uint64, error) {
	d.mu.Lock()
	n := d.free
	d.mu.Unlock()
	if n > 0 {
		return n, nil
	}
	return d.FS.Free(dir)
}

type file struct {
	durable.File
	disk *Faults
	name string
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if _, err := f.disk.check(Read, f.name); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

func (f *file) WriteAt(p []byte, off int64) (int, error) {
	short, err := f.disk.check(Write, f.name)
	if err != nil {
		n, _ := f.File.WriteAt(p[:min(short, len(p))], off)
		return n, err
	}
	return f.File.WriteAt(p, off)
}

func (f *file) Datasync() error {
	if _, err := f.disk.check(Sync, f.name); err != nil {
		return err
	}
	return f.File.Datasync()
}

func (f *file) Truncate(size int64) error {
	if _, err := f.disk.check(Truncate, f.name); err != nil {
		return err
	}
	return f.File.Truncate(size)
}
