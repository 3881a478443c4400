package render

func listFunctions() []function {
	list := need("seriesList", kindSeriesList)
	return []function{
		{"group", groupCombine, "Makes one list of several.", []param{many("seriesLists", kindSeriesList)},
			func(c *call) ([]*series, error) { return c.lists(0), nil }},
		{"divideSeries", groupCombine, "Divides each series by one other.",
			[]param{need("dividendSeriesList", kindSeriesList), need("divisorSeries", kindSeriesList)}, divideSeries},
		{"divideSeriesLists", groupCombine, "Divides each series of one list by that at its place in the other.",
			[]param{need("dividendSeriesList", kindSeriesList), need("divisorSeriesList", kindSeriesList)}, divideSeriesLists},
		{"asPercent", groupCombine, "Each series in percent of a total: their sum, a number, one series, or one for each; by groups, if nodes are given.",
			[]param{list, may("total", kindAny, nil), many("nodes", kindNodeOrTag)}, asPercent},
		{"pct", groupCombine, "Each series in percent of a total: short for asPercent.",
			[]param{list, may("total", kindAny, nil), many("nodes", kindNodeOrTag)}, asPercent},
	}
}

func divideSeries(c *call) ([]*series, error) {
	dividends, divisors := c.list(0), c.list(1)
	switch len(divisors) {
	case 0:
		for _, s := range dividends {
			s.rename("divideSeries(" + s.name + ",MISSING)")
			for i := range s.values {
				s.values[i] = unknown
			}
		}
		return dividends, nil
	case 1:
		made := make([]*series, len(dividends))
		for i, s := range dividends {
			var err error
			if made[i], err = c.pair("divideSeries", []*series{s, divisors[0]}, quotient); err != nil {
				return nil, err
			}
		}
		return made, nil
	}
	return nil, faultf("the divisor must be one series, and there are %d", len(divisors))
}

func divideSeriesLists(c *call) ([]*series, error) {
	dividends, divisors := c.list(0), c.list(1)
	if len(dividends) != len(divisors) {
		return nil, faultf("the lists must be of one length: they have %d and %d series", len(dividends), len(divisors))
	}
	made := make([]*series, len(dividends))
	for i, s := range dividends {
		var err error
		if made[i], err = c.pair("divideSeries", []*series{s, divisors[i]}, quotient); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// pair makes one series of two, named function(one,other).
func (c *call) pair(function string, two []*series, f func(a, b float64) float64) (*series, error) {
	a, err := align(two)
	if err != nil {
		return nil, err
	}
	name := function + "(" + two[0].name + "," + two[1].name + ")"
	if err := c.spendPoints(a.width + inPoints(name)); err != nil {
		return nil, err
	}
	s := c.laid(name, a)
	a.rows(func(i int, row []float64) { s.values[i] = f(row[0], row[1]) })
	return s, nil
}

// quotient is unknown where the divisor is nothing.
func quotient(a, b float64) float64 {
	if b == 0 {
		return unknown
	}
	return a / b
}

func percent(a, b float64) float64 { return quotient(a, b) * 100 }
