package relay

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/plumbago/plumbago/internal/hashring"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/route"
)

// members are the names of the destinations that are in the rings, in the order
// in which they joined: a ring depends on it. Without any, rings hold all of
// their destinations: what is routed then waits on disk, and is routed anew when
// the first one joins.
type members []string

// rules returns rules whose rings hold the members only.
func (m members) rules(all []route.Rule) []route.Rule {
	if len(m) == 0 {
		return all
	}
	list := slices.Clone(all)
	for i, r := range list {
		if r.By != nil {
			list[i] = m.rule(r)
		}
	}
	return list
}

func (m members) rule(r route.Rule) route.Rule {
	var to []string
	var nodes []hashring.Node
	for _, name := range m {
		if at := slices.Index(r.To, name); at >= 0 {
			to, nodes = append(to, name), append(nodes, r.By.Nodes[at])
		}
	}
	if len(to) == 0 {
		return r
	}
	ring := *r.By
	ring.Nodes = nodes
	r.To, r.By = to, &ring
	return r
}

// ringsEvery is how often destinations are looked at. Reroutes end after
// rerouteIdle without a point to reroute, and go on at the next look after a
// rerouteTurn: others want to change parts too.
const (
	ringsEvery  = 100 * time.Millisecond
	rerouteIdle = 50 * time.Millisecond
	rerouteTurn = time.Second
)

// watchRings lets destinations join and leave until ctx is done.
func (r *Relay) watchRings(ctx context.Context) error {
	tick := time.NewTicker(ringsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			r.tendRings(ctx)
		}
	}
}

// tendRings takes up who joined and who left. It gives way to whoever exchanges
// parts, or stops the relay.
func (r *Relay) tendRings(ctx context.Context) {
	if !r.changing.TryLock() {
		return
	}
	defer r.changing.Unlock()
	branches := r.graph.Load().branches
	if fresh := r.joined(branches); !slices.Equal(fresh, r.members) {
		r.members = fresh
		if !r.rebuild(branches) {
			return
		}
		r.log.Info("rings changed", "members", []string(r.members))
	}
	if len(r.members) == 0 {
		return
	}
	for _, b := range branches {
		if ctx.Err() == nil && !slices.Contains(r.members, b.Name) && r.inRing(b.Name) && b.queue.Waiting() > 0 {
			r.reroute(ctx, b)
		}
	}
}

// rebuild exchanges the graph for one with these branches and rings of the
// members there are, and reports whether it could.
func (r *Relay) rebuild(branches []*branch) bool {
	g, err := r.newGraph(r.options)
	if err != nil {
		r.log.Error("rings not changed", "err", err)
		return false
	}
	g.doors, g.sources, g.branches = r.graph.Load().doors, r.graph.Load().sources, branches
	r.exchange(g)
	return true
}

// joined returns the members as the branches' connections have it.
func (r *Relay) joined(branches []*branch) members {
	var list members
	for _, name := range r.members {
		i := slices.IndexFunc(branches, func(b *branch) bool { return b.Name == name })
		if i >= 0 && branches[i].worker.State().Failures < r.options.Dynamic {
			list = append(list, name)
		}
	}
	joining := slices.Clone(branches)
	slices.SortStableFunc(joining, func(a, b *branch) int {
		return a.worker.State().Since.Compare(b.worker.State().Since)
	})
	for _, b := range joining {
		if b.worker.State().Connected && r.inRing(b.Name) && !slices.Contains(list, b.Name) {
			list = append(list, b.Name)
		}
	}
	return list
}

// inRing reports whether a destination belongs to a ring.
func (r *Relay) inRing(name string) bool {
	return slices.ContainsFunc(r.options.Rules, func(rule route.Rule) bool {
		return rule.By != nil && slices.Contains(rule.To, name)
	})
}

// reroute routes what waits for a destination that left the rings anew. Its
// worker is stopped meanwhile, and another sees whether it comes back.
func (r *Relay) reroute(ctx context.Context, b *branch) {
	b.halt()
	moved := 0
	for began := time.Now(); time.Since(began) < rerouteTurn; {
		n, err := r.rerouteBlock(ctx, b.queue)
		moved += n
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, io.EOF) && !errors.Is(err, context.DeadlineExceeded) {
				r.log.Warn("routing anew stopped", "dest", b.Name, "err", err)
			}
			break
		}
	}
	r.log.Info("routed anew", "dest", b.Name, "points", moved)
	b.queue.Rewind()
	fresh := &branch{Destination: b.Destination, far: b.far, queue: b.queue}
	r.equip(fresh)
	fresh.start(&r.workers)
	branches := slices.Clone(r.graph.Load().branches)
	branches[slices.Index(branches, b)] = fresh
	r.rebuild(branches)
}

func (r *Relay) rerouteBlock(ctx context.Context, q *queue.Queue) (points int, err error) {
	waiting, cancel := context.WithTimeout(ctx, rerouteIdle)
	defer cancel()
	block, err := q.Next(waiting)
	if err != nil {
		return 0, err
	}
	if err := r.accept(ctx, block.Batch); err != nil {
		return 0, err
	}
	q.Acked(block)
	q.Release(block)
	return block.Points, nil
}
