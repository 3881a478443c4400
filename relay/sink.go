package relay

import (
	"context"
	"errors"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/route"
)

// Receive implements receive.Sink: it routes b and appends its points to the queues of their destinations,
// which copy them. It waits while a queue's policy says so. An error means that
// a queue refused points; it has counted them. Any number of callers at once.
func (r *Relay) Receive(ctx context.Context, b metric.Batch) error {
	r.metrics.received.Add(uint64(b.Points))
	return r.accept(ctx, b)
}

// accept is Receive without counting: for the relay's own points too.
func (r *Relay) accept(ctx context.Context, b metric.Batch) error {
	g := r.enter()
	defer g.leave()
	var refused error
	dropped := g.table.Route(b, func(dest int, run metric.Batch) {
		if err := g.branches[dest].queue.Append(ctx, run); err != nil {
			refused = errors.Join(refused, err)
		}
	})
	if dropped != (route.Dropped{}) {
		r.metrics.drop(dropped)
	}
	return refused
}
