package hashring

import (
	"cmp"
	"slices"
	"strconv"
)

// entriesPerNode is how many entries carbon gives a node.
const entriesPerNode = 100

// entry is one place of a node on a consistent ring. No two have one position.
type entry struct {
	position int64
	node     int32
}

// circle is the entries of a consistent ring in order, and an index of them.
type circle struct {
	entries []entry
	low     int64   // the lowest hash
	shift   uint    // hashes that differ in lower bits only share a bucket
	first   []int32 // entry at or behind the start of each bucket
}

// join adds the entries of the ring's nodes.
func (c *circle) join(r *Ring) {
	taken := make(map[int64]bool, len(r.nodes)*entriesPerNode)
	for node, n := range r.nodes {
		text := replicaText(r.kind, n)
		for i := range entriesPerNode {
			p := r.hash(text(i))
			for taken[p] {
				p++
			}
			taken[p] = true
			c.entries = append(c.entries, entry{p, int32(node)})
		}
	}
	slices.SortFunc(c.entries, func(a, b entry) int { return cmp.Compare(a.position, b.position) })
}

// replicaText returns what the position of a node's i-th entry is the hash of.
func replicaText(kind string, n Node) func(i int) []byte {
	if kind != FNV1aCH {
		pair := n.String() + ":"
		return func(i int) []byte { return strconv.AppendInt([]byte(pair), int64(i), 10) }
	}
	instance := "-None"
	if n.HasInstance {
		instance = "-" + n.Instance
	}
	return func(i int) []byte { return append(strconv.AppendInt(nil, int64(i), 10), instance...) }
}

// index makes the buckets, twice as many as there are entries and more.
func (c *circle) index(signed32 bool) {
	bits := uint(16)
	if c.low = 0; signed32 {
		c.low, bits = -1<<31, 32
	}
	for c.shift = bits; c.shift > 0 && 1<<(bits-c.shift) < 2*len(c.entries); {
		c.shift--
	}
	c.first = make([]int32, 1<<(bits-c.shift))
	at := 0
	for b := range c.first {
		for at < len(c.entries) && c.entries[at].position < c.low+int64(b)<<c.shift {
			at++
		}
		c.first[b] = int32(at)
	}
}

// find returns the first entry at or behind a hash, around the ring.
func (c *circle) find(hash int64) int {
	i := int(c.first[(hash-c.low)>>c.shift])
	for i < len(c.entries) && c.entries[i].position < hash {
		i++
	}
	if i == len(c.entries) {
		return 0
	}
	return i
}

// nodes returns whose the entries are.
func (c *circle) nodes() []int32 {
	order := make([]int32, len(c.entries))
	for i, e := range c.entries {
		order[i] = e.node
	}
	return order
}
