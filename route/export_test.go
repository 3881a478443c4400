package route

import "hash/maphash"

// MemoryBytes returns the size of the table of remembered names.
func (t *Table) MemoryBytes() int { return 8 * len(t.memory.slots()) }

// Shrink makes the bounds of the memory so much smaller, and empties it.
func (t *Table) Shrink(times int) { t.memory.init(manySets/times, maxSets/times) }

// LooksAtNames reports whether Route must read the lines.
func (v *View) LooksAtNames() bool { return v.constant == nil }

// LooksAtNames is that of points without a tenant.
func (t *Table) LooksAtNames() bool { return t.everybody.LooksAtNames() }

// Exact reports whether the first rule is decided without running its expression.
func (t *Table) Exact() bool { return t.rules[0].pattern.exact }

// Needs returns what the first rule looks for before it runs its expression.
func (t *Table) Needs() [][]string {
	var list [][]string
	for _, n := range t.rules[0].pattern.needs {
		var texts []string
		for _, t := range n.texts {
			texts = append(texts, string(t))
		}
		list = append(list, texts)
	}
	return list
}

// Remember remembers a decision for n made-up names, each of a point in so many.
func (t *Table) Remember(n uint64, points int64) {
	for i := range n {
		t.memory.points.Add(points)
		t.memory.remember(maphash.Comparable(t.seed, i), 1)
	}
}

// Intern remembers n places of so many destinations each, and returns how many
// are remembered and their bytes.
func (t *Table) Intern(n, destinations int) (places, bytes int) {
	to := make([]int, destinations)
	for i := range n {
		to[0] = i
		t.places.intern(to, "")
	}
	return len(t.places.index), t.places.bytes
}

// Decide decides where a name goes, without remembering it.
func (v *View) Decide(name []byte) int {
	var buf [16]int
	to, _ := v.decide(buf[:0], name)
	return len(to)
}
