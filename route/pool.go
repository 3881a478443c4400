package route

import (
	"fmt"
	"slices"
	"sync/atomic"
)

// Pool is destinations that stand for one: rules name the pool, and each run of
// points goes to that member for which the least wait.
type Pool struct {
	Name    string   // unlike that of any destination
	Members []string // at least one
}

// targets are all that rules may name: the destinations, and behind them the pools.
func (o Options) targets() []string {
	list := slices.Clone(o.Destinations)
	for _, p := range o.Pools {
		list = append(list, p.Name)
	}
	return list
}

// pools chooses members of pools.
type pools struct {
	destinations int
	members      [][]int // of each pool
	waiting      func(dest int) int
	turn         atomic.Uint64
}

func makePools(o Options) (*pools, error) {
	p := &pools{destinations: len(o.Destinations), waiting: o.Waiting}
	for i, pool := range o.Pools {
		if slices.Index(o.targets(), pool.Name) != len(o.Destinations)+i {
			return nil, fmt.Errorf("route: pool %q: something else has this name", pool.Name)
		}
		if len(pool.Members) == 0 {
			return nil, fmt.Errorf("route: pool %q: it has no members", pool.Name)
		}
		for _, m := range pool.Members {
			if !slices.Contains(o.Destinations, m) {
				return nil, fmt.Errorf("route: pool %q: %s", pool.Name, unknownDestination(m, o.Destinations))
			}
		}
		p.members = append(p.members, indexes(pool.Members, o.Destinations))
	}
	return p, nil
}

// member returns the destination that a target stands for just now. Of members
// for which equally few points wait, the next in turn is chosen.
func (p *pools) member(target int) int {
	if target < p.destinations {
		return target
	}
	members := p.members[target-p.destinations]
	first := int(p.turn.Add(1) % uint64(len(members)))
	best := members[first]
	if p.waiting == nil {
		return best
	}
	least := p.waiting(best)
	for i := range members[1:] {
		m := members[(first+1+i)%len(members)]
		if n := p.waiting(m); n < least {
			best, least = m, n
		}
	}
	return best
}
