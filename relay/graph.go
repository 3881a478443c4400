package relay

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/plumbago/plumbago/route"
)

// graph is the way of points at one time: the doors and sources, the routing table, and the
// branches that it chooses from. It is exchanged as a whole.
type graph struct {
	doors    []*door
	sources  []*source
	rules    []route.Rule // what the table was made of, and the pools that they name
	pools    []route.Pool
	table    *route.Table
	branches []*branch
	users    atomic.Int64 // batches under way in it
}

// enter returns the present graph, which stays usable until leave.
func (r *Relay) enter() *graph {
	for {
		g := r.graph.Load()
		g.users.Add(1)
		if r.graph.Load() == g {
			return g
		}
		g.leave() // exchanged meanwhile
	}
}

func (g *graph) leave() { g.users.Add(-1) }

// idle reports whether no batch is under way in g. Of one that was exchanged it
// stays true.
func (g *graph) idle() bool { return g.users.Load() == 0 }

// exchange makes fresh the present graph. Batches that are under way stay in the
// old one: they may wait for room in a queue for as long as its destination is
// down, which must hold up nobody who changes parts. The caller holds changing.
func (r *Relay) exchange(fresh *graph) {
	r.left = slices.DeleteFunc(append(r.left, r.graph.Swap(fresh)), (*graph).idle)
}

// leaveEvery is how often it is looked whether graphs are idle.
const leaveEvery = time.Millisecond

// allIdle reports whether no batch is under way in any of the graphs, which were
// exchanged: none is appended to their branches any more on their behalf.
func allIdle(graphs []*graph) bool {
	return !slices.ContainsFunc(graphs, func(g *graph) bool { return !g.idle() })
}

// awaitIdle returns whether all are idle, at the latest after patience.
func awaitIdle(graphs []*graph, patience time.Duration) bool {
	for began := time.Now(); !allIdle(graphs); time.Sleep(leaveEvery) {
		if time.Since(began) > patience {
			return false
		}
	}
	return true
}
