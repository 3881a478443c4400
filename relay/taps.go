package relay

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/route"
)

// mostTaps is how many may be open at once: each may cost a fiftieth of the flow.
const mostTaps = 4

// errTaps says that there are as many taps as there may be.
var errTaps = errors.New("as many taps are open as there may be: 4")

// taps are those who watch the points go by. Without any, open is nil, and a batch
// costs one look at that.
type taps struct {
	open atomic.Pointer[tapList]
	mu   sync.Mutex // held to open and close
}

type tapList []*Tap

// see shows a batch, and what of it was dropped, to all.
func (l *tapList) see(v *route.View, b metric.Batch, d route.Dropped) {
	dropped := d.NoRoute + d.Blacklisted + d.NotWhitelisted
	for _, t := range *l {
		t.see(v, b, dropped)
	}
}

// Tap begins to show what flows, until Close.
func (r *Relay) Tap(o TapOptions) (*Tap, error) {
	r.taps.mu.Lock()
	defer r.taps.mu.Unlock()
	var list tapList
	if l := r.taps.open.Load(); l != nil {
		list = slices.Clone(*l)
	}
	if len(list) == mostTaps {
		return nil, errTaps
	}
	t := newTap(r, o)
	list = append(list, t)
	r.taps.open.Store(&list)
	if o.Dropped {
		t.unwatch = r.samples.Watch(t.refused)
	}
	return t, nil
}

// close takes a tap out.
func (r *Relay) untap(t *Tap) {
	r.taps.mu.Lock()
	defer r.taps.mu.Unlock()
	list := slices.Clone(*r.taps.open.Load())
	list = slices.DeleteFunc(list, func(x *Tap) bool { return x == t })
	if len(list) == 0 {
		r.taps.open.Store(nil)
		return
	}
	r.taps.open.Store(&list)
}

// Seen is a point that a tap shows, or, if Points is above 0, that so many were
// dropped behind a queue's input.
type Seen struct {
	Line    string        `json:"line,omitempty"` // canonical; of input that was not let in, how it begins
	Tenant  string        `json:"tenant,omitempty"`
	To      []string      `json:"to,omitempty"`      // destinations and pools
	Dropped metric.Reason `json:"dropped,omitempty"` // why, if it was
	Peer    string        `json:"peer,omitempty"`    // who sent what was not let in
	Points  uint64        `json:"points,omitempty"`
}

// refused shows a piece of input that was not let in. It must not block.
func (t *Tap) refused(x receive.Sample) {
	if !t.mu.TryLock() {
		t.passed.Add(1)
		return
	}
	defer t.mu.Unlock()
	if !t.matches([]byte(x.Text), x.Tenant) || t.o.Dest != "" {
		return
	}
	if !t.show(Seen{Line: x.Text, Tenant: x.Tenant, Dropped: x.Reason, Peer: x.Peer}) {
		t.passed.Add(1)
	}
}

// Lost returns what queues have dropped since it was asked last, of destinations and
// tenants that the tap is for. Whose those points were is not known any more.
func (t *Tap) Lost() (list []Seen) {
	if !t.o.Dropped || t.o.Tenant != "" || t.o.Match != nil {
		return nil
	}
	for _, b := range t.relay.branches() {
		if t.o.Dest != "" && t.o.Dest != b.Name {
			continue
		}
		for reason, n := range b.queue.Stats().Dropped {
			at := lossOf{b.Name, reason}
			if before := t.lost[at]; n > before && t.looked {
				list = append(list, Seen{To: []string{b.Name}, Dropped: reason, Points: n - before})
			}
			t.lost[at] = n
		}
	}
	t.looked = true
	return list
}

// lossOf is what queues' drops are told apart by.
type lossOf struct {
	dest   string
	reason metric.Reason
}
