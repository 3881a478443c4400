package route

import "hash/maphash"

// MemoryBytes returns the size of the table of remembered names.
func (t *Table) MemoryBytes() int { return 8 * len(t.memory.slots()) }

// LooksAtNames reports whether Route must read the lines.
func (t *Table) LooksAtNames() bool { return t.needsNames }

// Exact reports whether the first rule is decided without running its expression.
func (t *Table) Exact() bool { return t.rules[0].pattern.exact }

// Needs returns what the first rule looks for before it runs its expression.
func (t *Table) Needs() [][]string {
	var list [][]string
	for _, n := range t.rules[0].pattern.needs {
		list = append(list, n.texts)
	}
	return list
}

// Remember remembers a decision for n made-up names.
func (t *Table) Remember(n uint64) {
	for i := range n {
		t.memory.remember(maphash.Comparable(t.seed, i), 1)
	}
}
