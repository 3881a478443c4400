package render

// graphFunctions say how series are drawn. Who draws them is not here, so that
// most change nothing; they are known for the sake of dashboards that use them.
func graphFunctions() []function {
	list := need("seriesList", kindSeriesList)
	value := []param{need("value", kindFloat), may("label", kindString, nil), may("color", kindString, nil)}
	return []function{
		{"alpha", groupGraph, "How opaque the series are drawn.", []param{list, need("alpha", kindFloat)}, unchanged},
		{"color", groupGraph, "The colour in which the series are drawn.", []param{list, need("theColor", kindString)}, unchanged},
		{"lineWidth", groupGraph, "How wide the lines are drawn.", []param{list, need("width", kindFloat)}, unchanged},
		{"dashed", groupGraph, "The lines are drawn in dashes.", []param{list, may("dashLength", kindInteger, 5)}, dashed},
		{"drawAsInfinite", groupGraph, "The values are drawn as vertical lines.", []param{list}, drawn("drawAsInfinite")},
		{"secondYAxis", groupGraph, "The series are drawn on a second axis.", []param{list}, drawn("secondYAxis")},
		{"threshold", groupGraph, "A line at a value, with a label.", value, threshold},
	}
}

func unchanged(c *call) ([]*series, error) { return c.list(0), nil }

func drawn(how string) func(*call) ([]*series, error) {
	return func(c *call) ([]*series, error) {
		for _, s := range c.list(0) {
			s.tags[how] = "1"
			s.name = how + "(" + s.name + ")"
		}
		return c.list(0), nil
	}
}

func dashed(c *call) ([]*series, error) {
	for _, s := range c.list(0) {
		s.tags["dashed"] = c.text(1)
		s.name = "dashed(" + s.name + ", " + short(c.number(1)) + ")"
	}
	return c.list(0), nil
}

func threshold(c *call) ([]*series, error) {
	s := c.constant(c.text(0), c.number(0))
	if c.has(1) && c.text(1) != "" {
		s.name = c.text(1)
	}
	return []*series{s}, nil
}
