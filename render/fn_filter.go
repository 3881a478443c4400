package render

import (
	"github.com/plumbago/plumbago/internal/pyregex"
)

func filterFunctions() []function {
	list := need("seriesList", kindSeriesList)
	n := []param{list, need("n", kindFloat)}
	pattern := []param{list, need("pattern", kindString)}
	all := []function{
		{"exclude", groupFilter, "Leaves out the series whose names a regular expression matches.", pattern,
			func(c *call) ([]*series, error) { return c.matching(false) }},
		{"grep", groupFilter, "Keeps the series whose names a regular expression matches.", pattern,
			func(c *call) ([]*series, error) { return c.matching(true) }},
		{"limit", groupFilter, "Keeps the first n series.", []param{list, need("n", kindInteger)}, limit},
		{"unique", groupFilter, "Keeps the first series of each name.", []param{some("seriesLists", kindSeriesList)}, unique},
		{"removeEmptySeries", groupFilter, "Keeps the series of which enough is known: any value, or the part that xFilesFactor says.",
			[]param{list, may("xFilesFactor", kindFloat, 0.0)}, removeEmpty},
		{"filterSeries", groupFilter, "Keeps the series for which what the function makes of all values compares to the threshold as said.",
			[]param{list, need("func", kindAggFunc), {name: "operator", kind: kindString, required: true, options: operators()}, need("threshold", kindFloat)}, filterSeries},
	}
	for _, f := range []struct{ name, how, operator, about string }{
		{"averageAbove", "average", ">", "Keeps the series whose average is above n."},
		{"averageBelow", "average", "<=", "Keeps the series whose average is at most n."},
		{"currentAbove", "last", ">", "Keeps the series whose newest value is above n."},
		{"currentBelow", "last", "<=", "Keeps the series whose newest value is at most n."},
		{"maximumAbove", "max", ">", "Keeps the series whose largest value is above n."},
		{"maximumBelow", "max", "<=", "Keeps the series whose largest value is at most n."},
		{"minimumAbove", "min", ">", "Keeps the series whose least value is above n."},
		{"minimumBelow", "min", "<=", "Keeps the series whose least value is at most n."},
	} {
		all = append(all, function{f.name, groupFilter, f.about, n, func(c *call) ([]*series, error) {
			return c.comparing(f.how, f.operator, c.number(1))
		}})
	}
	return all
}

// keep are the series for which f holds.
func keep(list []*series, f func(*series) bool) []*series {
	var kept []*series
	for _, s := range list {
		if f(s) {
			kept = append(kept, s)
		}
	}
	return kept
}

func (c *call) matching(want bool) ([]*series, error) {
	re, err := pyregex.Compile(c.text(1), pyregex.Options{})
	if err != nil {
		return nil, faultf("%v", err)
	}
	kept := keep(c.list(0), func(s *series) bool {
		return c.matched(re) == nil && re.Match([]byte(s.name)) == want
	})
	return kept, c.matched(re)
}

// matched returns an error if matching is to end: an expression takes too long, or all
// that is asked for does.
func (e *env) matched(re *pyregex.Regexp) error {
	if re.Overruns() > 0 {
		return slow(re)
	}
	return e.ctx.Err()
}

func slow(re *pyregex.Regexp) error {
	return faultf("the expression %.100q takes too long", re.String())
}

func limit(c *call) ([]*series, error) { return slice(c.list(0), 0, c.integer(1)), nil }

func unique(c *call) ([]*series, error) {
	seen := map[string]bool{}
	return keep(c.lists(0), func(s *series) bool {
		if seen[s.name] {
			return false
		}
		seen[s.name] = true
		return true
	}), nil
}

func removeEmpty(c *call) ([]*series, error) {
	return keep(c.list(0), func(s *series) bool {
		return enough(countKnown(s.values), float64(len(s.values)), c.number(1))
	}), nil
}

func filterSeries(c *call) ([]*series, error) {
	return c.comparing(c.text(1), c.text(2), c.number(3))
}

// comparing keeps the series for which the value that how makes of them compares to
// n. One of which nothing is known is less than any number, and no number's equal.
func (c *call) comparing(how, operator string, n float64) ([]*series, error) {
	f, _ := aggregator(how)
	return keep(c.list(0), func(s *series) bool { return compare(operator, f(s.values), n) }), nil
}

func operators() []string { return []string{"=", "!=", ">", ">=", "<", "<="} }

func compare(operator string, v, n float64) bool {
	switch operator {
	case "=":
		return v == n
	case "!=":
		return v != n
	case ">":
		return v > n
	case ">=":
		return v >= n
	case "<":
		return v < n || !known(v)
	}
	return v <= n || !known(v)
}
