package render

import "slices"

// mostStep bounds the step at which series meet: some thirty years.
const mostStep = 1 << 30

var errSteps = faultf("the steps of the series have no common multiple worth the name")

// aligned are series brought to one step: the values of each in the same order.
type aligned struct {
	from, until, step int64
	columns           [][]float64
	width             int // of the longest
}

// align brings series to the least common multiple of their steps. They need not
// begin together: as in Graphite, they are laid side by side from their beginnings.
func align(list []*series) (aligned, error) {
	a := aligned{from: list[0].from, until: list[0].until, step: list[0].step}
	for _, s := range list[1:] {
		a.from, a.until, a.step = min(a.from, s.from), max(a.until, s.until), commonMultiple(a.step, s.step)
		if a.step > mostStep {
			return aligned{}, errSteps
		}
	}
	a.columns = make([][]float64, len(list))
	for i, s := range list {
		a.columns[i] = s.values
		if by := a.step / s.step; by > 1 {
			a.columns[i] = s.fewer(int(by))
		}
		a.width = max(a.width, len(a.columns[i]))
	}
	a.until -= (a.until - a.from) % a.step
	return a, nil
}

// rows calls f with the values of each time in turn, those of a series that has
// ended unknown. The row is f's until it returns.
func (a aligned) rows(f func(i int, row []float64)) {
	row := make([]float64, len(a.columns))
	for i := range a.width {
		for j, column := range a.columns {
			row[j] = unknown
			if i < len(column) {
				row[j] = column[i]
			}
		}
		f(i, row)
	}
}

func commonMultiple(a, b int64) int64 {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	if float64(a/x)*float64(b) > mostStep {
		return mostStep + 1
	}
	return a / x * b
}

// fewer makes one point of each n that follow each other, in the way of s. The last
// may have less than n behind it.
func (s *series) fewer(n int) []float64 {
	consolidate := consolidations[s.consolidate]
	values := make([]float64, 0, (len(s.values)+n-1)/n)
	for chunk := range slices.Chunk(s.values, n) {
		v := unknown
		if enough(countKnown(chunk), float64(n), s.xff) {
			v = consolidate(chunk)
		}
		values = append(values, v)
	}
	return values
}

// enough reports whether as many of all values are known as the factor asks, and
// at least one.
func enough(count int, all, factor float64) bool {
	return count > 0 && float64(count)/all >= factor
}
