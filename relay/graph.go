package relay

import (
	"sync/atomic"
	"time"

	"github.com/plumbago/plumbago/route"
)

// graph is the way of points at one time: the doors, the routing table, and the
// branches that it chooses from. It is exchanged as a whole.
type graph struct {
	doors    []*door
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

// exchange makes fresh the present graph, and returns when no batch is under way
// in the old one: none is appended to its branches any more on its behalf.
func (r *Relay) exchange(fresh *graph) {
	old := r.graph.Swap(fresh)
	for old.users.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
}
