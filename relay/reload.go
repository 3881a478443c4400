package relay

import (
	"errors"
	"log/slog"
	"slices"

	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/route"
	"github.com/plumbago/plumbago/tenant"
)

// Changes is what a reload does, by the names of destinations and listeners.
type Changes struct {
	Added, Removed, Reconnected, Kept []string // destinations
	Opened, Closed                    []string // listeners
	AtRestart                         []string // what waits for the next start
}

// LogValue shows the changes as attributes of a log line.
func (c Changes) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Any("added", c.Added), slog.Any("removed", c.Removed), slog.Any("reconnected", c.Reconnected),
		slog.Int("kept", len(c.Kept)), slog.Any("opened", c.Opened), slog.Any("closed", c.Closed),
		slog.Any("at_restart", c.AtRestart),
	)
}

// plan is a set of parts to go over to, and what is left behind. What it opened
// is given back by abandon as long as it was not carried out.
type plan struct {
	graph   *graph
	tenants tenant.Options // nothing is wrong with them
	changes Changes

	opened  []*branch // new, not started
	renewed map[*branch]*branch
	removed []*branch
	bound   []*door // new, not started
	closed  []*door
	begun   []*source // new, not started
	ended   []*source
}

// errStopping says that a relay does not run, or not any more.
var errStopping = errors.New("the gateway is not running")

// Reload goes over to o while points flow. All of o is checked and opened first;
// on an error nothing has changed. No point is lost: a destination that stays
// keeps its queue, and its connection too if its Version is the same; one that
// goes is delivered what waits for it. Queue options of a destination that stays,
// and options of a listener that stays, are taken up at the next start.
func (r *Relay) Reload(o Options) (Changes, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	if !r.running {
		return Changes{}, errStopping
	}
	p, err := r.plan(o)
	if err != nil {
		r.RefusedReload()
		return Changes{}, err
	}
	r.carryOut(p)
	r.options = o
	r.metrics.reloads.WithLabelValues("applied").Inc()
	r.metrics.reloaded.Set(1)
	r.metrics.taken.SetToCurrentTime()
	return p.changes, nil
}

// RefusedReload counts a configuration that was refused before it came to Reload.
func (r *Relay) RefusedReload() {
	r.metrics.reloads.WithLabelValues("refused").Inc()
	r.metrics.reloaded.Set(0)
}

// plan opens what o needs and r lacks.
func (r *Relay) plan(o Options) (*plan, error) {
	if err := tenant.Check(o.Tenants); err != nil {
		return nil, err
	}
	g, err := r.newGraph(o)
	if err != nil {
		return nil, err
	}
	p := &plan{graph: g, tenants: o.Tenants, renewed: map[*branch]*branch{}}
	err = errors.Join(r.planDoors(p, o.Receivers), r.planSources(p, o.Sources))
	if o.TakeOver != nil {
		err = p.takeOver(o.TakeOver, err)
	}
	if o.TakeOver == nil || err == nil { // otherwise the queues are still another's
		err = errors.Join(err, r.planBranches(p, o.Destinations))
	}
	if err != nil {
		return nil, errors.Join(err, p.abandon())
	}
	return p, nil
}

// takeOver gives the doors the connections that they are to go on with, unless
// something was wrong before.
func (p *plan) takeOver(from func([]string) ([]receive.Left, error), before error) error {
	if before != nil {
		return before
	}
	var names []string
	for _, d := range p.bound {
		names = append(names, d.listener.Name())
	}
	left, err := from(names)
	if err != nil {
		return err
	}
	for _, d := range p.bound {
		mine := slices.Clone(left)
		d.listener.Adopt(slices.DeleteFunc(mine, func(l receive.Left) bool { return l.Listener != d.listener.Name() }))
	}
	return nil
}

// newGraph makes a graph with the routing of o, and rings of the members there
// are. It has no doors and no branches yet.
func (r *Relay) newGraph(o Options) (g *graph, err error) {
	g = &graph{rules: r.members.rules(o.Rules), pools: o.Pools}
	g.table, err = route.New(route.Options{
		Rules: g.rules, Destinations: names(o.Destinations),
		Pools: o.Pools, Waiting: func(dest int) int { return int(g.branches[dest].queue.Waiting()) },
		Blacklist: o.Blacklist, Whitelist: o.Whitelist, Quarantine: o.Quarantine,
	})
	return g, err
}

