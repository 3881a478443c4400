package tenant

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// account counts what became of a tenant's points. A nil account counts nothing.
type account struct {
	name   string
	m      *meters
	counts atomic.Pointer[[]*count] // few; exchanged as a whole when one more comes

	mu     sync.Mutex // for exchanging counts
	closed bool       // the metrics do not show it any more
}

// count is one number, and its place in the metrics.
type count struct {
	fate  fate
	label string
	n     atomic.Uint64
	shown prometheus.Counter // nil if it is not
}

func (a *account) add(f fate, label string, n int) {
	if a == nil || n == 0 {
		return
	}
	c := find(a.all(), f, label)
	if c == nil {
		c = a.begin(f, label)
	}
	c.n.Add(uint64(n))
	if c.shown != nil {
		c.shown.Add(float64(n))
	}
}

func (a *account) all() []*count {
	if a == nil {
		return nil
	}
	if counts := a.counts.Load(); counts != nil {
		return *counts
	}
	return nil
}

func find(counts []*count, f fate, label string) *count {
	for _, c := range counts {
		if c.fate == f && c.label == label {
			return c
		}
	}
	return nil
}

// begin makes the count that was not there.
func (a *account) begin(f fate, label string) *count {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := find(a.all(), f, label); c != nil {
		return c
	}
	c := &count{fate: f, label: label}
	if !a.closed {
		c.shown = a.m.points[f].WithLabelValues(a.name, label)
	}
	counts := append(slices.Clip(a.all()), c)
	a.counts.Store(&counts)
	return c
}
