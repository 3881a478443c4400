package relay

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/route"
)

// Receive implements receive.Sink: it routes b and appends its points to the queues of their destinations,
// which copy them. It waits while a queue's policy says so. An error means that
// a queue refused points; it has counted them. Any number of callers at once.
func (r *Relay) Receive(ctx context.Context, b metric.Batch) error {
	r.metrics.received.Add(uint64(b.Points))
	r.census.see(b)
	return r.accept(ctx, b)
}

// accept is Receive without counting: for the relay's own points too.
func (r *Relay) accept(ctx context.Context, b metric.Batch) error {
	g := r.enter()
	defer g.leave()
	return r.append(ctx, g, b, func(*branch) {})
}

// Store implements receive.DurableSink: it is Receive, and returns nil only when
// all points of b are on disk. Callers at the same time share the syncs.
func (r *Relay) Store(ctx context.Context, b metric.Batch) error {
	r.metrics.received.Add(uint64(b.Points))
	r.census.see(b)
	g := r.enter()
	defer g.leave()
	var buf [8]*branch
	used := buf[:0]
	err := r.append(ctx, g, b, func(to *branch) {
		if !slices.Contains(used, to) {
			used = append(used, to)
		}
	})
	return errors.Join(err, syncAll(ctx, used))
}

// append routes b by g and appends its points, and says whereto. It goes on behind
// a queue that refuses, and returns what all of them say.
func (r *Relay) append(ctx context.Context, g *graph, b metric.Batch, used func(*branch)) error {
	var refused error
	dropped := g.table.Route(b, func(dest int, run metric.Batch) {
		to := g.branches[dest]
		used(to)
		run.Tenant, run.Quarantined = b.Tenant, b.Quarantined
		if err := r.appendTo(ctx, to, run); err != nil {
			refused = errors.Join(refused, err)
		}
	})
	if dropped != (route.Dropped{}) {
		r.metrics.drop(dropped)
	}
	if t := r.taps.open.Load(); t != nil {
		t.see(g.table.ViewOf(b), b, dropped)
	}
	return refused
}

// appendTo appends a run, named as its destination wants it.
func (r *Relay) appendTo(ctx context.Context, to *branch, run metric.Batch) error {
	if to.TenantAs == "" || run.Tenant == "" {
		return to.queue.Append(ctx, run)
	}
	buf, _ := r.renamed.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	defer r.renamed.Put(buf)
	*buf = r.tenants.Rename((*buf)[:0], run, to.TenantAs)
	run.Lines = *buf
	return to.queue.Append(ctx, run)
}

// syncAll syncs the queues of branches, at the same time.
func syncAll(ctx context.Context, list []*branch) error {
	if len(list) == 1 {
		return list[0].queue.Sync(ctx)
	}
	errs := make([]error, len(list))
	var syncing sync.WaitGroup
	for i, b := range list {
		syncing.Go(func() { errs[i] = b.queue.Sync(ctx) })
	}
	syncing.Wait()
	return errors.Join(errs...)
}
