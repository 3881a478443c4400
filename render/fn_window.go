package render

import (
	"strings"
	"time"
)

func windowFunctions() []function {
	list, size := need("seriesList", kindSeriesList), need("windowSize", kindIntOrInterval)
	params := []param{list, size, may("xFilesFactor", kindFloat, nil)}
	return []function{
		{"movingWindow", groupCalculate, "Each point made of those in a window before it, by the function named.",
			[]param{list, size, may("func", kindAggFunc, "average"), may("xFilesFactor", kindFloat, nil)},
			func(c *call) ([]*series, error) { return c.window(c.text(2), 3) }},
		{"movingAverage", groupCalculate, "The average of a window before each point: a number of points, or a time.", params, moving("average")},
		{"movingMedian", groupCalculate, "The median of a window before each point: a number of points, or a time.", params, moving("median")},
		{"movingSum", groupCalculate, "The sum of a window before each point: a number of points, or a time.", params, moving("sum")},
		{"movingMin", groupCalculate, "The least value in a window before each point: a number of points, or a time.", params, moving("min")},
		{"movingMax", groupCalculate, "The largest value in a window before each point: a number of points, or a time.", params, moving("max")},
		{"exponentialMovingAverage", groupCalculate, "The average of what was before each point, the newest weighing most.",
			[]param{list, size}, exponentialMovingAverage},
	}
}

func moving(how string) func(*call) ([]*series, error) {
	return func(c *call) ([]*series, error) { return c.window(how, 2) }
}

// lookBack is the series of the first argument, from so much earlier that the
// window of the first point is full.
type lookBack struct {
	list    []*series
	seconds int64
}

func (c *call) lookBack() (lookBack, error) {
	b := lookBack{}
	if c.arg(1).kind == argText {
		b.seconds = max(int64(c.interval(1)/time.Second), -int64(c.interval(1)/time.Second))
	} else {
		if c.integer(1) < 0 {
			return b, faultf("a window of %d points", c.integer(1))
		}
		var step int64
		for _, s := range c.list(0) {
			step = max(step, s.step)
		}
		b.seconds = step * int64(c.integer(1))
	}
	if b.seconds > mostSeconds {
		return b, errFar
	}
	var err error
	b.list, err = c.again(c.from.Add(-time.Duration(b.seconds)*time.Second), c.until)
	return b, err
}

// points is the window's length for a series of that step.
func (c *call) points(b lookBack, step int64) int {
	if c.arg(1).kind == argText {
		return int(b.seconds / step)
	}
	return c.integer(1)
}

// setting is the window as names show it.
func (c *call) setting() string {
	if c.arg(1).kind == argText {
		return `"` + c.text(1) + `"`
	}
	return c.text(1)
}

// window makes each point of those before it; argument i says how many of them
// must be known.
func (c *call) window(how string, i int) ([]*series, error) {
	if len(c.list(0)) == 0 {
		return nil, nil
	}
	back, err := c.lookBack()
	if err != nil {
		return nil, err
	}
	name := "moving" + strings.ToUpper(how[:1]) + strings.ToLower(how[1:])
	for _, s := range back.list {
		xff := s.xff
		if c.has(i) {
			xff = c.number(i)
		}
		s.tags[name] = c.text(1)
		s.rename(name + "(" + s.name + "," + c.setting() + ")")
		n := c.points(back, s.step)
		if s.values, err = c.slide(how, s.values, pane{n, xff}); err != nil {
			return nil, err
		}
		s.from += back.seconds
	}
	return back.list, nil
}

func exponentialMovingAverage(c *call) ([]*series, error) {
	if len(c.list(0)) == 0 {
		return nil, nil
	}
	back, err := c.lookBack()
	if err != nil {
		return nil, err
	}
	weight := 2 / (c.number(1) + 1)
	if c.arg(1).kind == argText {
		weight = 2 / (float64(back.seconds) + 1)
	}
	for _, s := range back.list {
		s.tags["exponentialMovingAverage"] = c.text(1)
		s.rename("exponentialMovingAverage(" + s.name + "," + c.setting() + ")")
		n := min(c.points(back, s.step), len(s.values))
		s.values = exponential(s.values, n, weight)
		s.from += back.seconds
	}
	return back.list, nil
}

// exponential begins with the average of the first n values.
func exponential(values []float64, n int, weight float64) []float64 {
	made := make([]float64, 1, len(values)-n+1)
	at := average(values[:n])
	if !known(at) {
		at = 0
	}
	made[0] = round6(at)
	for _, v := range values[n:] {
		if known(v) {
			at = weight*v + (1-weight)*at
			v = round6(at)
		}
		made = append(made, v)
	}
	return made
}
