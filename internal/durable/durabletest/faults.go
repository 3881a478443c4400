// Package durabletest offers a file system that fails when told to, for tests
// of what survives a failing disk.
package durabletest

import (
	"io/fs"
	"sync"

	"github.com/plumbago/plumbago/internal/durable"
)

// Op is a kind of operation that can fail.
type Op string

// The operations that change a disk, and reading.
const (
	Create   Op = "create"
	Write    Op = "write"
	Sync     Op = "sync"
	SyncDir  Op = "syncdir"
	Rename   Op = "rename"
	Remove   Op = "remove"
	Truncate Op = "truncate"
	Link     Op = "link"
	Read     Op = "read"
)

// Faults is a file system whose operations go to the operating system unless
// Fail has them fail. It may be used and changed by many goroutines.
type Faults struct {
	durable.FS

	mu    sync.Mutex
	fail  func(op Op, name string) (short int, err error)
	calls map[Op]int
	free  uint64
}

// New returns a file system on which nothing fails yet.
func New() *Faults {
	return &Faults{FS: durable.OS(), calls: make(map[Op]int)}
}

// Fail has f decide before each operation whether it fails: with an error it
// does. A write that fails still writes its first short bytes. nil ends it.
func (d *Faults) Fail(f func(op Op, name string) (short int, err error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = f
}

// SetFree has Free return n bytes; 0 makes it ask the operating system again.
func (d *Faults) SetFree(n uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.free = n
}

// Calls returns how many operations of a kind there were, failed ones included.
func (d *Faults) Calls(op Op) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls[op]
}

// Nth returns a function for Fail that fails the n-th operation, counted from
// 0, of all those that change the disk, and the following ones up to n+run.
func Nth(n, run int, short int, err error) func(Op, string) (int, error) {
	var i int
	return func(op Op, _ string) (int, error) {
		if op == Read {
			return 0, nil
		}
		i++
		if i > n && i <= n+run {
			return short, err
		}
		return 0, nil
	}
}

func (d *Faults) check(op Op, name string) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls[op]++
	if d.fail == nil {
		return 0, nil
	}
	short, err := d.fail(op, name)
	if err != nil {
		return short, &fs.PathError{Op: string(op), Path: name, Err: err}
	}
	return 0, nil
}
