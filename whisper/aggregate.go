package whisper

import (
	"math"

	"github.com/plumbago/plumbago/internal/schema"
)

// neighbours is the points in the places of one coarse interval.
type neighbours struct {
	points   []byte
	interval int64 // which begins here
	step     int64 // from one to the next
}

// at returns value i, and whether it is known.
func (n neighbours) at(i int) (float64, bool) {
	t, value := point(n.points, i)
	return value, t == n.interval+int64(i)*n.step
}

func (n neighbours) len() int { return len(n.points) / pointSize }

// aggregate makes the value of an interval. It reports false if too few are known.
func (h *Header) aggregate(n neighbours) (float64, bool) {
	var a accumulator
	for i := range n.len() {
		if value, known := n.at(i); known {
			a.add(value)
		}
	}
	if a.known == 0 || float64(a.known)/float64(n.len()) < h.XFilesFactor {
		return 0, false
	}
	return a.value(h.Method, n.len()), true
}

// accumulator takes in values in the order of their times, as Python's sum, max and
// min do: the first of equal ones wins.
type accumulator struct {
	known          int
	sum, last      float64
	max, min       float64
	absMax, absMin float64
}

func (a *accumulator) add(v float64) {
	if a.known == 0 {
		a.max, a.min, a.absMax, a.absMin = v, v, v, v
	}
	a.known++
	a.sum += v
	a.last = v
	if v > a.max {
		a.max = v
	}
	if v < a.min {
		a.min = v
	}
	if math.Abs(v) > math.Abs(a.absMax) {
		a.absMax = v
	}
	if math.Abs(v) < math.Abs(a.absMin) {
		a.absMin = v
	}
}

// value is what a method makes of the known values among so many.
func (a *accumulator) value(m schema.Method, all int) float64 {
	switch m {
	case schema.Sum:
		return a.sum
	case schema.Last:
		return a.last
	case schema.Max:
		return a.max
	case schema.Min:
		return a.min
	case schema.AvgZero:
		return a.sum / float64(all)
	case schema.AbsMax:
		return a.absMax
	case schema.AbsMin:
		return a.absMin
	}
	return a.sum / float64(a.known)
}
