package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// levers are what is wrong with the system as the gateway sees it: a file that a
// gateway made by build inherits, and looks at whenever it asks for the time, writes
// to a file at a place, or syncs one.
type levers struct {
	file *os.File

	mu    sync.Mutex
	ahead time.Duration // of the wall clock; whole seconds
	turns int           // of the disk, from whole to broken or back
	broken
}

// broken says what a disk refuses.
type broken struct{ writes, syncs bool }

func newLevers(dir string) (*levers, error) {
	f, err := os.Create(filepath.Join(dir, "levers"))
	if err != nil {
		return nil, err
	}
	l := &levers{file: f}
	return l, l.put()
}

// put writes them at once, in the machine's order of bytes, as the gateway reads them.
func (l *levers) put() error {
	b := binary.NativeEndian.AppendUint64(nil, uint64(l.ahead/time.Second))
	for _, bad := range []bool{l.writes, l.syncs} {
		b = append(b, 0)
		if bad {
			b[len(b)-1] = 1
		}
	}
	_, err := l.file.WriteAt(b, 0)
	return err
}

// setClock has the gateway's wall clock be ahead of the system's by so much.
func (l *levers) setClock(ahead time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ahead = ahead.Truncate(time.Second)
	return l.put()
}

func (l *levers) clock() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ahead
}

func (l *levers) breakDisk(b broken) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = b
	l.turns++
	return l.put()
}

// turnsOfDisk is how often the disk broke or was mended; odd while it is broken.
func (l *levers) turnsOfDisk() int {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.turns
}

// wholeSince says that the disk was whole when it had had so many turns, and ever since.
func (l *levers) wholeSince(turns int) bool { return turns%2 == 0 && turns == l.turnsOfDisk() }
