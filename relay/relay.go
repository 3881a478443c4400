// Package relay is the whole gateway: receivers, the routing table, and a queue
// and a worker for each destination, started and stopped in the order in which
// points flow, and exchanged while they run. It knows no configuration file and
// no process.
package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/inherit"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/route"
	"github.com/plumbago/plumbago/tenant"
	"github.com/prometheus/client_golang/prometheus"
)

// Options is what a relay is made of.
type Options struct {
	Receivers    []receive.Options
	Sources      []Source
	Rules        []route.Rule
	Destinations []Destination

	// Pools share what is routed to them: each run of points goes to the member
	// for which the fewest wait.
	Pools []route.Pool

	// Blacklist and Whitelist are those of route.Options. Lists that changed are
	// taken up by a Reload.
	Blacklist, Whitelist func(name []byte) bool

	// Tenants are those of all receivers. Without any, points are nobody's.
	Tenants tenant.Options

	// Quarantine is the name of the destination for what is not trusted; "" if nothing
	// says quarantine.
	Quarantine string

	// Dynamic, if above 0, has rings hold only destinations that are there: one
	// joins when it is connected to, and leaves when so many tries in a row have
	// failed, whereupon what waits for it is routed anew.
	Dynamic int

	Own        Own        // the relay's own points, as a carbon relay's; a Reload does not change them
	OwnMetrics OwnMetrics // nor these

	// Inherited are sockets that listen already, for receivers to use. nil: there are
	// none.
	Inherited *inherit.Sockets

	// TakeOver is called when all but the queues is checked and open, with the names of
	// the listeners. The queues are opened when it returns, with the connections that
	// the listeners are to go on with. nil: nobody has them.
	TakeOver func(listeners []string) ([]receive.Left, error)

	Logger     *slog.Logger          // nil: silent
	Registerer prometheus.Registerer // nil: counted, not shown
}

// Destination is one far end with what stands before it.
type Destination struct {
	Name     string        // unique
	Address  string        // as operators know it; without secrets
	Kind     string        // what it is and how it is spoken to, for operators
	TenantAs tenant.Naming // how tenants show in the names that it gets; "": as the tenants say

	QueueDir string
	Queue    queue.Options
	Worker   deliver.Options

	// Far makes the far end, with what it logs and counts to. It is called before
	// anything is changed, and checks what it can without connecting. A far end that
	// is an io.Closer is closed when it is used no more; one that takes its place is
	// made before.
	Far func(*slog.Logger, prometheus.Registerer) (deliver.Destination, error)

	// Version stands for all that Far and Worker were made from: a Reload keeps
	// the connection of a destination whose Version is the same. It may hold
	// secrets, and is never shown.
	Version string
}

// Relay is a gateway whose queues are open and whose listeners are bound.
type Relay struct {
	log        *slog.Logger
	registerer prometheus.Registerer
	metrics    *metrics
	graph      atomic.Pointer[graph]
	accepting  atomic.Bool
	opened     time.Time
	tenants    *tenant.Book
	inherited  *inherit.Sockets
	samples    *receive.Samples
	census     *census
	taps       taps
	renamed    sync.Pool // of *[]byte

	receivers, workers group
	own                *own
	options            Options // in force; guarded by changing
	members            members

	changing sync.Mutex // held while parts are exchanged, and to stop
	running  bool
	left     []*graph // exchanged, with batches under way in them
	drains   sync.WaitGroup

	mu       sync.Mutex
	draining map[string]*branch // by folder: removed, with points left

	yielding chan struct{}          // closed by Yield
	kept     func(door string) bool // which doors somebody goes on with; set by Yield
	yielded  []receive.Left
}

