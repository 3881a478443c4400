package render

func rateFunctions() []function {
	list := need("seriesList", kindSeriesList)
	bounds := []param{list, may("maxValue", kindFloat, nil), may("minValue", kindFloat, nil)}
	return []function{
		{"derivative", groupTransform, "How much each value differs from the one before.", []param{list}, derivative},
		{"nonNegativeDerivative", groupTransform, "How much a counter has grown; nothing is known where it starts anew, unless maxValue says where it wraps.",
			bounds, nonNegativeDerivative},
		{"perSecond", groupTransform, "How much a counter grows each second; as nonNegativeDerivative otherwise.", bounds, perSecond},
		{"integral", groupTransform, "The sum of all values up to each.", []param{list}, integral},
		{"delay", groupTransform, "Moves values by a number of steps.", []param{list, need("steps", kindInteger)}, delay},
		{"changed", groupSpecial, "1 where a value differs from the one known before, 0 elsewhere.", []param{list}, changed},
	}
}

func derivative(c *call) ([]*series, error) {
	return c.replace("derivative", func(_ *series, values []float64) {
		before := unknown
		for i, v := range values {
			values[i], before = v-before, v
		}
	})
}

// replace changes the values of each series, and its name to function(name).
func (c *call) replace(function string, f func(s *series, values []float64)) ([]*series, error) {
	for _, s := range c.list(0) {
		s.tags[function] = "1"
		f(s, s.values)
		s.wrap(function)
	}
	return c.list(0), nil
}

func nonNegativeDerivative(c *call) ([]*series, error) {
	return c.replace("nonNegativeDerivative", func(_ *series, values []float64) { c.grow(values) })
}

func perSecond(c *call) ([]*series, error) {
	return c.replace("perSecond", func(s *series, values []float64) {
		c.grow(values)
		for i, v := range values {
			values[i] = round6(v / float64(s.step))
		}
	})
}

// grow replaces the values of a counter by how much it has grown to each.
func (c *call) grow(values []float64) {
	before := unknown
	for i, v := range values {
		if c.has(1) && v > c.number(1) || c.has(2) && v < c.number(2) {
			values[i], before = unknown, unknown
			continue
		}
		values[i], before = c.growth(before, v), v
	}
}

// growth is what a counter has grown by, if it wraps as the arguments say.
func (c *call) growth(before, v float64) float64 {
	switch {
	case v >= before:
		return v - before
	case !known(v) || !known(before):
		return unknown
	case c.has(1):
		return c.number(1) + 1 + v - before - c.number(2)
	case c.has(2):
		return v - c.number(2)
	}
	return unknown
}

func integral(c *call) ([]*series, error) {
	return c.replace("integral", func(_ *series, values []float64) {
		total := 0.0
		for i, v := range values {
			if known(v) {
				total += v
				values[i] = total
			}
		}
	})
}

func delay(c *call) ([]*series, error) {
	steps := c.integer(1)
	for _, s := range c.list(0) {
		s.tags["delay"] = whole(float64(steps))
		s.rename("delay(" + s.name + "," + whole(float64(steps)) + ")")
		moved := make([]float64, len(s.values))
		for i := range moved {
			moved[i] = unknown
			if from := i - steps; 0 <= from && from < len(s.values) {
				moved[i] = s.values[from]
			}
		}
		s.values = moved
	}
	return c.list(0), nil
}

func changed(c *call) ([]*series, error) {
	for _, s := range c.list(0) {
		s.wrap("changed")
		before := unknown
		for i, v := range s.values {
			s.values[i] = 0
			if known(before) && known(v) && v != before {
				s.values[i] = 1
			}
			if known(v) {
				before = v
			}
		}
	}
	return c.list(0), nil
}
