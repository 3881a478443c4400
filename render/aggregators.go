package render

import (
	"math"
	"slices"
	"strings"
)

// aggregators make one value of several, of which some may be unknown; what they
// make is unknown if there is none to make it of.
var aggregators = map[string]func([]float64) float64{
	"average":  average,
	"avg":      average,
	"avg_zero": averageZero,
	"median":   median,
	"sum":      sum,
	"total":    sum,
	"min":      least,
	"max":      most,
	"diff":     difference,
	"stddev":   deviation,
	"count":    func(values []float64) float64 { return float64(countKnown(values)) },
	"range":    spread,
	"rangeOf":  spread,
	"multiply": product,
	"last":     last,
	"current":  last,
}

// aggregator finds one by its name, which may have Series behind it.
func aggregator(name string) (func([]float64) float64, bool) {
	f, ok := aggregators[strings.TrimSuffix(name, "Series")]
	return f, ok
}

// consolidations make one point of several that follow each other, of which one is
// known at least.
var consolidations = map[string]func([]float64) float64{
	"sum":      sum,
	"average":  average,
	"avg":      average,
	"avg_zero": averageZero,
	"max":      most,
	"min":      least,
	"first":    first,
	"last":     last,
}

func countKnown(values []float64) (n int) {
	for _, v := range values {
		if known(v) {
			n++
		}
	}
	return n
}

func sum(values []float64) float64 {
	total, n := 0.0, 0
	for _, v := range values {
		if known(v) {
			total, n = total+v, n+1
		}
	}
	return orUnknown(total, n)
}

func average(values []float64) float64 {
	total, n := 0.0, 0
	for _, v := range values {
		if known(v) {
			total, n = total+v, n+1
		}
	}
	return orUnknown(total, n) / float64(n)
}

func orUnknown(v float64, n int) float64 {
	if n == 0 {
		return unknown
	}
	return v
}

// averageZero takes an unknown value for zero.
func averageZero(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		if known(v) {
			total += v
		}
	}
	return orUnknown(total, len(values)) / float64(len(values))
}

func least(values []float64) float64 {
	found := unknown
	for _, v := range values {
		if v < found || !known(found) {
			found = v
		}
	}
	return found
}

func most(values []float64) float64 {
	found := unknown
	for _, v := range values {
		if v > found || !known(found) {
			found = v
		}
	}
	return found
}

func median(values []float64) float64 {
	sorted := sortedKnown(values)
	middle := len(sorted) / 2
	switch {
	case len(sorted) == 0:
		return unknown
	case len(sorted)%2 == 0:
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

func sortedKnown(values []float64) []float64 {
	sorted := appendKnown(make([]float64, 0, len(values)), values)
	slices.Sort(sorted)
	return sorted
}

// difference is the first known value less the others.
func difference(values []float64) float64 {
	i := slices.IndexFunc(values, known)
	if i < 0 {
		return unknown
	}
	total := values[i]
	for _, v := range values[i+1:] {
		if known(v) {
			total -= v
		}
	}
	return total
}

func deviation(values []float64) float64 {
	mean, squares := average(values), 0.0
	for _, v := range values {
		if known(v) {
			squares += (v - mean) * (v - mean)
		}
	}
	n := countKnown(values)
	return math.Sqrt(orUnknown(squares, n) / float64(n))
}

func spread(values []float64) float64 { return most(values) - least(values) }

// product is unknown if any factor is.
func product(values []float64) float64 {
	total := 1.0
	for _, v := range values {
		total *= v
	}
	return orUnknown(total, len(values))
}

func first(values []float64) float64 {
	for _, v := range values {
		if known(v) {
			return v
		}
	}
	return unknown
}

func last(values []float64) float64 {
	for _, v := range slices.Backward(values) {
		if known(v) {
			return v
		}
	}
	return unknown
}
