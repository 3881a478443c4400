// Package relay is the whole gateway: receivers, the routing table, and a queue
// and a worker for each destination, started and stopped in the order in which
// points flow. It knows no configuration file and no process.
package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/route"
	"github.com/prometheus/client_golang/prometheus"
)

// Options is what a relay is made of.
type Options struct {
	Receivers    []receive.Options
	Rules        []route.Rule
	Destinations []Destination
	Logger       *slog.Logger          // nil: silent
	Registerer   prometheus.Registerer // nil: counted, not shown
}

// Destination is one far end with what stands before it.
type Destination struct {
	Name     string // unique
	Address  string // as operators know it; without secrets
	Far      deliver.Destination
	QueueDir string
	Queue    queue.Options
	Worker   deliver.Options
}

// Relay is a gateway whose queues are open and whose listeners are bound.
type Relay struct {
	log       *slog.Logger
	metrics   *metrics
	table     *route.Table
	listeners []*receive.Listener
	branches  []*branch
	accepting atomic.Bool
}

// branch is the way of a point behind the routing table.
type branch struct {
	Destination
	queue  *queue.Queue
	worker *deliver.Worker
}

// Open opens the queues and binds the listeners, so that a bad address or a
// damaged disk shows at the start. Points that wait from an earlier run are
// delivered as soon as the relay runs.
func Open(o Options) (*Relay, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	table, err := route.New(o.Rules, names(o.Destinations))
	if err != nil {
		return nil, fmt.Errorf("route: %w", err)
	}
	r := &Relay{log: o.Logger, metrics: newMetrics(o.Registerer), table: table}
	if err := r.open(o); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Relay) open(o Options) error {
	for _, d := range o.Destinations {
		d.Queue.Name, d.Queue.Logger, d.Queue.Registerer = d.Name, o.Logger, o.Registerer
		d.Worker.Name, d.Worker.Logger, d.Worker.Registerer = d.Name, o.Logger, o.Registerer
		q, err := queue.Open(d.QueueDir, d.Queue)
		if err != nil {
			return fmt.Errorf("queue of %q: %w", d.Name, err)
		}
		r.branches = append(r.branches, &branch{d, q, deliver.New(d.Far, q, d.Worker)})
	}
	for _, l := range o.Receivers {
		l.Logger, l.Registerer = o.Logger, o.Registerer
		listener, err := receive.Listen(l, r)
		if err != nil {
			return err
		}
		r.listeners = append(r.listeners, listener)
	}
	return nil
}

// Close gives back what Open took. It is for a relay that will not be run.
func (r *Relay) Close() error {
	var errs []error
	for _, l := range r.listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(append(errs, r.closeQueues())...)
}

func (r *Relay) closeQueues() error {
	var errs []error
	for _, b := range r.branches {
		if err := b.queue.Close(); err != nil {
			errs = append(errs, fmt.Errorf("queue of %q: %w", b.Name, err))
		}
	}
	return errors.Join(errs...)
}

// Run receives, routes and delivers until ctx is done or a part fails. It stops
// in the order of the flow, so that nothing that was read is lost, and returns
// nil if it was asked to stop. A Relay runs once.
func (r *Relay) Run(ctx context.Context) error {
	var receivers, workers group
	stopReceivers := receivers.start(ctx)
	stopWorkers := workers.start(context.WithoutCancel(ctx))
	for _, b := range r.branches {
		workers.run("delivering to "+b.Name, b.worker.Run)
	}
	for _, l := range r.listeners {
		receivers.run("receiving on "+l.Name(), l.Run)
	}
	r.accepting.Store(true)

	select {
	case <-receivers.done(): // asked to stop, or one failed
	case <-workers.done():
	}
	r.accepting.Store(false)
	stopReceivers()
	err := receivers.wait() // nothing more comes in, and all that did is queued
	for _, b := range r.branches {
		b.queue.CloseInput()
	}
	stopWorkers() // what is left goes out now if its destination takes it, and waits on disk if not
	return errors.Join(err, workers.wait(), r.closeQueues())
}

// Accepting reports whether points are being taken in.
func (r *Relay) Accepting() bool { return r.accepting.Load() }

func names(ds []Destination) []string {
	s := make([]string, len(ds))
	for i, d := range ds {
		s[i] = d.Name
	}
	return s
}