func (r *Relay) planBranches(p *plan, wanted []Destination) error {
	var left []*branch
	if g := r.graph.Load(); g != nil {
		left = slices.Clone(g.branches)
	}
	for _, d := range wanted {
		i := slices.IndexFunc(left, func(b *branch) bool { return b.Name == d.Name && b.QueueDir == d.QueueDir })
		if i < 0 {
			if err := r.planNew(p, d); err != nil {
				return err
			}
			continue
		}
		if err := r.planKept(p, left[i], d); err != nil {
			return err
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, b := range left {
		p.removed = append(p.removed, b)
		p.changes.Removed = append(p.changes.Removed, b.Name)
	}
	return nil
}

func (r *Relay) planNew(p *plan, d Destination) error {
	p.changes.Added = append(p.changes.Added, d.Name)
	if old := r.drainingIn(d.QueueDir); old != nil {
		return r.planRenewed(p, old, d) // it comes back before all was delivered
	}
	b, err := r.openBranch(d)
	if err != nil {
		return err
	}
	p.opened = append(p.opened, b)
	p.graph.branches = append(p.graph.branches, b)
	return nil
}

func (r *Relay) planKept(p *plan, b *branch, d Destination) error {
	if !sameQueue(b.Queue, d.Queue) {
		p.changes.AtRestart = append(p.changes.AtRestart, "queue of "+d.Name)
	}
	if b.Version == d.Version {
		p.graph.branches = append(p.graph.branches, b)
		p.changes.Kept = append(p.changes.Kept, d.Name)
		return nil
	}
	p.changes.Reconnected = append(p.changes.Reconnected, d.Name)
	return r.planRenewed(p, b, d)
}

// planRenewed makes a branch for d on the open queue of another.
func (r *Relay) planRenewed(p *plan, old *branch, d Destination) error {
	far, err := d.Far(r.log.With("dest", d.Name), r.registerer)
	if err != nil {
		return opening("destination", d.Name, err)
	}
	d.Queue = old.Queue // in force until the next start
	fresh := &branch{Destination: d, far: far, queue: old.queue}
	p.renewed[old] = fresh
	p.graph.branches = append(p.graph.branches, fresh)
	return nil
}

func (r *Relay) planDoors(p *plan, wanted []receive.Options) error {
	var left []*door
	if g := r.graph.Load(); g != nil {
		left = slices.Clone(g.doors)
	}
	for _, o := range wanted {
		i := slices.IndexFunc(left, func(d *door) bool {
			return d.options.Address == o.Address && d.options.Protocol == o.Protocol
		})
		if i >= 0 {
			if err := p.keepDoor(left[i], o); err != nil {
				return err
			}
			left = slices.Delete(left, i, i+1)
			continue
		}
		d, err := r.openDoor(o)
		if err != nil {
			return err
		}
		p.bound = append(p.bound, d)
		p.graph.doors = append(p.graph.doors, d)
		p.changes.Opened = append(p.changes.Opened, d.listener.Name())
	}
	for _, d := range left {
		p.closed = append(p.closed, d)
		p.changes.Closed = append(p.changes.Closed, d.listener.Name())
	}
	return nil
}

// keepDoor has a door stay. Files that o names no more may be gone.
func (p *plan) keepDoor(d *door, o receive.Options) error {
	if d.options.TLS == o.TLS {
		if err := d.listener.Refresh(); err != nil {
			return opening("listener", d.listener.Name(), err)
		}
	}
	if !sameDoor(d.options, o) {
		p.changes.AtRestart = append(p.changes.AtRestart, d.listener.Name())
	}
	p.graph.doors = append(p.graph.doors, d)
	return nil
}

// abandon gives back what was opened for a plan that is not carried out.
func (p *plan) abandon() error {
	var errs []error
	for _, b := range p.opened {
		errs = append(errs, b.close())
		b.metrics.undo()
	}
	for _, b := range p.renewed {
		errs = append(errs, b.closeFar())
	}
	for _, d := range p.bound {
		errs = append(errs, d.listener.Close())
	}
	return errors.Join(errs...)
}

// carryOut goes over to a plan. Nothing in it can fail.
func (r *Relay) carryOut(p *plan) {
	for old := range p.renewed {
		old.stop() // all at once: each may have something under way
	}
	for old, fresh := range p.renewed {
		old.halt()
		if err := old.closeFar(); err != nil {
			r.log.Error("destination not closed", "err", err)
		}
		r.forget(old)
		fresh.queue.OpenInput()
		r.equip(fresh)
		fresh.start(&r.workers)
	}
	for _, b := range p.opened {
		b.start(&r.workers)
	}
	_ = r.tenants.Rewrite(p.tenants) // with nothing between them: points of new tenants must not go by old rules
	r.samples.Forget()               // what is a key now could be read in them
	r.exchange(p.graph)
	r.drain(p.removed)
	for _, d := range p.bound {
		d.start(&r.receivers)
	}
	for _, d := range p.closed {
		d.stop()
	}
	for _, s := range p.ended {
		s.end() // before another begins where it was
	}
	for _, s := range p.begun {
		r.startSource(s)
	}
}
