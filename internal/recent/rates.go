package recent

import (
	"math"
	"sync/atomic"
	"time"
)

// Rates bounds the points a second of single names. It remembers the names seen
// most lately in fixed memory of about 1 MiB, and forgets rather than refuses:
// a name is never held to another's count.
type Rates struct {
	sets     [1 << setBits]set
	interval uint64 // between points, in ticks
}

// set has the names whose hashes begin alike, in one line of a processor's cache.
type set [4]account

// account is one name's. While two names are after it, or one is just given it,
// name and due do not agree, and points pass uncounted.
type account struct {
	name atomic.Uint64 // its hash
	due  atomic.Uint64 // the tick from which on the name has no point to its debt, and the end of its hash
}

const (
	setBits  = 14
	markBits = 12 // of a hash's end in due
	tickBits = 4  // of nanoseconds in a tick
	second   = uint64(time.Second) >> tickBits
)

// NewRates makes one that lets perSecond points of a name pass, at least one a
// second, and as many at once as come in a second.
func NewRates(perSecond float64) *Rates {
	return &Rates{interval: max(1, uint64(float64(second)/max(1, perSecond)))}
}

// Allow reports whether one more point of the name may pass at now, in Unix
// nanoseconds. All may call it at once.
func (r *Rates) Allow(hash uint64, now int64) bool {
	tick := uint64(now) >> tickBits
	s := &r.sets[hash>>(64-setBits)]
	for {
		if a := s.find(hash); a != nil {
			return a.allow(hash, tick, r.interval)
		}
		if a, old := s.idlest(tick); a.due.CompareAndSwap(old, due(hash, tick+r.interval)) {
			a.name.Store(hash)
			return true
		}
	}
}

func (s *set) find(hash uint64) *account {
	for i := range s {
		if s[i].name.Load() == hash {
			return &s[i]
		}
	}
	return nil
}

func (a *account) allow(hash, tick, interval uint64) bool {
	for {
		old := a.due.Load()
		ahead := uint64(max(0, lead(old, tick)))
		if (old^hash)&markMask != 0 {
			ahead = 0
		}
		switch {
		case a.name.Load() != hash:
			return true
		case ahead+interval > second:
			return false
		case a.due.CompareAndSwap(old, due(hash, tick+ahead+interval)):
			return true
		}
	}
}

const markMask = 1<<markBits - 1

func due(hash, tick uint64) uint64 { return tick<<markBits | hash&markMask }

// lead is how many ticks due is after tick. What no name owes at a time is from
// before the clock was set back, or from years ago, and as good as never.
func lead(due, tick uint64) int64 {
	ahead := int64(due&^markMask-tick<<markBits) >> markBits
	if ahead > int64(second) {
		return math.MinInt64
	}
	return ahead
}

// idlest returns the account whose name has been below the rate for longest, and
// what was due there.
func (s *set) idlest(tick uint64) (idlest *account, old uint64) {
	least := int64(math.MaxInt64)
	for i := range s {
		d := s[i].due.Load()
		if l := lead(d, tick); l < least {
			idlest, old, least = &s[i], d, l
		}
	}
	return idlest, old
}
