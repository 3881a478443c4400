package hashring

// The ring called jump is the jump consistent hash of Lamping and Veach over the
// list of nodes, by the 64-bit FNV-1a of the name. A node added at the end of the
// list takes its share from all others, and nothing else moves. Only at the end
// may nodes be added or taken away: elsewhere they change the others' places.
//
// A further replica is another draw, by a hash mixed from the first one and the
// number of the draw; a draw that repeats a node or, if the picks are diverse, a
// host, is passed over.

// maxDraws bounds the draws for one name. Picks still missing then are those that
// follow the last draw in the list.
const maxDraws = 64

// jumps appends the picks of a name with a hash.
func (r *Ring) jumps(dst []int, hash uint64) []int {
	from, n := len(dst), 0
	for draw := uint64(0); len(dst)-from < r.want; draw++ {
		if draw < maxDraws {
			n = jump(mixed(hash, draw), len(r.nodes))
		} else {
			n = (n + 1) % len(r.nodes)
		}
		if !r.repeats(dst[from:], n) {
			dst = append(dst, n)
		}
	}
	return dst
}

// mixed returns the hash of a draw: the name's own for the first, a step of
// SplitMix64 from it for the others.
func mixed(hash, draw uint64) uint64 {
	if draw == 0 {
		return hash
	}
	hash += draw * 0x9e3779b97f4a7c15
	hash = (hash ^ hash>>30) * 0xbf58476d1ce4e5b9
	hash = (hash ^ hash>>27) * 0x94d049bb133111eb
	return hash ^ hash>>31
}

// jump returns the bucket of a hash, of 1 and more.
func jump(hash uint64, buckets int) int {
	bucket, next := 0, 0
	for next < buckets {
		bucket = next
		hash = hash*2862933555777941757 + 1
		next = int(float64(bucket+1) * (float64(1<<31) / float64(hash>>33+1)))
	}
	return bucket
}
