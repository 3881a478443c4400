package recent

import (
	"math/bits"
	"sync/atomic"
)

// table holds names at the place that their hashes begin with, or the next empty
// one after it.
type table []atomic.Uint64

// newTable makes a table for twice as many names as there are, but no more than limit.
func newTable(live, limit int64) table {
	room := max(live, min(limit, 2*live), 40)
	return make(table, room+room/2+1)
}

// full reports whether a table with live names is too full for one more.
func (t table) full(live int64) bool { return 3*(live+1) > 2*int64(len(t)) }

// find returns the slot for a name and its entry, which is 0 if the table does
// not have it.
func (t table) find(hash uint64) (slot *atomic.Uint64, entry uint64) {
	place, _ := bits.Mul64(hash, uint64(len(t)))
	for i := int(place); ; i++ {
		if i == len(t) {
			i = 0
		}
		if entry = t[i].Load(); entry == 0 || (entry^hash)&^tagMask == 0 {
			return &t[i], entry
		}
	}
}

// An entry of a table is the upper bits of a hash, a bit that is always set, and
// the number of the step in which the name was last seen. The numbers begin again
// before they could be mistaken: no entry is older than two windows, since each
// step either sweeps the table or begins with an empty one.
const (
	stampBits = 5
	stampMask = 1<<stampBits - 1
	used      = 1 << stampBits
	tagMask   = used | stampMask
)
