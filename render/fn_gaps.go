package render

func keepLastValue(c *call) ([]*series, error) {
	return c.fillGaps("keepLastValue", func(gap []float64, before, _ float64) {
		for i := range gap {
			gap[i] = before
		}
	})
}

func interpolate(c *call) ([]*series, error) {
	return c.fillGaps("interpolate", func(gap []float64, before, after float64) {
		if !known(after) {
			return
		}
		for i := range gap {
			gap[i] = before + float64(i+1)*(after-before)/float64(len(gap)+1)
		}
	})
}

// fillGaps calls fill for each gap that has a value before it and is no longer
// than the limit, with the values around it; that behind the last is unknown.
func (c *call) fillGaps(function string, fill func(gap []float64, before, after float64)) ([]*series, error) {
	longest := c.number(1)
	for _, s := range c.list(0) {
		s.wrap(function)
		gap, before := 0, unknown
		end := func(i int, after float64) {
			if gap > 0 && float64(gap) <= longest && known(before) {
				fill(s.values[i-gap:i], before, after)
			}
		}
		for i, v := range s.values {
			if !known(v) {
				gap++
				continue
			}
			end(i, v)
			gap, before = 0, v
		}
		end(len(s.values), unknown)
	}
	return c.list(0), nil
}

func transformNull(c *call) ([]*series, error) {
	otherwise := c.number(1)
	name := "," + short(otherwise) + ")"
	reference := c.list(2)
	var there []bool
	if len(reference) > 0 {
		name = "," + short(otherwise) + ",referenceSeries)"
		there = anyKnown(reference)
	}
	for _, s := range c.list(0) {
		s.tags["transformNull"] = c.text(1)
		if there != nil {
			s.tags["referenceSeries"] = "1"
			for len(s.values) < len(there) {
				s.values = append(s.values, unknown)
			}
		}
		s.rename("transformNull(" + s.name + name)
		for i, v := range s.values {
			if !known(v) && (there == nil || i < len(there) && there[i]) {
				s.values[i] = otherwise
			}
		}
	}
	return c.list(0), nil
}

// anyKnown tells for each point whether one of the series has a value there.
func anyKnown(list []*series) (there []bool) {
	for _, s := range list {
		for len(there) < len(s.values) {
			there = append(there, false)
		}
		for i, v := range s.values {
			there[i] = there[i] || known(v)
		}
	}
	return there
}

func isNonNull(c *call) ([]*series, error) {
	for _, s := range c.list(0) {
		s.tags["isNonNull"] = "1"
		s.wrap("isNonNull")
		for i, v := range s.values {
			s.values[i] = 0
			if known(v) {
				s.values[i] = 1
			}
		}
	}
	return c.list(0), nil
}
