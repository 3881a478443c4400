package relay

import (
	"context"
	"errors"

	"github.com/plumbago/plumbago/metric"
)

// Receive routes b and appends its points to the queues of their destinations,
// which copy them. It waits while a queue's policy says so. An error means that
// a queue refused points; it has counted them. Any number of callers at once.
func (r *Relay) Receive(ctx context.Context, b metric.Batch) error {
	g := r.enter()
	defer g.leave()
	var refused error
	unrouted := g.table.Route(b, func(dest int, run metric.Batch) {
		if err := g.branches[dest].queue.Append(ctx, run); err != nil {
			refused = errors.Join(refused, err)
		}
	})
	r.metrics.received.Add(float64(b.Points))
	if unrouted > 0 {
		r.metrics.unrouted.Add(float64(unrouted))
	}
	return refused
}
