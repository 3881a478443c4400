package main

import (
	"cmp"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"
	"sort"
)

// ringEntries is how many entries a member has on a ring.
const ringEntries = 100

// ringStyle is the consistent hashing of carbon-c-relay or carbon-relay-ng, to
// compare with: carbon's, with other ways for entries that meet at one position.
type ringStyle struct {
	hash  func(text string) uint16
	entry func(m ringMember, i int) string // the text of a member's entry
	moves bool                             // entries move on from those of earlier members
}

var (
	carbonStaying = ringStyle{md5Hash, carbonEntry, false} // carbon_ch, and consistentHashing
	carbonMoving  = ringStyle{md5Hash, carbonEntry, true}  // consistentHashing-v2
	fnvStaying    = ringStyle{fnvHash, fnvEntry, false}    // fnv1a_ch
)

// ringMember is what such a ring knows of a member.
type ringMember struct{ host, instance, text string }

// otherRing is members on a ring.
type otherRing struct {
	style   ringStyle
	entries []otherEntry // by position
}

type otherEntry struct {
	position uint16
	member   int
}

// ring puts members on a ring. Of entries that meet, the one whose member's
// host and instance sort first stays.
func (s ringStyle) ring(members []ringMember) otherRing {
	r := otherRing{style: s}
	for n, m := range members {
		taken := map[uint16]bool{}
		for _, e := range r.entries {
			taken[e.position] = s.moves
		}
		for i := range ringEntries {
			p := s.hash(s.entry(m, i))
			for taken[p] {
				p++
			}
			r.entries = append(r.entries, otherEntry{p, n})
		}
	}
	slices.SortStableFunc(r.entries, func(a, b otherEntry) int {
		x, y := members[a.member], members[b.member]
		return cmp.Or(cmp.Compare(a.position, b.position), cmp.Compare(x.host, y.host), cmp.Compare(x.instance, y.instance))
	})
	r.entries = slices.CompactFunc(r.entries, func(a, b otherEntry) bool { return a.position == b.position })
	return r
}

// pick returns the members of a name.
func (r otherRing) pick(name string, replicas int) (members []int) {
	p := r.style.hash(name)
	at := sort.Search(len(r.entries), func(i int) bool { return r.entries[i].position >= p })
	for i := range r.entries {
		m := r.entries[(at+i)%len(r.entries)].member
		if !slices.Contains(members, m) {
			members = append(members, m)
		}
		if len(members) == replicas {
			break
		}
	}
	return members
}

func md5Hash(text string) uint16 {
	sum := md5.Sum([]byte(text))
	return binary.BigEndian.Uint16(sum[:])
}

// carbonEntry is the text that carbon hashes of an entry.
func carbonEntry(m ringMember, i int) string {
	if m.instance == "" {
		return fmt.Sprintf("('%s', None):%d", m.host, i)
	}
	return fmt.Sprintf("('%s', '%s'):%d", m.host, m.instance, i)
}

func fnvHash(text string) uint16 {
	h := fnv.New32a()
	h.Write([]byte(text))
	return uint16(h.Sum32()>>16) ^ uint16(h.Sum32())
}

func fnvEntry(m ringMember, i int) string { return fmt.Sprintf("%d-%s", i, m.text) }

// jumpPick returns the members, of so many, that c-relay's jump hash has for a
// name: each further one among those that are left, by the next number of an
// xorshift generator.
func jumpPick(name string, members, replicas int) (picked []int) {
	left := make([]int, members)
	for i := range left {
		left[i] = i
	}
	h := fnv.New64a()
	h.Write([]byte(name))
	hash := h.Sum64()
	for len(picked) < replicas && len(left) > 0 {
		at, last := jumpBucket(hash, len(left)), len(left)-1
		picked = append(picked, left[at])
		left[at] = left[last]
		left = left[:last]
		hash ^= hash >> 12
		hash ^= hash << 25
		hash ^= hash >> 27
		hash *= 2685821657736338717
	}
	return picked
}

// jumpBucket is the jump consistent hash of Lamping and Veach.
func jumpBucket(hash uint64, buckets int) int {
	bucket, next := 0, 0
	for next < buckets {
		bucket = next
		hash = hash*2862933555777941757 + 1
		next = int(float64(bucket+1) * (float64(1<<31) / float64(hash>>33+1)))
	}
	return bucket
}
