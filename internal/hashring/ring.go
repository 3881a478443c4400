// Package hashring places names on nodes exactly as carbon's relays do, and by
// jump consistent hashing.
//
// The kinds carbon_ch, fnv1a_ch and mmh3_ch are carbon's consistent hashing:
// each node has 100 entries on a ring, and a name belongs to the first entry at
// or behind its hash. An entry whose position is taken moves on to the next free
// one, so that the order in which nodes joined matters. The kinds that begin
// with fast_ are carbon's fast hashing: nodes sorted by their hash, and a name's
// hash divided by their number. For jump see jump.go.
package hashring

import (
	"fmt"
	"slices"
	"strings"
)

// The kinds of rings.
const (
	CarbonCH     = "carbon_ch"
	FNV1aCH      = "fnv1a_ch"
	MMH3CH       = "mmh3_ch"
	FastCarbonCH = "fast_carbon_ch"
	FastFNV1aCH  = "fast_fnv1a_ch"
	FastMMH3CH   = "fast_mmh3_ch"
	Jump         = "jump"
)

// Kinds lists them all.
var Kinds = []string{CarbonCH, FNV1aCH, MMH3CH, FastCarbonCH, FastFNV1aCH, FastMMH3CH, Jump}

// Options say how many nodes a name is placed on.
type Options struct {
	Replicas int  // how many; 1 if 0
	Diverse  bool // no two of them on one host; fewer if there are not enough hosts
}

// Ring is a set of nodes in the order in which they joined. It never changes, so
// that many goroutines may use it.
type Ring struct {
	kind    string
	options Options
	hash    func(text []byte) int64

	nodes []Node
	class []int // of each node: its host if the picks are diverse, else itself
	want  int   // nodes to pick

	circle circle  // of the consistent kinds
	order  []int32 // of nodes around the ring; empty for jump
}

// New makes a ring of nodes, of which no two may be equal. Without nodes it picks
// none.
func New(kind string, nodes []Node, o Options) (*Ring, error) {
	hash := hashOf(kind)
	switch {
	case hash == nil:
		return nil, fmt.Errorf("ring %q: the kinds are %s", kind, strings.Join(Kinds, ", "))
	case o.Replicas < 0:
		return nil, fmt.Errorf("ring %s: %d replicas", kind, o.Replicas)
	}
	for i, n := range nodes {
		if slices.Contains(nodes[:i], n) {
			return nil, fmt.Errorf("node %s is in the ring twice", n)
		}
	}
	r := &Ring{kind: kind, options: o, hash: hash, nodes: slices.Clone(nodes)}
	if r.consistent() {
		r.circle.join(r)
	}
	r.settle()
	return r, nil
}

// Nodes returns the nodes in the order in which they joined. The caller must not
// change them.
func (r *Ring) Nodes() []Node { return r.nodes }

// Pick appends the nodes that name is placed on, as indexes of Nodes, first
// choice first.
func (r *Ring) Pick(dst []int, name []byte) []int {
	switch {
	case len(r.nodes) == 0:
		return dst
	case len(r.order) == 0:
		return r.jumps(dst, uint64(r.hash(name)))
	}
	return r.walk(dst, len(dst), r.start(r.hash(name)))
}

// Position says where a name meets a ring.
type Position struct {
	Hash  int64 // of the name
	Entry int64 // position of the entry it meets; elsewhere than on a consistent ring the rank of the node
	Node  int   // whose entry it is
}

// Position returns where name meets the ring, which must not be empty.
func (r *Ring) Position(name []byte) Position {
	p := Position{Hash: r.hash(name)}
	if len(r.order) == 0 {
		p.Node = jump(uint64(p.Hash), len(r.nodes))
		p.Entry = int64(p.Node)
		return p
	}
	i := r.start(p.Hash)
	p.Entry, p.Node = int64(i), int(r.order[i])
	if r.consistent() {
		p.Entry = r.circle.entries[i].position
	}
	return p
}

// start returns the place in the order at which a hash begins.
func (r *Ring) start(hash int64) int {
	if r.consistent() {
		return r.circle.find(hash)
	}
	i := int(hash % int64(len(r.order)))
	if i < 0 {
		i += len(r.order)
	}
	return i
}

// walk appends the nodes that come around the ring, each class of nodes once,
// until the picks behind from are enough.
func (r *Ring) walk(dst []int, from, start int) []int {
	for i := start; len(dst)-from < r.want; i++ {
		if i == len(r.order) {
			i = 0
		}
		if n := int(r.order[i]); !r.repeats(dst[from:], n) {
			dst = append(dst, n)
		}
	}
	return dst
}

func (r *Ring) repeats(picks []int, n int) bool {
	for _, p := range picks {
		if r.class[p] == r.class[n] {
			return true
		}
	}
	return false
}

// settle works out what follows from the nodes and entries.
func (r *Ring) settle() {
	r.class = make([]int, len(r.nodes))
	classes := 0
	hosts := map[string]int{}
	for i, n := range r.nodes {
		host, known := hosts[n.Host]
		if !known || !r.options.Diverse {
			host = classes
			classes++
		}
		hosts[n.Host], r.class[i] = host, host
	}
	r.want = min(max(r.options.Replicas, 1), classes)
	switch {
	case r.consistent():
		r.circle.index(r.kind == MMH3CH)
		r.order = r.circle.nodes()
	case r.kind != Jump:
		r.order = sortedNodes(r.nodes, r.hash)
	}
}

func (r *Ring) consistent() bool { return r.kind == CarbonCH || r.kind == FNV1aCH || r.kind == MMH3CH }

// sortedNodes returns the nodes by the hash of their text, equal ones as they
// joined.
func sortedNodes(nodes []Node, hash func([]byte) int64) []int32 {
	order := make([]int32, len(nodes))
	hashes := make([]int64, len(nodes))
	for i, n := range nodes {
		order[i], hashes[i] = int32(i), hash([]byte(n.String()))
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		switch {
		case hashes[a] < hashes[b]:
			return -1
		case hashes[a] > hashes[b]:
			return 1
		}
		return 0
	})
	return order
}
