package receive

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/plumbago/plumbago/metric"
)

// Samples keeps the last pieces of input that were not let in, a few of each
// listener and reason, without the keys that were in them. Listeners share it; nil
// keeps none.
type Samples struct {
	mu       sync.Mutex
	rows     map[rowOf]*row
	watchers []*watcher
}

// Sample is a piece of input that was not let in. It holds no key.
type Sample struct {
	At       time.Time     `json:"at"`
	Reason   metric.Reason `json:"reason"`
	Listener string        `json:"listener"` // its name
	Peer     string        `json:"peer"`     // who sent it
	Tenant   string        `json:"tenant,omitempty"`
	Text     string        `json:"text"` // how it begins, escaped, keys made unreadable
}

const (
	// keptSamples is how many are kept of each listener and reason.
	keptSamples = 8
	// sampleEvery spaces the samples of a listener and reason once there are so many, so that a
	// flood of bad input costs little; watchedEvery does while somebody watches.
	sampleEvery  = 50 * time.Millisecond
	watchedEvery = 2 * time.Millisecond
)

// rowOf is what rows are told apart by.
type rowOf struct {
	listener string
	reason   metric.Reason
}

// row is the samples of one listener and reason, as a ring.
type row struct {
	kept [keptSamples]Sample
	n    int       // ever added
	next time.Time // none before this time
}

// watcher is told of each sample.
type watcher struct{ tell func(Sample) }

// NewSamples makes an empty one.
func NewSamples() *Samples { return &Samples{rows: map[rowOf]*row{}} }

// Add keeps a sample, in place of the oldest of its listener and reason.
func (s *Samples) Add(x Sample) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(s.row(rowOf{x.Listener, x.Reason}), x)
}

func (s *Samples) add(r *row, x Sample) {
	r.kept[r.n%keptSamples] = x
	r.n++
	for _, w := range s.watchers {
		w.tell(x)
	}
}

// Last returns what is kept, the newest first.
func (s *Samples) Last() []Sample {
	return s.list(func(rowOf) bool { return true })
}

// Of returns what is kept of one listener, by its name, the newest first.
func (s *Samples) Of(listener string) []Sample {
	return s.list(func(of rowOf) bool { return of.listener == listener })
}

func (s *Samples) list(wanted func(rowOf) bool) (list []Sample) {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for of, r := range s.rows {
		if wanted(of) {
			list = append(list, r.kept[:min(r.n, keptSamples)]...)
		}
	}
	slices.SortStableFunc(list, func(a, b Sample) int { return b.At.Compare(a.At) })
	return list
}

// Forget drops what is kept: for when other keys than those that were made unreadable
// are in force.
func (s *Samples) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.rows)
}

// Watch has tell told of each sample from now on, until stop is called. tell must
// not block.
func (s *Samples) Watch(tell func(Sample)) (stop func()) {
	if s == nil {
		return func() {}
	}
	w := &watcher{tell}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers = append(s.watchers, w)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.watchers = slices.DeleteFunc(s.watchers, func(x *watcher) bool { return x == w })
	}
}

func (s *Samples) row(of rowOf) *row {
	if s.rows[of] == nil {
		s.rows[of] = new(row)
	}
	return s.rows[of]
}

// due reports whether a sample may be made now: making one costs more than counting
// what it is of.
func (r *row) due(now time.Time, watched bool) bool {
	if now.Before(r.next) {
		return false
	}
	switch {
	case r.n+1 < keptSamples: // this one is not the last that there is room for
	case watched:
		r.next = now.Add(watchedEvery)
	default:
		r.next = now.Add(sampleEvery)
	}
	return true
}

// keep keeps a sample of what is not let in, x but for its text and where it came in.
// It is made with the samples locked: one by the keys of before is there to be
// forgotten.
func (in *intake) keep(x Sample, text sample, peer fmt.Stringer) {
	s := in.o.Samples
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x.At, x.Listener = time.Now(), in.name
	if r := s.row(rowOf{x.Listener, x.Reason}); r.due(x.At, len(s.watchers) > 0) {
		x.Peer, x.Text = peer.String(), in.show(text)
		s.add(r, x)
	}
}
