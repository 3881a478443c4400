package render

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

func sortFunctions() []function {
	list := need("seriesList", kindSeriesList)
	how, n := may("func", kindAggFunc, "average"), need("n", kindInteger)
	all := []function{
		{"sortByName", groupSorting, "Sorts series by name; numbers in names by their size, if natural.",
			[]param{list, may("natural", kindBoolean, false), may("reverse", kindBoolean, false)}, sortByName},
		{"sortBy", groupSorting, "Sorts series by what the function makes of their values, the least first.",
			[]param{list, how, may("reverse", kindBoolean, false)}, sortBy},
		{"sortByTotal", groupSorting, "Sorts series by their sums, the largest first.", []param{list}, sorted("sum", descending)},
		{"sortByMaxima", groupSorting, "Sorts series by their largest values, the largest first.", []param{list}, sorted("max", descending)},
		{"sortByMinima", groupSorting, "Sorts series that are ever above zero by their least values, the least first.", []param{list}, sortByMinima},
		{"highest", groupFilter, "Keeps the n series of which the function makes most.", []param{list, n, how},
			func(c *call) ([]*series, error) { return c.first(c.text(2), descending) }},
		{"lowest", groupFilter, "Keeps the n series of which the function makes least.", []param{list, n, how},
			func(c *call) ([]*series, error) { return c.first(c.text(2), ascending) }},
		{"mostDeviant", groupFilter, "Keeps the n series whose values differ most from their average.", []param{list, n}, mostDeviant},
	}
	for _, f := range []struct {
		name, how, about string
		by               order
	}{
		{"highestCurrent", "last", "Keeps the n series with the largest newest values.", descending},
		{"highestAverage", "average", "Keeps the n series with the largest averages.", descending},
		{"highestMax", "max", "Keeps the n series with the largest values.", descending},
		{"lowestCurrent", "last", "Keeps the n series with the least newest values.", ascending},
		{"lowestAverage", "average", "Keeps the n series with the least averages.", ascending},
	} {
		all = append(all, function{f.name, groupFilter, f.about, []param{list, n},
			func(c *call) ([]*series, error) { return c.first(f.how, f.by) }})
	}
	return all
}

// order is a way of sorting. Equal ones keep their places.
type order int

const (
	ascending  order = 1
	descending order = -1
)

func sorted(how string, by order) func(*call) ([]*series, error) {
	return func(c *call) ([]*series, error) { return sortValues(c.list(0), aggregators[how], by), nil }
}

// sortValues sorts series by what f makes of their values; those of which it makes
// nothing count as the least.
func sortValues(list []*series, f func([]float64) float64, by order) []*series {
	keys := make(map[*series]float64, len(list))
	for _, s := range list {
		keys[s] = f(s.values)
		if !known(keys[s]) {
			keys[s] = math.Inf(-1)
		}
	}
	slices.SortStableFunc(list, func(a, b *series) int { return int(by) * cmp.Compare(keys[a], keys[b]) })
	return list
}

func (c *call) first(how string, by order) ([]*series, error) {
	f, _ := aggregator(how)
	return slice(sortValues(c.list(0), f, by), 0, c.integer(1)), nil
}

func sortBy(c *call) ([]*series, error) {
	f, _ := aggregator(c.text(1))
	by := ascending
	if c.is(2) {
		by = descending
	}
	return sortValues(c.list(0), f, by), nil
}

func sortByMinima(c *call) ([]*series, error) {
	return sortValues(keep(c.list(0), func(s *series) bool { return most(s.values) > 0 }), least, ascending), nil
}

func sortByName(c *call) ([]*series, error) {
	key := func(s *series) string { return s.name }
	if c.is(1) {
		key = func(s *series) string { return natural(s.name) }
	}
	by := ascending
	if c.is(2) {
		by = descending
	}
	slices.SortStableFunc(c.list(0), func(a, b *series) int { return int(by) * cmp.Compare(key(a), key(b)) })
	return c.list(0), nil
}

// natural writes the numbers in a name so long that they sort by their size.
func natural(name string) string {
	const width = 10
	var b strings.Builder
	for i := 0; i < len(name); {
		if !digit(name[i]) {
			b.WriteByte(name[i])
			i++
			continue
		}
		rest := strings.TrimLeft(name[i:], "0123456789")
		number := strings.TrimLeft(name[i:len(name)-len(rest)], "0")
		b.WriteString(strings.Repeat("0", max(0, width-len(number))))
		b.WriteString(number)
		i = len(name) - len(rest)
	}
	return b.String()
}

func mostDeviant(c *call) ([]*series, error) {
	list := keep(c.list(0), func(s *series) bool { return countKnown(s.values) > 0 })
	return slice(sortValues(list, deviation, descending), 0, c.integer(1)), nil
}
