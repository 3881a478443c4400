package render

import (
	"cmp"
	"slices"
)

func asPercent(c *call) ([]*series, error) {
	list := c.list(0)
	if len(list) == 0 {
		return nil, nil
	}
	total := c.arg(1)
	switch {
	case len(c.given[2]) > 0:
		return c.percentOfGroups(list, total)
	case total.kind == argNone:
		return c.percentOfSum(list)
	case total.kind == argList && len(total.list) == 1 && len(list) != 1:
		return c.percentOfOne(list, total.list[0])
	case total.kind == argList:
		return c.percentOfEach(list, total.list)
	case total.kind == argText:
		return nil, faultf("the total is %q, which is neither series nor a number", total.text)
	}
	return c.percentOfNumber(list, total)
}

// percentOfSum takes the sum of all for the total.
func (c *call) percentOfSum(list []*series) ([]*series, error) {
	a, err := align(list)
	if err != nil {
		return nil, err
	}
	total := make([]float64, a.width)
	a.rows(func(i int, row []float64) { total[i] = sum(row) })
	return c.percents(list, a, column{"sumSeries(" + pathsOf(list) + ")", total})
}

func (c *call) percentOfOne(list []*series, total *series) ([]*series, error) {
	a, err := align(append(slices.Clone(list), total))
	if err != nil {
		return nil, err
	}
	return c.percents(list, a, column{total.name, a.columns[len(list)]})
}

func (c *call) percentOfNumber(list []*series, total argument) ([]*series, error) {
	a, err := align(list)
	if err != nil {
		return nil, err
	}
	values := slices.Repeat([]float64{total.number}, len(list[0].values))
	return c.percents(list, a, column{total.text, values})
}

// percentOfEach takes for each series the total whose name has the same place
// among its like.
func (c *call) percentOfEach(list, totals []*series) ([]*series, error) {
	if len(list) != len(totals) {
		return nil, faultf("the total must be one series, or as many as there are to be divided: %d, not %d", len(list), len(totals))
	}
	byName := func(a, b *series) int { return cmp.Compare(a.name, b.name) }
	list, totals = slices.Clone(list), slices.Clone(totals)
	slices.SortStableFunc(list, byName)
	slices.SortStableFunc(totals, byName)
	made := make([]*series, len(list))
	for i, s := range list {
		var err error
		if made[i], err = c.pair("asPercent", []*series{s, totals[i]}, percent); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// column is the values of a total, with the name that results show.
type column struct {
	name   string
	values []float64
}

// percents divides each series of a list that was aligned. As in Graphite, the
// results keep the time and step that each series had before.
func (c *call) percents(list []*series, a aligned, total column) ([]*series, error) {
	made := make([]*series, len(list))
	for i, s := range list {
		name, n := "asPercent("+s.name+","+total.name+")", max(len(a.columns[i]), len(total.values))
		if err := c.spendPoints(n + inPoints(name)); err != nil {
			return nil, err
		}
		values := make([]float64, n)
		for j := range values {
			values[j] = percent(valueAt(a.columns[i], j), valueAt(total.values, j))
		}
		made[i] = c.series(name, values)
		made[i].from, made[i].until, made[i].step = s.from, s.until, s.step
	}
	return made, nil
}

func valueAt(values []float64, i int) float64 {
	if i < len(values) {
		return values[i]
	}
	return unknown
}

// percentOfGroups takes for each series the total of its group: that of the
// series, or of other series, which have the same nodes.
func (c *call) percentOfGroups(list []*series, total argument) ([]*series, error) {
	if total.kind != argNone && total.kind != argList {
		return nil, faultf("the total must be series or None where nodes are given")
	}
	parts, err := c.partition(list)
	if err != nil {
		return nil, err
	}
	totals := parts
	if total.kind == argList {
		if totals, err = c.partition(total.list); err != nil {
			return nil, err
		}
	}
	sums := map[string]*series{}
	for key, group := range totals.groups {
		if sums[key], err = c.totalOf(group); err != nil {
			return nil, err
		}
	}
	var made []*series
	for _, key := range keysOfBoth(parts, totals) {
		some, err := c.percentOfGroup(parts.groups[key], sums[key])
		if err != nil {
			return nil, err
		}
		made = append(made, some...)
	}
	return made, nil
}

// partition is series by the key that their nodes make.
type partition struct {
	keys   []string
	groups map[string][]*series
}

func (c *call) partition(list []*series) (partition, error) {
	p := partition{groups: map[string][]*series{}}
	for _, s := range list {
		key, err := c.key(s, 2)
		if err != nil {
			return p, err
		}
		if p.groups[key] == nil {
			p.keys = append(p.keys, key)
		}
		p.groups[key] = append(p.groups[key], s)
	}
	return p, nil
}

// keysOfBoth are the keys of one partition, and then those that only the other has.
func keysOfBoth(one, other partition) []string {
	all := slices.Clone(one.keys)
	for _, k := range other.keys {
		if one.groups[k] == nil {
			all = append(all, k)
		}
	}
	return all
}

// totalOf is the sum of a group, or its only series.
func (c *call) totalOf(group []*series) (*series, error) {
	if len(group) == 1 {
		return group[0], nil
	}
	a, err := align(group)
	if err != nil {
		return nil, err
	}
	s := c.laid("sumSeries("+pathsOf(group)+")", a)
	a.rows(func(i int, row []float64) { s.values[i] = sum(row) })
	return s, nil
}

// percentOfGroup divides the series of a group by its total. Either may be missing.
func (c *call) percentOfGroup(group []*series, total *series) ([]*series, error) {
	if len(group) == 0 {
		return []*series{c.missing(total, "asPercent(MISSING,"+total.name+")")}, nil
	}
	made := make([]*series, len(group))
	for i, s := range group {
		if total == nil {
			made[i] = c.missing(s, "asPercent("+s.name+",MISSING)")
			continue
		}
		var err error
		if made[i], err = c.pair("asPercent", []*series{s, total}, percent); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// missing is a series over the time of another, all unknown.
func (c *call) missing(other *series, name string) *series {
	s := c.series(name, slices.Repeat([]float64{unknown}, len(other.values)))
	s.from, s.until, s.step = other.from, other.until, other.step
	return s
}
