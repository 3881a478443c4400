package whisper

import (
	"slices"
	"strings"
	"sync"
)

// index holds the names of all untagged series, as a tree. Its memory is bounded:
// when that is not enough it is empty, and says so.
type index struct {
	bound int64

	mu     sync.RWMutex
	root   *folder // nil: it is not known what there is
	bytes  int64
	recent []string // added while the folders are read
	noting bool     // they are

	waitingMu sync.Mutex
	waiting   []string // added while somebody looked for something: they are in no tree yet
}

// mostWaiting is how many names wait at most while somebody looks for something. Who
// brings more waits too.
const mostWaiting = 100_000

// folder is the series of one folder, and its folders, in the order of their names.
type folder struct {
	name    string
	folders []*folder
	leaves  []string
}

// Sizes for the accounts, in bytes.
const (
	folderBytes = 136
	leafBytes   = 24
)

func newIndex(bound int64) *index { return &index{bound: bound} }

// add adds series that have no tags.
func (x *index) add(names []string) {
	names = slices.DeleteFunc(slices.Clone(names), isTagged)
	if len(names) == 0 {
		return
	}
	x.waitingMu.Lock()
	x.waiting = append(x.waiting, names...)
	many := len(x.waiting) > mostWaiting
	x.waitingMu.Unlock()
	// Whoever waited here would have all later searches wait too, and points with them.
	if many {
		x.mu.Lock()
	} else if !x.mu.TryLock() {
		return
	}
	x.takeWaiting()
	x.mu.Unlock()
}

// read locks x to look for something in it, when all that was added is there.
func (x *index) read() {
	x.waitingMu.Lock()
	none := len(x.waiting) == 0
	x.waitingMu.Unlock()
	if !none {
		x.mu.Lock()
		x.takeWaiting()
		x.mu.Unlock()
	}
	x.mu.RLock()
}

// takeWaiting takes what was added into the tree. The caller holds x.mu.
func (x *index) takeWaiting() {
	x.waitingMu.Lock()
	names := x.waiting
	x.waiting = nil
	x.waitingMu.Unlock()
	if x.noting {
		x.recent = append(x.recent, names...)
	}
	for _, name := range names {
		x.insert(name)
	}
}

// insert adds a series to the tree, if that is there. The caller holds x.mu.
func (x *index) insert(name string) {
	if x.root == nil {
		return
	}
	at := x.root
	for {
		node, rest, more := strings.Cut(name, ".")
		if !more {
			x.bytes += at.addLeaf(node)
			break
		}
		below, bytes := at.addFolder(node)
		x.bytes += bytes
		at, name = below, rest
	}
	if x.bytes > x.bound {
		x.root, x.bytes = nil, 0
	}
}

// below returns the folder of this name, or where it would be.
func (f *folder) below(name string) (i int, ok bool) {
	return slices.BinarySearchFunc(f.folders, name, func(f *folder, name string) int { return strings.Compare(f.name, name) })
}

// addFolder returns the folder of this name, and how much memory it takes if it is new.
func (f *folder) addFolder(name string) (below *folder, bytes int64) {
	i, ok := f.below(name)
	if !ok {
		f.folders = slices.Insert(f.folders, i, &folder{name: strings.Clone(name)})
		bytes = folderBytes + int64(len(name))
	}
	return f.folders[i], bytes
}

// addLeaf adds a series, and returns how much memory that takes.
func (f *folder) addLeaf(name string) (bytes int64) {
	i, ok := slices.BinarySearch(f.leaves, name)
	if ok {
		return 0
	}
	f.leaves = slices.Insert(f.leaves, i, strings.Clone(name))
	return leafBytes + int64(len(name))
}

// sort puts what was appended into its order.
func (f *folder) sort() {
	slices.Sort(f.leaves)
	slices.SortFunc(f.folders, func(a, b *folder) int { return strings.Compare(a.name, b.name) })
}

// begin notes from now on what is added.
func (x *index) begin() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.noting, x.recent = true, nil
}

// replace puts a tree in place that was read since begin, and those series that were
// added since, and those that have no file yet. A nil tree did not fit.
func (x *index) replace(root *folder, bytes int64, fresh []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.takeWaiting()
	if x.root, x.bytes = root, bytes; root == nil {
		x.bytes = 0
	}
	for _, name := range append(x.recent, fresh...) {
		if !isTagged(name) {
			x.insert(name)
		}
	}
	x.noting, x.recent = false, nil
}

// size is how much memory it takes, and whether it knows the series.
func (x *index) size() (bytes int64, ok bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.bytes, x.root != nil
}
