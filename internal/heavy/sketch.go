// Package heavy finds what is heaviest in a flow of names, in bounded memory, by
// the algorithm called space-saving: of more names than it has places for, the
// lightest gives its place to a newcomer, which takes over its count as a possible
// error.
package heavy

import (
	"cmp"
	"slices"
	"time"
)

// mostKey is how many bytes of a key are kept.
const mostKey = 128

// Sketch counts the heaviest keys of a flow. Of points Total in all and with n
// places, each key with more than Total/n of them is among those it holds, and no
// count is too large by more than Total/n. One goroutine at a time uses it.
type Sketch struct {
	Total uint64 // points ever added

	most   int
	places map[string]*place
	heap   []seat // the lightest first
}

// seat is a place in the heap, with its count beside it: to compare seats, the
// places are not looked at.
type seat struct {
	count uint64
	*place
}

// place is one key that is held.
type place struct {
	Entry
	at     int   // index in the heap
	minute int64 // that now is of
	now    uint64
	before uint64 // in the minute before
}

// Entry is a key with what is known of it.
type Entry struct {
	Key   string
	Count uint64 // points at most
	Error uint64 // how much less they may be

	// First and Last are when it was seen, since it has had its place; Rate is points a
	// second in the last minute or two.
	First, Last time.Time
	Rate        float64
}

// New makes a sketch with so many places, at least 1.
func New(most int) *Sketch {
	return &Sketch{most: max(most, 1), places: make(map[string]*place)}
}

// Add counts points of key, of which at most 128 bytes are kept.
func (s *Sketch) Add(key []byte, points uint64, at time.Time) {
	s.Total += points
	key = key[:min(len(key), mostKey)]
	p := s.places[string(key)]
	switch {
	case p != nil:
	case len(s.heap) < s.most:
		p = &place{at: len(s.heap)}
		s.heap = append(s.heap, seat{place: p})
		s.seat(p, key, at)
	default:
		p = s.heap[0].place
		delete(s.places, p.Key)
		s.seat(p, key, at)
	}
	p.count(points, at)
	s.heap[p.at].count = p.Count
	s.settle(p.at)
}

// seat gives a place, with the count of who had it before, to a newcomer.
func (s *Sketch) seat(p *place, key []byte, at time.Time) {
	p.Entry = Entry{Key: string(key), Count: p.Count, Error: p.Count, First: at}
	p.minute, p.now, p.before = 0, 0, 0
	s.places[p.Key] = p
	s.lift(p.at)
}

func (p *place) count(points uint64, at time.Time) {
	p.turn(at)
	p.Count += points
	p.now += points
	p.Last = at
}

// turn goes on to the minute of at.
func (p *place) turn(at time.Time) {
	switch minute := at.Unix() / 60; minute {
	case p.minute:
	case p.minute + 1:
		p.before, p.now, p.minute = p.now, 0, minute
	default:
		p.before, p.now, p.minute = 0, 0, minute
	}
}

// settle moves a place that has become heavier away from the light end.
func (s *Sketch) settle(i int) {
	for {
		least := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < len(s.heap) && s.heap[child].count < s.heap[least].count {
				least = child
			}
		}
		if least == i {
			return
		}
		s.swap(i, least)
		i = least
	}
}

// lift moves a place that is lighter than those around it towards the light end.
func (s *Sketch) lift(i int) {
	for i > 0 && s.heap[i].count < s.heap[(i-1)/2].count {
		s.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (s *Sketch) swap(i, j int) {
	s.heap[i], s.heap[j] = s.heap[j], s.heap[i]
	s.heap[i].at, s.heap[j].at = i, j
}

// Top returns the n heaviest, by their rate now and then by their counts.
func (s *Sketch) Top(n int, now time.Time) []Entry {
	list := make([]Entry, 0, len(s.heap))
	for _, p := range s.heap {
		list = append(list, p.entry(now))
	}
	slices.SortFunc(list, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(b.Rate, a.Rate), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Key, b.Key))
	})
	return list[:min(max(n, 0), len(list))]
}

// entry is what is known of a place, with its rate over the minute before this one and
// what there is of this one, or since it was first seen if that is later.
func (p *place) entry(now time.Time) Entry {
	p.turn(now)
	e := p.Entry
	span := 60 + float64(now.Unix()%60)
	if seen := now.Sub(e.First).Seconds(); seen < span {
		span = max(seen, 1)
	}
	e.Rate = float64(p.before+p.now) / span
	return e
}
