package durabletest

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
)

// Disk is a disk in memory whose power can be cut: then only what was synced is
// surely there, and of the rest any part. It outlives the processes that have it
// mounted. It may be used by many goroutines.
type Disk struct {
	mu      sync.Mutex
	dirs    map[string]bool
	names   map[string]*inode // as processes see them
	synced  map[string]*inode // as they surely are after a power cut
	pending []rename          // changes of names since
	harm    Harm
	rng     *rand.Rand
}

// Harm is what is wrong with a disk.
type Harm struct {
	Full      bool // no write adds a byte: it is short, and fails
	SyncFails int  // so many syncs fail, and forget what they were to keep; below 0: all
	Lies      bool // syncs keep nothing and say that all is well
	Broken    bool // no write succeeds, though a part of it may be there, and no name changes
	Blind     bool // no read succeeds
}

// rename is a change of names: from "" a file is created, to "" one is removed.
type rename struct {
	from, to string
	file     *inode
}

// NewDisk returns an empty disk; seed decides what cuts of its power leave.
func NewDisk(seed uint64) *Disk {
	return &Disk{dirs: map[string]bool{}, names: map[string]*inode{}, synced: map[string]*inode{},
		rng: rand.New(rand.NewPCG(seed, 1))}
}

// Harm sets what is wrong from now on.
func (d *Disk) Harm(h Harm) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.harm = h
}

// Cut is a power cut. All mounts are dead from then on.
func (d *Disk) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	inOrder := d.rng.IntN(2) == 0 // as a journal keeps names
	for _, c := range d.pending {
		if d.rng.IntN(3) > 0 {
			d.keep(c)
		} else if inOrder {
			break
		}
	}
	d.pending = nil
	d.names = maps.Clone(d.synced)
	seen := map[*inode]bool{}
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		if f := d.names[name]; !seen[f] {
			seen[f] = true
			f.cut(d.rng)
		}
	}
}

// keep makes a change of names durable.
func (d *Disk) keep(c rename) {
	if c.from != "" && d.synced[c.from] == c.file {
		delete(d.synced, c.from)
	}
	if c.to != "" {
		d.synced[c.to] = c.file
	}
}

// change makes one, for processes to see.
func (d *Disk) change(c rename) {
	if c.from != "" {
		delete(d.names, c.from)
	}
	if c.to != "" {
		d.names[c.to] = c.file
	}
	d.pending = append(d.pending, c)
}

// syncNames makes the changes of names in a folder durable.
func (d *Disk) syncNames(dir string) error {
	switch err := d.syncs(); {
	case err != nil:
		return err
	case d.harm.Lies:
		return nil
	}
	d.pending = slices.DeleteFunc(d.pending, func(c rename) bool {
		here := c.from != "" && filepath.Dir(c.from) == dir || c.to != "" && filepath.Dir(c.to) == dir
		if here {
			d.keep(c)
		}
		return here
	})
	return nil
}

// syncs is the error of the next sync.
func (d *Disk) syncs() error {
	if d.harm.SyncFails == 0 {
		return nil
	}
	d.harm.SyncFails--
	return syscall.EIO
}

// inode is a file, under whatever names.
type inode struct {
	data  []byte  // as processes see it
	kept  []byte  // as it surely is after a power cut
	since []write // what was written since
}

// write is a write at off, or cuts the file there if it has no bytes.
type write struct {
	off   int64
	bytes []byte
}

func (w write) to(b []byte) []byte {
	if w.bytes == nil {
		if int64(len(b)) > w.off {
			return slices.Clone(b[:w.off])
		}
		return append(slices.Clone(b), make([]byte, w.off-int64(len(b)))...)
	}
	if end := w.off + int64(len(w.bytes)); int64(len(b)) < end {
		b = append(b, make([]byte, end-int64(len(b)))...)
	}
	copy(b[w.off:], w.bytes)
	return b
}

func (f *inode) write(w write) {
	f.data = w.to(f.data)
	f.since = append(f.since, w)
}

// keep is a sync that is as good as its word.
func (f *inode) keep() {
	for _, w := range f.since {
		f.kept = w.to(f.kept)
	}
	f.since = nil
}

// sector is how many bytes of a write are kept as a whole.
const sector = 64

// cut leaves what was synced, and of each write since all, nothing, a part, or as
// many zeros.
func (f *inode) cut(rng *rand.Rand) {
	for _, w := range f.since {
		switch rng.IntN(4) {
		case 0:
			f.kept = w.to(f.kept)
		case 1:
			if n := len(w.bytes); n > sector {
				f.kept = write{w.off, w.bytes[:sector*(1+rng.IntN(n/sector))]}.to(f.kept)
			}
		case 2:
			if n := len(w.bytes); n > 0 {
				f.kept = write{w.off, make([]byte, n)}.to(f.kept)
			}
		}
	}
	f.since, f.data = nil, slices.Clone(f.kept)
}
