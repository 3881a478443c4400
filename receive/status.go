package receive

import (
	"sync/atomic"

	"github.com/plumbago/plumbago/metric"
	"github.com/prometheus/client_golang/prometheus"
)

// Status is what an operator wants to see of a listener. It counts from when the
// listener was opened.
type Status struct {
	Connections int    // open
	Accepted    uint64 // connections
	Points      uint64 // read, before routing
	Bytes       uint64 // read
	Refused     uint64 // points of batches of which a queue refused a part or all

	Rejected map[metric.Reason]uint64 // lines, items, frames and bodies, if there were any
	Samples  []Sample                 // of them and of points that were not let in: the last ones of each reason, the newest first
}

// Status returns the present state. It may be called at any time.
func (l *Listener) Status() Status {
	m := l.in.m
	s := Status{
		Connections: l.Connections(), Accepted: m.accepted.n.Load(),
		Points: m.points.n.Load(), Bytes: m.bytes.n.Load(), Refused: m.refused.n.Load(),
		Rejected: map[metric.Reason]uint64{}, Samples: l.in.o.Samples.Of(l.in.name),
	}
	for _, reason := range metric.Reasons {
		if c := m.rejectedCounters[reason]; c != nil && c.n.Load() > 0 {
			s.Rejected[reason] = c.n.Load()
		}
	}
	return s
}

// tally is a counter that its listener can read. What it shows may be shared with a
// listener of the same name that was there before.
type tally struct {
	prometheus.Counter
	n atomic.Uint64
}

// Add counts v, which is a whole number.
func (t *tally) Add(v float64) {
	t.Counter.Add(v)
	t.n.Add(uint64(v))
}

// Inc counts one.
func (t *tally) Inc() { t.Add(1) }
