package route

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// index finds the rules for all tenants that may match a name without trying each
// of them: by a text that the name must begin with, or by four bytes in a row that
// it must hold. It looks at names and texts in lower case.
type index struct {
	of     []bool           // the rules that it knows; the others must be tried for each name
	starts map[string][]int // rules by a beginning, whose length is one of startSizes
	sizes  []int            // those of startSizes that there are
	grams  map[uint32][]int // rules by four bytes
	filter [1 << 13]byte    // a bit for each of grams, which most bytes of names do not have
}

// fewRules are not worth an index.
const fewRules = 32

// startSizes are the lengths of beginnings that are looked up. A longer text is
// looked up by as much of its beginning as there is a length for.
var startSizes = [...]int{4, 6, 8, 10, 12, 16, 20, 24, 32, 48}

const gramSize = 4 // no more than the least of startSizes

// newIndex returns the index of rules, or nil where it is not worth having.
func newIndex(rules []rule) *index {
	if len(rules) < fewRules {
		return nil
	}
	x := &index{of: make([]bool, len(rules)), starts: map[string][]int{}, grams: map[uint32][]int{}}
	c := census{map[string]int{}, map[uint32]int{}}
	for i := range rules {
		c.count(rules[i].pattern.needs)
	}
	for i := range rules {
		if r := &rules[i]; len(r.Tenants) == 0 {
			x.of[i] = x.add(r.pattern.needs, i, c)
		}
	}
	return x
}

// census is how many texts of all rules have a beginning, or four bytes in a row.
type census struct {
	starts map[string]int
	grams  map[uint32]int
}

func (c census) count(needs []need) {
	for _, n := range needs {
		for _, text := range n.texts {
			if n.begins() && len(text) >= startSizes[0] {
				c.starts[startOf(text)]++
			}
			eachGram(lowerText(text), func(g uint32) { c.grams[g]++ })
		}
	}
}

// add puts a rule where the fewest others are. It is false where none of its texts
// can be looked up.
func (x *index) add(needs []need, i int, c census) bool {
	var best *need
	least, start := math.MaxInt, false
	for k := range needs {
		n := &needs[k]
		if others := n.others(c.startsLike); n.begins() && others < least {
			best, least, start = n, others, true
		}
		if others := n.others(c.gramsLike); others < least {
			best, least, start = n, others, false
		}
	}
	switch {
	case best == nil:
		return false
	case start:
		x.addStarts(best, i)
	default:
		x.addGrams(best, i, c)
	}
	return true
}

func (n *need) begins() bool { return n.where == atStart || n.where == whole }

// others is how many other texts are looked up as those of n are.
func (n *need) others(like func(text []byte) int) (sum int) {
	for _, text := range n.texts {
		if len(text) < gramSize {
			return math.MaxInt
		}
		sum += like(text)
	}
	return sum
}

func (c census) startsLike(text []byte) int { return c.starts[startOf(text)] }

func (c census) gramsLike(text []byte) int {
	_, n := c.rarest(text)
	return n
}

// rarest is those four bytes of a text that the fewest others have.
func (c census) rarest(text []byte) (rarest uint32, least int) {
	least = math.MaxInt
	eachGram(lowerText(text), func(g uint32) {
		if c.grams[g] < least {
			rarest, least = g, c.grams[g]
		}
	})
	return rarest, least
}

// startOf is what a text that names begin with is looked up by.
func startOf(text []byte) string {
	size := startSizes[0]
	for _, s := range startSizes {
		if s <= len(text) {
			size = s
		}
	}
	return string(lowerText(text[:size]))
}

func (x *index) addStarts(n *need, i int) {
	for _, text := range n.texts {
		key := startOf(text)
		x.starts[key] = append(x.starts[key], i)
		if !slices.Contains(x.sizes, len(key)) {
			x.sizes = append(x.sizes, len(key))
		}
	}
}

func (x *index) addGrams(n *need, i int, c census) {
	for _, text := range n.texts {
		g, _ := c.rarest(text)
		x.grams[g] = append(x.grams[g], i)
		at, bit := filterBit(g)
		x.filter[at] |= bit
	}
}

func filterBit(g uint32) (at uint32, bit byte) {
	h := g * 0x9e3779b1 >> 16
	return h >> 3, 1 << (h & 7)
}

func eachGram(text []byte, f func(uint32)) {
	for i := 0; i+gramSize <= len(text); i++ {
		f(binary.LittleEndian.Uint32(text[i:]))
	}
}

func lowerText(text []byte) []byte {
	lower := bytes.Clone(text)
	for i, c := range lower {
		lower[i] = lowerByte(c)
	}
	return lower
}

// find appends the rules that may match a name in lower case, in their order.
func (x *index) find(dst []int, lower []byte) []int {
	for _, size := range x.sizes {
		if size <= len(lower) {
			dst = append(dst, x.starts[string(lower[:size])]...)
		}
	}
	if len(x.grams) > 0 {
		for i := 0; i+gramSize <= len(lower); i++ {
			g := binary.LittleEndian.Uint32(lower[i:])
			if at, bit := filterBit(g); x.filter[at]&bit != 0 {
				dst = append(dst, x.grams[g]...)
			}
		}
	}
	slices.Sort(dst)
	return slices.Compact(dst)
}

// walk goes through the rules to be tried for a name, in their order.
type walk struct {
	view   *View
	always []int // rules to be tried for each name
	found  []int // and those that the index found
	all    []*rule
}

// walk begins a walk; buf has room for what the index finds.
func (v *View) walk(buf []int, lower []byte) walk {
	if v.index == nil || lower == nil { // the index knows only names that are ASCII
		return walk{all: v.rules}
	}
	return walk{view: v, always: v.always, found: v.index.find(buf, lower)}
}

// next returns the next rule, or nil.
func (w *walk) next() (r *rule) {
	switch {
	case len(w.all) > 0:
		r, w.all = w.all[0], w.all[1:]
	case len(w.found) > 0 && (len(w.always) == 0 || w.found[0] < w.always[0]):
		r, w.found = &w.view.Table.rules[w.found[0]], w.found[1:]
	case len(w.always) > 0:
		r, w.always = &w.view.Table.rules[w.always[0]], w.always[1:]
	}
	return r
}
