package render

func specialFunctions() []function {
	list := need("seriesList", kindSeriesList)
	xff := []param{list, need("xFilesFactor", kindFloat)}
	return []function{
		{"seriesByTag", groupSpecial, "The series whose tags fit all conditions: tag=value, tag!=value, tag=~expression, tag!=~expression.",
			[]param{some("tagExpressions", kindString)}, seriesByTag},
		{"constantLine", groupSpecial, "A line at a value.", []param{need("value", kindFloat)}, constantLine},
		{"aggregateLine", groupCalculate, "A line at what the function makes of each series.",
			[]param{list, may("func", kindAggFunc, "average"), may("keepStep", kindBoolean, false)}, aggregateLine},
		{"consolidateBy", groupSpecial, "How points are made fewer where there are too many for a graph.",
			[]param{list, {name: "consolidationFunc", kind: kindString, required: true,
				options: []string{"sum", "average", "avg", "avg_zero", "min", "max", "first", "last"}}}, consolidateBy},
		{"cumulative", groupSpecial, "Points are added up where there are too many for a graph.", []param{list}, cumulative},
		{"fallbackSeries", groupSpecial, "Other series, if there are none.",
			[]param{list, need("fallback", kindSeriesList)}, fallback},
		{"setXFilesFactor", groupSpecial, "How much must be known from here on for points to be combined.", xff, setXFilesFactor},
		{"xFilesFactor", groupSpecial, "How much must be known from here on for points to be combined.", xff, setXFilesFactor},
		{"identity", groupCalculate, "A line whose values are their times.", []param{need("name", kindString)}, identity},
	}
}

func seriesByTag(c *call) ([]*series, error) {
	texts := make([]string, len(c.given[0]))
	for i, a := range c.given[0] {
		texts[i] = a.text
	}
	return c.tagged(c.raw, texts)
}

func constantLine(c *call) ([]*series, error) {
	return []*series{c.constant(c.text(0), c.number(0))}, nil
}

// constant is a line with a beginning, a middle and an end.
func (e *env) constant(name string, value float64) *series {
	s := e.series(name, []float64{value, value, value})
	s.step = max(1, (s.until-s.from)/2)
	s.path = "constantLine(" + name + ")"
	return s
}

func aggregateLine(c *call) ([]*series, error) {
	f, _ := aggregator(c.text(1))
	made := make([]*series, len(c.list(0)))
	for i, s := range c.list(0) {
		value := f(s.values)
		text, name := "None", "aggregateLine("+s.name+", None)"
		if known(value) {
			text, name = repr(value), "aggregateLine("+s.name+", "+short(value)+")"
		}
		if !c.is(2) {
			made[i] = c.constant(text, value)
			made[i].rename(name)
			continue
		}
		for j := range s.values {
			s.values[j] = value
		}
		made[i] = s
		s.rename(name)
	}
	return made, nil
}

func consolidateBy(c *call) ([]*series, error) { return c.consolidateBy(c.text(1)), nil }

func cumulative(c *call) ([]*series, error) { return c.consolidateBy("sum"), nil }

func (c *call) consolidateBy(how string) []*series {
	for _, s := range c.list(0) {
		s.consolidate, s.tags["consolidateBy"] = how, how
		s.rename("consolidateBy(" + s.name + `,"` + how + `")`)
	}
	return c.list(0)
}

func fallback(c *call) ([]*series, error) {
	if len(c.list(0)) > 0 {
		return c.list(0), nil
	}
	return c.list(1), nil
}

func setXFilesFactor(c *call) ([]*series, error) {
	c.env.xff = c.number(1)
	for _, s := range c.list(0) {
		s.xff, s.tags["xFilesFactor"] = c.number(1), c.text(1)
	}
	return c.list(0), nil
}

func identity(c *call) ([]*series, error) {
	const step = 60
	n := (c.until.Unix() - c.from.Unix() + step - 1) / step
	if err := c.spendPoints(int(n)); err != nil {
		return nil, err
	}
	s := c.series(c.text(0), make([]float64, n))
	s.step, s.path = step, `identity("`+c.text(0)+`")`
	for i := range s.values {
		s.values[i] = float64(s.at(i))
	}
	return []*series{s}, nil
}
