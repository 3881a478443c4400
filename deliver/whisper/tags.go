package whisper

import (
	"strings"
	"sync"

	"github.com/plumbago/plumbago/render"
)

// tagIndex holds the tagged series by their tags. Its memory is bounded: what does
// not fit is not found.
type tagIndex struct {
	bound int64

	mu   sync.RWMutex
	now  *tagged
	next *tagged // being made; nil if none is
}

// tagged is some tagged series.
type tagged struct {
	names  []string
	known  map[string]bool
	byTag  map[string]map[string][]uint32 // of each tag and value the indices of names, which rise
	bytes  int64
	lacked bool // some did not fit
}

// taggedBytes is what a tagged series takes, and what each of its tags adds to that.
const (
	taggedBytes = 80
	tagBytes    = 12
)

func newTagged() *tagged {
	return &tagged{known: map[string]bool{}, byTag: map[string]map[string][]uint32{}}
}

func newTagIndex(bound int64) *tagIndex { return &tagIndex{bound: bound, now: newTagged()} }

// add adds a series, and reports whether it was not there.
func (x *tagIndex) add(name string) bool {
	x.mu.RLock()
	known := x.now.known[name] && (x.next == nil || x.next.known[name])
	x.mu.RUnlock()
	if known {
		return false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.next != nil {
		x.next.add(name, x.bound)
	}
	return x.now.add(name, x.bound)
}

// begin begins a new index, keep adds to it what was there, and end puts it in place.
// end reports whether all had room.
func (x *tagIndex) begin() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.next = newTagged()
}

func (x *tagIndex) keep(name string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.next.add(name, x.bound)
}

func (x *tagIndex) end() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.now, x.next = x.next, nil
	return !x.now.lacked
}

func (t *tagged) add(name string, bound int64) bool {
	if t.known[name] {
		return false
	}
	name = strings.Clone(name)
	tags := render.Tags(name)
	bytes := taggedBytes + int64(len(name)+tagBytes*len(tags))
	if t.lacked = t.lacked || t.bytes+bytes > bound; tags == nil || t.bytes+bytes > bound {
		return false
	}
	t.bytes += bytes
	id := uint32(len(t.names))
	t.names = append(t.names, name)
	t.known[name] = true
	for tag, value := range tags {
		values := t.byTag[tag]
		if values == nil {
			values = map[string][]uint32{}
			t.byTag[tag] = values
		}
		values[value] = append(values[value], id)
	}
	return true
}

// has reports whether there is such a series.
func (x *tagIndex) has(name string) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.now.known[name]
}

// all returns the names. They do not change any more.
func (x *tagIndex) all() []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.now.names
}
