package render

import (
	"slices"
	"strings"
)

func combineFunctions() []function {
	lists := []param{some("seriesLists", kindSeriesList)}
	list := need("seriesList", kindSeriesList)
	positions := []param{list, many("position", kindNode)}
	return []function{
		{"aggregate", groupCombine, "Makes one series of several by the function named.",
			[]param{list, need("func", kindAggFunc), may("xFilesFactor", kindFloat, nil)}, aggregate},
		{"sumSeries", groupCombine, "Adds series up.", lists, combine("sum")},
		{"sum", groupCombine, "Adds series up: short for sumSeries.", lists, combine("sum")},
		{"averageSeries", groupCombine, "The average of series.", lists, combine("average")},
		{"avg", groupCombine, "The average of series: short for averageSeries.", lists, combine("average")},
		{"maxSeries", groupCombine, "The largest of all values at each time.", lists, combine("max")},
		{"minSeries", groupCombine, "The smallest of all values at each time.", lists, combine("min")},
		{"diffSeries", groupCombine, "The first series less all others.", lists, combine("diff")},
		{"stddevSeries", groupCombine, "The standard deviation among series.", lists, combine("stddev")},
		{"rangeOfSeries", groupCombine, "The largest value less the smallest.", lists, combine("rangeOf")},
		{"multiplySeries", groupCombine, "The product of series, unknown where any of them is.", lists, multiplySeries},
		{"countSeries", groupCombine, "How many series there are.", []param{many("seriesLists", kindSeriesList)}, countSeries},
		{"sumSeriesWithWildcards", groupCombine, "Adds up the series that are alike but for the nodes at some positions.",
			positions, combineWildcards("sum", 1)},
		{"averageSeriesWithWildcards", groupCombine, "The average of the series that are alike but for the nodes at some positions.",
			positions, combineWildcards("average", 1)},
		{"multiplySeriesWithWildcards", groupCombine, "The product of the series that are alike but for the nodes at some positions.",
			positions, combineWildcards("multiply", 1)},
		{"aggregateWithWildcards", groupCombine, "Combines the series that are alike but for the nodes at some positions.",
			[]param{list, need("func", kindAggFunc), many("position", kindNode)},
			func(c *call) ([]*series, error) { return combineWildcards(c.text(1), 2)(c) }},
	}
}

func aggregate(c *call) ([]*series, error) {
	return c.combine(c.list(0), combination{c.text(1), c.factor(2)})
}

// combine makes the function that makes one series of all it is given.
func combine(how string) func(*call) ([]*series, error) {
	return func(c *call) ([]*series, error) {
		return c.combine(c.lists(0), combination{how, c.xff})
	}
}

func multiplySeries(c *call) ([]*series, error) {
	if len(c.given[0]) == 1 && len(c.list(0)) == 1 {
		return c.list(0), nil
	}
	return combine("multiply")(c)
}

// combination says how series become one: the name of an aggregator, and how much
// must be known.
type combination struct {
	how string
	xff float64
}

// combine makes one series of a list, or none of none.
func (c *call) combine(list []*series, by combination) ([]*series, error) {
	how := strings.TrimSuffix(by.how, "Series")
	f, ok := aggregator(how)
	if !ok {
		return nil, faultf("there is no way of aggregating called %q", by.how)
	}
	if len(list) == 0 {
		return nil, nil
	}
	a, err := align(list)
	if err != nil {
		return nil, err
	}
	if err := c.spendPoints(a.width); err != nil {
		return nil, err
	}
	made := c.laid(how+"Series("+pathsOf(list)+")", a)
	a.rows(func(i int, row []float64) {
		if enough(countKnown(row), float64(len(row)), by.xff) {
			made.values[i] = f(row)
		}
	})
	made.xff, made.tags = by.xff, sharedTags(list)
	if _, ok := made.tags["name"]; !ok {
		made.tags["name"] = made.name
	}
	made.tags["aggregatedBy"] = how
	return []*series{made}, nil
}

// laid is a series over the time of aligned ones, all unknown.
func (e *env) laid(name string, a aligned) *series {
	s := e.series(name, slices.Repeat([]float64{unknown}, a.width))
	s.from, s.until, s.step = a.from, a.until, a.step
	return s
}

// pathsOf lists the expressions that series came from, each once.
func pathsOf(list []*series) string {
	var paths []string
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s.path] {
			paths, seen[s.path] = append(paths, s.path), true
		}
	}
	return strings.Join(paths, ",")
}

func countSeries(c *call) ([]*series, error) {
	if len(c.given[0]) == 0 {
		s := c.constant("0", 0)
		s.path = "countSeries()"
		return []*series{s}, nil
	}
	list := c.lists(0)
	if len(list) == 0 {
		return nil, nil
	}
	a, err := align(list)
	if err != nil {
		return nil, err
	}
	s := c.laid("countSeries("+pathsOf(list)+")", a)
	for i := range s.values {
		s.values[i] = float64(len(list))
	}
	return []*series{s}, nil
}

// combineWildcards makes the function that combines series alike but for the nodes
// whose positions are argument i and those behind it.
func combineWildcards(how string, i int) func(*call) ([]*series, error) {
	return func(c *call) ([]*series, error) {
		return c.grouped(grouping{
			list: c.list(0),
			key:  func(s *series) (string, error) { return c.without(s.name, i), nil },
			make: func(list []*series) ([]*series, error) { return c.combine(list, combination{how, c.xff}) },
		})
	}
}

// without takes the nodes away whose positions are argument i and those behind it.
func (c *call) without(name string, i int) string {
	var kept []string
	for at, node := range strings.Split(name, ".") {
		if !slices.ContainsFunc(c.given[i], func(a argument) bool { return int(a.number) == at }) {
			kept = append(kept, node)
		}
	}
	return strings.Join(kept, ".")
}
