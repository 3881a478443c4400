package recent

import "time"

// steps is how many make up the window.
const steps = 8

// step is a part of the window's way through time. All but the entries of its
// names stays as it is.
type step struct {
	from    int64  // Unix seconds
	seconds uint64 // that it lasts
	keep    uint64 // how many steps after it names seen in it are remembered
	tag     uint64 // of entries of names seen in it
	names   table
	swept   bool // the names not remembered are out of the table
}

func firstStep(window time.Duration) *step {
	seconds := max(1, ceil(window, time.Second))
	length := ceil(seconds, steps)
	return &step{
		seconds: uint64(length),
		keep:    uint64(ceil(seconds, length)),
		tag:     used,
		names:   newTable(0, 0),
		swept:   true,
	}
}

func ceil(a, b time.Duration) time.Duration { return (a + b - 1) / b }

// holds reports whether now is in s.
func (s *step) holds(now int64) bool { return uint64(now-s.from) < s.seconds }

// left reports whether now is after s, or farther before it than the window is
// long: then the clock was set back. Less than that may be somebody who looked at
// the clock before others did, and counts as in s.
func (s *step) left(now int64) bool {
	if now < s.from {
		return uint64(s.from)-uint64(now) > s.seconds*s.keep
	}
	return !s.holds(now)
}

// next returns the step that now is in, and whether s's names are kept.
func (s *step) next(now int64) (_ *step, kept bool) {
	next := *s
	if now < s.from {
		next.from = now
		return &next, true
	}
	ahead := (uint64(now) - uint64(s.from)) / s.seconds
	next.from += int64(ahead * s.seconds)
	if ahead > s.keep {
		next.names = newTable(0, 0)
		return &next, false
	}
	next.tag = used | (s.tag+ahead)&stampMask
	next.swept = false
	return &next, true
}

// entry is that of a name seen in s.
func (s *step) entry(hash uint64) uint64 { return hash&^tagMask | s.tag }

// remembers reports whether entry is of a name seen lately enough.
func (s *step) remembers(entry uint64) bool {
	return entry != 0 && (s.tag-entry)&stampMask <= s.keep
}

// count returns how many names s remembers.
func (s *step) count() (names int64) {
	own := *s // which nobody changes, so that it is not read again for each name
	for i := range own.names {
		if own.remembers(own.names[i].Load()) {
			names++
		}
	}
	return names
}

// catchUp notes what was noted in the table that s's was copied from meanwhile.
func (s *step) catchUp(old table) {
	for i := range old {
		if noted := old[i].Load(); noted&tagMask == s.tag {
			if slot, entry := s.names.find(noted); entry != 0 && entry != noted {
				slot.CompareAndSwap(entry, noted)
			}
		}
	}
}
