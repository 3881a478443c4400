package route

import (
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/plumbago/plumbago/metric"
)

// place is where names go: to destinations, or nowhere.
type place struct {
	to  []int
	why metric.Reason // why nowhere; "" if to is not empty
}

// decision names a place. unknown stands for none: a name not decided yet, or a
// place too many to be remembered.
type decision uint16

const unknown decision = 0

// How many different places are remembered, and the memory for them. Names that
// go to yet another place are decided each time they are seen.
const (
	maxDecisions  = 1<<16 - 1
	maxPlaceBytes = 16 << 20
	placeOverhead = 128 // bytes of a place beside its destinations and its key
)

// places numbers places, from 1. The zero value is empty.
type places struct {
	mu    sync.Mutex
	index map[string]decision // by the place's key
	bytes int

	all atomic.Pointer[[]*place] // only ever grows; a loaded slice stays valid
}

// at returns the place that d names, which intern has returned.
func (s *places) at(d decision) *place { return (*s.all.Load())[d-1] }

// list returns all places so far, in the order of their decisions from 1 on.
func (s *places) list() []*place {
	if all := s.all.Load(); all != nil {
		return *all
	}
	return nil
}

// intern returns a place and its name, which is unknown if there are too many of
// them. It does not keep to.
func (s *places) intern(to []int, why metric.Reason) (decision, *place) {
	var buf [128]byte
	key := append(buf[:0], why...)
	for _, dest := range to {
		key = binary.AppendUvarint(key, uint64(dest))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d, ok := s.index[string(key)]; ok {
		return d, s.at(d)
	}
	return s.add(string(key), &place{slices.Clone(to), why})
}

// add names a new place; s.mu is held.
func (s *places) add(key string, p *place) (decision, *place) {
	size := placeOverhead + 8*len(p.to) + len(key)
	if len(s.index) == maxDecisions || s.bytes+size > maxPlaceBytes {
		return unknown, p
	}
	if s.index == nil {
		s.index = make(map[string]decision)
		s.all.Store(new([]*place))
	}
	all := append(*s.all.Load(), p)
	s.all.Store(&all)
	s.bytes += size
	d := decision(len(all))
	s.index[key] = d
	return d, p
}
