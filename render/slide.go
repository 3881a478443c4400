package render

import "slices"

// pane is a window of n points, of which a part must be known.
type pane struct {
	n   int
	xff float64
}

// slide makes a value of the n values before each, where there are so many. What
// it costs does not grow with the window, or is counted.
func (e *env) slide(how string, values []float64, p pane) ([]float64, error) {
	if p.n >= len(values) {
		return nil, nil
	}
	f, _ := aggregator(how)
	made := make([]float64, len(values)-p.n)
	if how == "median" {
		if err := e.spendPoints(len(made) * (p.n / movesForPoint)); err != nil {
			return nil, err
		}
	}
	count := countKnown(values[:p.n])
	next := e.slider(how, values, p.n)
	if next == nil {
		if err := e.spendPoints(len(made) * min(p.n, 1<<20) / rowsForPoint); err != nil {
			return nil, err
		}
		usable := make([]float64, 0, min(p.n, len(values)))
		next = func(i int) float64 {
			usable = appendKnown(usable[:0], values[i-p.n:i])
			return f(usable)
		}
	}
	for i := range made {
		v := next(i + p.n)
		if !enough(count, float64(p.n), p.xff) {
			v = unknown
		}
		made[i] = v
		count += one(values[i+p.n]) - one(valueAt(values, i))
	}
	return made, nil
}

func appendKnown(dst, values []float64) []float64 {
	for _, v := range values {
		if known(v) {
			dst = append(dst, v)
		}
	}
	return dst
}

// movesForPoint is how many values are moved in a sorted window for what making a
// point costs.
const movesForPoint = 1 << 10

// rowsForPoint is how many values are looked at for what making a point costs.
const rowsForPoint = 16

func one(v float64) int {
	if known(v) {
		return 1
	}
	return 0
}

// slider returns what makes the value of the window before point i, called for
// each i in turn, from n on; or nil if there is no better way than to look at all.
func (e *env) slider(how string, values []float64, n int) func(i int) float64 {
	switch how {
	case "sum", "total":
		return stacks(values, n, func(a, b float64) float64 { return a + b })
	case "average", "avg":
		total := stacks(values, n, func(a, b float64) float64 { return a + b })
		count := countKnown(values[:n])
		return func(i int) float64 {
			if i > n {
				count += one(values[i-1]) - one(values[i-1-n])
			}
			return total(i) / float64(count)
		}
	case "min":
		return stacks(values, n, func(a, b float64) float64 { return min(a, b) })
	case "max":
		return stacks(values, n, func(a, b float64) float64 { return max(a, b) })
	case "median":
		return sortedWindow(values, n)
	}
	return nil
}

// stacks folds the known values of a sliding window without ever taking one out
// of a result, which for sums would lose digits: the window is a front, of which
// all ends are folded, and a back, which is folded as it grows.
func stacks(values []float64, n int, fold func(a, b float64) float64) func(i int) float64 {
	both := func(a, b float64) float64 {
		switch {
		case !known(a):
			return b
		case !known(b):
			return a
		}
		return fold(a, b)
	}
	front, begin := make([]float64, n), 0 // front[i] folds values[begin+i:begin+n]
	back := unknown
	refill := func(from int) {
		begin, back = from, unknown
		total := unknown
		for i := n - 1; i >= 0; i-- {
			total = both(values[from+i], total)
			front[i] = total
		}
	}
	return func(i int) float64 {
		if n == 0 {
			return unknown
		}
		from := i - n
		if i == n || from == begin+n {
			refill(from)
			return front[0]
		}
		back = both(back, values[i-1])
		return both(front[from-begin], back)
	}
}

// sortedWindow keeps the known values of a sliding window in order.
func sortedWindow(values []float64, n int) func(i int) float64 {
	sorted := make([]float64, 0, n)
	put := func(v float64) {
		if known(v) {
			at, _ := slices.BinarySearch(sorted, v)
			sorted = slices.Insert(sorted, at, v)
		}
	}
	drop := func(v float64) {
		if at, ok := slices.BinarySearch(sorted, v); ok {
			sorted = slices.Delete(sorted, at, at+1)
		}
	}
	return func(i int) float64 {
		if i == n {
			for _, v := range values[:n] {
				put(v)
			}
		} else {
			put(values[i-1])
			drop(values[i-1-n])
		}
		middle := len(sorted) / 2
		switch {
		case len(sorted) == 0:
			return unknown
		case len(sorted)%2 == 0:
			return (sorted[middle-1] + sorted[middle]) / 2
		}
		return sorted[middle]
	}
}
