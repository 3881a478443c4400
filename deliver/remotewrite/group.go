package remotewrite

import (
	"cmp"
	"slices"
)

// grouping puts the points of a series together.
type grouping struct {
	turn   uint64
	starts []int32 // of each series, in the order in which they come first
	points []point
}

// group returns points with those of each series in order of time. Of those of one
// time all but the last are not to be sent. What it returns is valid until the next
// call.
func (g *grouping) group(points []point) (grouped []point, replaced int) {
	if g.count(points) == len(points) {
		return points, 0
	}
	sum := int32(0)
	for i, n := range g.starts {
		g.starts[i] = sum
		sum += n
	}
	g.points = slices.Grow(g.points[:0], len(points))[:len(points)]
	for _, p := range points {
		place := &g.starts[p.series.place]
		g.points[*place] = p
		*place++
	}
	for rest := g.points; len(rest) > 0; {
		n := run(rest)
		replaced += order(rest[:n])
		rest = rest[n:]
	}
	return g.points, replaced
}

// count counts the points of each series, and returns how many series there are.
func (g *grouping) count(points []point) int {
	g.turn++
	g.starts = g.starts[:0]
	for i := range points {
		s := points[i].series
		if s.turn != g.turn {
			s.turn, s.place = g.turn, int32(len(g.starts))
			g.starts = append(g.starts, 0)
		}
		g.starts[s.place]++
	}
	return len(g.starts)
}

// run returns how many points in front are of one series.
func run(points []point) int {
	n := 1
	for n < len(points) && points[n].series == points[0].series {
		n++
	}
	return n
}

// order sorts the points of a series by time, and returns how many are replaced by
// another.
func order(points []point) (replaced int) {
	byTime := func(a, b point) int { return cmp.Compare(a.sample.Time, b.sample.Time) }
	if !slices.IsSortedFunc(points, byTime) {
		slices.SortStableFunc(points, byTime)
	}
	for i := range len(points) - 1 {
		if points[i].sample.Time == points[i+1].sample.Time {
			points[i].skip = true
			replaced++
		}
	}
	return replaced
}

// cut splits off as many points in front as have lines of so many bytes, one at least.
func cut(points []point, size int) (first, rest []point) {
	for i := range points {
		size -= int(points[i].size)
		if size < 0 && i > 0 {
			return points[:i], points[i:]
		}
	}
	return points, nil
}

// halves splits points so that each half has as many that are to be sent; there are two
// or more.
func halves(points []point) (first, second []point) {
	half := live(points) / 2
	at := 0
	for ; half > 0; at++ {
		if !points[at].skip {
			half--
		}
	}
	return points[:at], points[at:]
}

// live counts the points that are to be sent.
func live(points []point) (n int) {
	for i := range points {
		if !points[i].skip {
			n++
		}
	}
	return n
}
