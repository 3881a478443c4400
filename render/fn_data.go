package render

func dataFunctions() []function {
	n := []param{need("seriesList", kindSeriesList), need("n", kindFloat)}
	return []function{
		{"removeAboveValue", groupData, "Forgets the values above n.", n, removeAboveValue},
		{"removeBelowValue", groupData, "Forgets the values below n.", n, removeBelowValue},
		{"removeAbovePercentile", groupData, "Forgets the values above the nth percentile of their series.", n, removeAbovePercentile},
		{"removeBelowPercentile", groupData, "Forgets the values below the nth percentile of their series.", n, removeBelowPercentile},
	}
}

func removeAboveValue(c *call) ([]*series, error) {
	n := c.number(1)
	for _, s := range c.list(0) {
		s.rename("removeAboveValue(" + s.name + ", " + short(n) + ")")
		s.forget(func(v float64) bool { return v > n })
	}
	return c.list(0), nil
}

func removeBelowValue(c *call) ([]*series, error) {
	n := c.number(1)
	for _, s := range c.list(0) {
		s.rename("removeBelowValue(" + s.name + ", " + short(n) + ")")
		s.forget(func(v float64) bool { return v < n })
	}
	return c.list(0), nil
}

func removeAbovePercentile(c *call) ([]*series, error) {
	n := c.number(1)
	for _, s := range c.list(0) {
		s.rename("removeAbovePercentile(" + s.name + ", " + short(n) + ")")
		p, err := percentile(s.values, rank{n: n})
		if err != nil {
			return nil, err
		}
		s.forget(func(v float64) bool { return v > p })
		s.markPercentile(p, c.text(1))
	}
	return c.list(0), nil
}

func removeBelowPercentile(c *call) ([]*series, error) {
	n := c.number(1)
	for _, s := range c.list(0) {
		s.rename("removeBelowPercentile(" + s.name + ", " + short(n) + ")")
		p, err := percentile(s.values, rank{n: n})
		if err != nil {
			return nil, err
		}
		s.forget(func(v float64) bool { return v < p })
		s.markPercentile(p, c.text(1))
	}
	return c.list(0), nil
}

// markPercentile gives s the tag of the percentile that was found.
func (s *series) markPercentile(p float64, n string) {
	if known(p) {
		s.tags["nPercentile"] = n
	}
}

// forget makes unknown what f holds for.
func (s *series) forget(f func(float64) bool) {
	for i, v := range s.values {
		if f(v) {
			s.values[i] = unknown
		}
	}
}