// Open opens the queues and binds the listeners, so that a bad address or a
// damaged disk shows at the start. Points that wait from an earlier run are
// delivered as soon as the relay runs.
func Open(o Options) (*Relay, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	r := &Relay{
		log: o.Logger, registerer: o.Registerer, metrics: newMetrics(o.Registerer),
		draining: map[string]*branch{}, yielding: make(chan struct{}), opened: time.Now(), samples: receive.NewSamples(), census: newCensus(),
	}
	var err error
	if r.tenants, err = tenant.NewBook(o.Tenants, o.Registerer); err != nil {
		return nil, err
	}
	r.own = &own{Own: o.Own, relay: r, last: map[string]uint64{}}
	r.inherited = o.Inherited
	plan, err := r.plan(o)
	if err != nil {
		return nil, err
	}
	r.graph.Store(plan.graph)
	r.options = o
	return r, nil
}

// Close gives back what Open took. It is for a relay that will not be run.
func (r *Relay) Close() error {
	var errs []error
	for _, d := range r.graph.Load().doors {
		errs = append(errs, d.listener.Close())
	}
	return errors.Join(append(errs, r.closeQueues())...)
}

// closeQueues closes all queues, those that were draining too: at once, since
// each may wait for a slow disk.
func (r *Relay) closeQueues() error {
	list := r.branches()
	errs := make([]error, len(list))
	var closing sync.WaitGroup
	for i, b := range list {
		closing.Go(func() { errs[i] = b.close() })
	}
	closing.Wait()
	return errors.Join(errs...)
}

// branches lists all branches: those in use, in order, and those draining.
func (r *Relay) branches() []*branch {
	list := slices.Clip(r.graph.Load().branches)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.draining {
		list = append(list, b)
	}
	return list
}

// Run receives, routes and delivers until ctx is done or a part fails. It stops
// in the order of the flow, so that nothing that was read is lost, and returns
// nil if it was asked to stop. A Relay runs once.
func (r *Relay) Run(ctx context.Context) error {
	stopReceivers := r.receivers.start(ctx)
	stopWorkers := r.workers.start(context.WithoutCancel(ctx))
	r.startParts()
	r.accepting.Store(true)

	select {
	case <-r.receivers.done(): // asked to stop, or one failed
	case <-r.workers.done():
	case <-r.yielding:
		r.yieldDoors()
		stopWorkers = func() { r.workers.fail(deliver.ErrYield) }
	}
	r.accepting.Store(false)
	stopReceivers()
	defer r.drains.Wait()
	r.changing.Lock() // what is being exchanged is finished first
	defer r.changing.Unlock()
	r.running = false
	for _, b := range r.branches() {
		b.queue.LastCall() // what was read is not to wait until it is too late
	}
	err := r.receivers.wait() // nothing more comes in, and all that did is queued
	r.collectLeft()
	for _, b := range r.branches() {
		b.queue.CloseInput()
	}
	stopWorkers() // what is left goes out now if its destination takes it, and waits on disk if not
	err = errors.Join(err, r.workers.wait())
	r.tellOfLeftovers()
	return errors.Join(err, r.closeQueues())
}

// startParts starts the goroutines of all parts.
func (r *Relay) startParts() {
	r.changing.Lock()
	defer r.changing.Unlock()
	g := r.graph.Load()
	for _, b := range g.branches {
		b.start(&r.workers)
	}
	for _, d := range g.doors {
		d.start(&r.receivers)
	}
	for _, s := range g.sources {
		r.startSource(s)
	}
	if r.own.Interval > 0 {
		r.receivers.run("telling of itself", r.own.run)
	}
	if o := r.options.OwnMetrics; len(o.To) > 0 && o.From != nil {
		r.receivers.run("telling of its metrics", (&ownLane{o, r}).run)
	}
	if r.options.Dynamic > 0 {
		r.receivers.run("watching the rings", r.watchRings)
	}
	r.running = true
}

// tellOfLeftovers logs what waits for removed destinations: nobody delivers it
// after this, unless they are configured again.
func (r *Relay) tellOfLeftovers() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.draining {
		if n := b.queue.Waiting(); n > 0 {
			r.log.Warn("points of a removed destination stay on disk", "dest", b.Name, "points", n)
		}
	}
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

// opening says what could not be opened.
func opening(what, name string, err error) error {
	return fmt.Errorf("%s %q: %w", what, name, err)
}
