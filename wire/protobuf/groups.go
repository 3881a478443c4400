package protobuf

import (
	"bytes"
	"hash/maphash"
)

// group is the points of one name in a frame that is being gathered.
type group struct {
	name        []byte // part of the batch
	hash        uint64
	first, last int32 // samples
	size        int   // bytes of its points
}

// groups finds a name's group. It is a table of its own since a map would make a
// copy of each name.
type groups struct {
	list  []group // in the order of first appearance
	table []int32 // places in list and 1, by hash; a power of two, at most half full
	seed  maphash.Seed
}

// of returns the group of a name and whether it was there. The group may move
// when another is made.
func (g *groups) of(name []byte) (_ *group, known bool) {
	if n := len(g.list); n > 0 && bytes.Equal(g.list[n-1].name, name) {
		return &g.list[n-1], true
	}
	if 2*len(g.list) >= len(g.table) {
		g.grow()
	}
	hash := maphash.Bytes(g.seed, name)
	at := g.find(hash, name)
	if i := g.table[at]; i > 0 {
		return &g.list[i-1], true
	}
	g.list = append(g.list, group{name: name, hash: hash})
	g.table[at] = int32(len(g.list))
	return &g.list[len(g.list)-1], false
}

// find returns the place in the table where a name is or could be.
func (g *groups) find(hash uint64, name []byte) int {
	at := int(hash) & (len(g.table) - 1)
	for {
		i := g.table[at]
		if i == 0 || g.list[i-1].hash == hash && bytes.Equal(g.list[i-1].name, name) {
			return at
		}
		at = (at + 1) & (len(g.table) - 1)
	}
}

func (g *groups) grow() {
	if len(g.table) == 0 {
		g.seed = maphash.MakeSeed()
	}
	g.table = make([]int32, max(64, 2*len(g.table)))
	for i, e := range g.list {
		g.table[g.find(e.hash, e.name)] = int32(i + 1)
	}
}

func (g *groups) clear() {
	clear(g.table)
	clear(g.list) // lets go of the batch
	g.list = g.list[:0]
}
