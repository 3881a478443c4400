package hashring

// FNV1a32 is the hash before it is folded.
func FNV1a32(text []byte) uint32 { return fnv1a32(text) }

// Entries returns the entries of a consistent ring in order.
func (r *Ring) Entries() (all []Position) {
	for _, e := range r.circle.entries {
		all = append(all, Position{Entry: e.position, Node: int(e.node)})
	}
	return all
}

// Order returns the nodes around the ring.
func (r *Ring) Order() (all []int) {
	for _, n := range r.order {
		all = append(all, int(n))
	}
	return all
}

// JumpTo is the jump consistent hash.
func JumpTo(hash uint64, buckets int) int { return jump(hash, buckets) }
