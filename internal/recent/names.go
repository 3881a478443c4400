// Package recent remembers in bounded memory which names were seen lately, and
// how often: by their 64-bit hashes, without locks on the way of known names. The
// hashes must be spread evenly over all their bits, as those of hash/maphash are.
package recent

import (
	"sync"
	"sync/atomic"
	"time"
)

// Names counts different names in a rolling window and refuses new ones at a limit.
//
// The window moves in steps of an eighth: a name is remembered for the window and
// at most one step and a second longer. The limit is never exceeded, however many
// call at once. Two names are taken for one if 58 bits of their hashes are equal,
// and the first bits of hashes say where the names are.
type Names struct {
	limit atomic.Int64
	live  atomic.Int64         // names in the table
	step  atomic.Pointer[step] // the one that the clock is in

	mu sync.Mutex // of those who add names, change the step or copy the table
}

// NewNames makes a set for at most limit names in window. It grows with use to no
// more than 32 bytes a name of the limit.
func NewNames(limit int, window time.Duration) *Names {
	n := new(Names)
	n.limit.Store(int64(limit))
	n.step.Store(firstStep(window))
	return n
}

// Admit notes that the name with this hash was seen, at now in Unix seconds, and
// reports whether it may pass: it was seen within the window, or there are fewer than
// the limit. A refused name is not remembered. All may call it at once.
//
// A clock that jumps ahead by more than the window empties the set. While one that was
// set back by less than the window catches up, names do not age; set back by more, it
// is followed from there.
func (n *Names) Admit(hash uint64, now int64) bool {
	for {
		s := n.step.Load()
		if !s.holds(now) {
			s = n.turn(s, now)
		}
		slot, entry := s.names.find(hash)
		switch {
		case entry&tagMask == s.tag:
			return true
		case s.remembers(entry):
			// What is noted in a table after it was copied would be lost.
			if slot.CompareAndSwap(entry, s.entry(hash)) && n.step.Load() == s {
				return true
			}
		case s.swept && !s.left(now) && n.live.Load() >= n.limit.Load():
			return false
		default:
			return n.enter(hash, now)
		}
	}
}

// Live is how many names were seen within the window.
func (n *Names) Live(now int64) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.advance(now)
	return int(n.live.Load())
}

// Grow changes the limit and keeps what is remembered.
func (n *Names) Grow(limit int) { n.limit.Store(int64(limit)) }

// turn returns the step that now is in, or the old one if somebody else is just
// changing it: nobody waits for that but new names.
func (n *Names) turn(old *step, now int64) *step {
	if !old.left(now) || !n.mu.TryLock() {
		return old
	}
	defer n.mu.Unlock()
	return n.advance(now)
}

// enter admits a name that the table does not have, if there is room.
func (n *Names) enter(hash uint64, now int64) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.advance(now)
	slot, entry := s.names.find(hash)
	if entry == 0 {
		live := n.live.Load()
		if live >= n.limit.Load() {
			return false
		}
		if s.names.full(live) {
			s = n.move(s, live)
			slot, _ = s.names.find(hash)
		}
		n.live.Add(1)
	}
	slot.Store(s.entry(hash))
	return true
}

// advance makes the step that now is in the current one. It and what it calls
// must have the lock.
func (n *Names) advance(now int64) *step {
	s := n.step.Load()
	if !s.left(now) {
		return s
	}
	next, kept := s.next(now)
	if !kept {
		n.live.Store(0)
	}
	n.step.Store(next)
	if next.swept {
		return next
	}
	return n.sweep(next)
}

// sweep takes the names out that s no longer remembers.
func (n *Names) sweep(s *step) *step {
	if live := s.count(); live < n.live.Load() {
		return n.move(s, live)
	}
	next := *s
	next.swept = true
	n.step.Store(&next)
	return &next
}

// move takes what s remembers, about live names, to a table of the size for that,
// while others go on to note names in the old one.
func (n *Names) move(s *step, live int64) *step {
	next := *s
	next.swept = true
	next.names = newTable(live, n.limit.Load())
	live = 0
	for i := range s.names {
		if entry := s.names[i].Load(); s.remembers(entry) {
			slot, _ := next.names.find(entry)
			slot.Store(entry)
			live++
		}
	}
	n.live.Store(live)
	n.step.Store(&next)
	next.catchUp(s.names)
	return &next
}
