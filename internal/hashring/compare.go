package hashring

import "slices"

// Flow is a way that copies of names move. From is "" for a copy that is new, To
// for one that is gone.
type Flow struct{ From, To string }

// Moves counts how the places of names differ between two rings. Its zero value
// is ready.
type Moves struct {
	Names int // compared
	Moved int // of them, those that are not on the same destinations
	Flows map[Flow]int
}

// Add counts one name, by the destinations that it has on the old and on the new
// ring. In which order it has them makes no difference.
func (m *Moves) Add(before, after []string) {
	m.Names++
	gone, came := missing(before, after), missing(after, before)
	if len(gone)+len(came) == 0 {
		return
	}
	m.Moved++
	if m.Flows == nil {
		m.Flows = map[Flow]int{}
	}
	for i := range max(len(gone), len(came)) {
		var f Flow
		if i < len(gone) {
			f.From = gone[i]
		}
		if i < len(came) {
			f.To = came[i]
		}
		m.Flows[f]++
	}
}

// Share returns which part of the names moved.
func (m *Moves) Share() float64 {
	if m.Names == 0 {
		return 0
	}
	return float64(m.Moved) / float64(m.Names)
}

// missing returns what of a is not in b.
func missing(a, b []string) (only []string) {
	for _, d := range a {
		if !slices.Contains(b, d) {
			only = append(only, d)
		}
	}
	return only
}

// OnlyOrderDiffers reports whether two lists hold the same nodes, but not in the
// same order.
func OnlyOrderDiffers(before, after []Node) bool {
	if slices.Equal(before, after) || len(before) != len(after) {
		return false
	}
	count := map[Node]int{}
	for i := range before {
		count[before[i]]++
		count[after[i]]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// Balance counts how many copies of names each node of a ring has.
type Balance struct {
	Names  int
	Copies []int // of each node
}

// NewBalance returns a balance of so many nodes.
func NewBalance(nodes int) *Balance { return &Balance{Copies: make([]int, nodes)} }

// Add counts one name by its picks.
func (b *Balance) Add(picks []int) {
	b.Names++
	for _, p := range picks {
		b.Copies[p]++
	}
}

// Spread returns the least and the most that a node has, in shares of the mean.
func (b *Balance) Spread() (least, most float64) {
	total := 0
	for _, n := range b.Copies {
		total += n
	}
	if total == 0 {
		return 0, 0
	}
	mean := float64(total) / float64(len(b.Copies))
	return float64(slices.Min(b.Copies)) / mean, float64(slices.Max(b.Copies)) / mean
}
