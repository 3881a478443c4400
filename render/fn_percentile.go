package render

import (
	"math"
	"slices"
)

func percentileFunctions() []function {
	list, n := need("seriesList", kindSeriesList), need("n", kindFloat)
	return []function{
		{"nPercentile", groupCalculate, "A line at the nth percentile of each series.", []param{list, n}, nPercentile},
		{"percentileOfSeries", groupCombine, "The nth percentile among series at each time.",
			[]param{list, n, may("interpolate", kindBoolean, false)}, percentileOfSeries},
	}
}

// rank is a percentile, and whether to take a value between two for it.
type rank struct {
	n       float64
	between bool
}

func (r rank) check() error {
	if !(0 < r.n && r.n <= 100) {
		return faultf("a percentile lies above 0 and at most at 100, not at %s", short(r.n))
	}
	return nil
}

// percentile finds the value below which n percent of the known values lie.
func percentile(values []float64, r rank) (float64, error) {
	if err := r.check(); err != nil {
		return 0, err
	}
	return rankOf(sortedKnown(values), r), nil
}

func rankOf(sorted []float64, r rank) float64 {
	if len(sorted) == 0 {
		return unknown
	}
	exact := r.n / 100 * float64(len(sorted)+1)
	at := int(exact)
	fraction := exact - float64(at)
	if !r.between {
		at += int(math.Ceil(fraction))
	}
	found := sorted[min(max(at-1, 0), len(sorted)-1)]
	if r.between && at < len(sorted) {
		found += fraction * (sorted[at] - found)
	}
	return found
}

func nPercentile(c *call) ([]*series, error) {
	var made []*series
	for _, s := range c.list(0) {
		p, err := percentile(s.values, rank{n: c.number(1)})
		if err != nil {
			return nil, err
		}
		if !known(p) {
			continue
		}
		s.tags["nPercentile"] = c.text(1)
		n := max(0, int((s.until-s.from)/s.step))
		if err := c.spendPoints(n); err != nil {
			return nil, err
		}
		made = append(made, s.derive("nPercentile("+s.name+", "+short(c.number(1))+")", slices.Repeat([]float64{p}, n)))
	}
	return made, nil
}

func percentileOfSeries(c *call) ([]*series, error) {
	list, r := c.list(0), rank{c.number(1), c.is(2)}
	if err := r.check(); err != nil || len(list) == 0 {
		return nil, err
	}
	a, err := align(list)
	if err != nil {
		return nil, err
	}
	s := c.laid("percentileOfSeries("+list[0].path+","+short(r.n)+")", a)
	a.rows(func(i int, row []float64) { s.values[i] = rankOf(sortedKnown(row), r) })
	return []*series{s}, nil
}
