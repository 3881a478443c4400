package render

import (
	"slices"
	"strconv"
	"time"
)

// call is a function with its arguments: one or none for each of its params, or
// several for the last.
type call struct {
	*env
	function *function
	written  []*expr
	raw      string // the whole call as written
	given    [][]argument
}

// bind calculates the arguments of x and brings them to the params of f.
func (e *env) bind(f *function, x *expr) (*call, error) {
	c := &call{env: e, function: f, written: x.args, raw: x.raw, given: make([][]argument, len(f.params))}
	for i, written := range x.args {
		if i >= len(f.params) && (len(f.params) == 0 || !f.params[len(f.params)-1].many) {
			return nil, faultf("%s: too many arguments", f.name)
		}
		if err := c.give(min(i, len(f.params)-1), written); err != nil {
			return nil, err
		}
	}
	for _, n := range x.named {
		i := slices.IndexFunc(f.params, func(p param) bool { return p.name == n.name })
		if i < 0 {
			return nil, faultf("%s: it has no argument called %s", f.name, n.name)
		}
		if c.given[i] != nil {
			return nil, faultf("%s: the argument %s is given twice", f.name, n.name)
		}
		if err := c.give(i, n.value); err != nil {
			return nil, err
		}
	}
	return c, c.complete()
}

func (c *call) give(i int, x *expr) error {
	a, err := c.argument(x)
	if err != nil {
		return err
	}
	if a, err = c.function.params[i].as(a); err != nil {
		return inFunction(c.function.name, err)
	}
	c.given[i] = append(c.given[i], a)
	return nil
}

func (c *call) complete() error {
	for i, p := range c.function.params {
		if p.required && c.given[i] == nil {
			return faultf("%s: the argument %s is missing", c.function.name, p.name)
		}
	}
	return nil
}

// has reports whether argument i was given.
func (c *call) has(i int) bool { return len(c.given[i]) > 0 && c.given[i][0].kind != argNone }

// arg is argument i, or what holds instead.
func (c *call) arg(i int) argument {
	if c.has(i) {
		return c.given[i][0]
	}
	switch v := c.function.params[i].otherwise.(type) {
	case string:
		return argument{kind: argText, text: v}
	case float64:
		return argument{kind: argFloat, text: repr(v), number: v}
	case int:
		return argument{kind: argInteger, text: strconv.Itoa(v), number: float64(v)}
	case bool:
		return argument{kind: argBoolean, number: map[bool]float64{true: 1}[v]}
	}
	return argument{}
}

func (c *call) text(i int) string    { return c.arg(i).text }
func (c *call) number(i int) float64 { return c.arg(i).number }
func (c *call) integer(i int) int    { return int(c.arg(i).number) }
func (c *call) is(i int) bool        { return c.arg(i).number != 0 }
func (c *call) list(i int) []*series { return c.arg(i).list }

// lists are the series of argument i and of all behind it.
func (c *call) lists(i int) (all []*series) {
	for _, a := range c.given[i] {
		all = append(all, a.list...)
	}
	return all
}

// interval is argument i, which was checked when it was given.
func (c *call) interval(i int) time.Duration {
	d, _ := parseOffset(c.text(i))
	return d
}

// positive is an interval of at least a second, in seconds.
func (c *call) positive(i int) (int64, error) {
	seconds := int64(c.interval(i) / time.Second)
	if seconds < 1 {
		return 0, faultf("the interval %q is not longer than nothing", c.text(i))
	}
	return seconds, nil
}

// factor is how much must be known for a result: argument i, or the question's.
func (c *call) factor(i int) float64 {
	if c.has(i) {
		return c.number(i)
	}
	return c.xff
}

// again calculates the first argument anew for another time.
func (c *call) again(from, until time.Time) ([]*series, error) {
	e, err := c.at(from, until)
	if err != nil {
		return nil, err
	}
	return e.list(c.written[0])
}
