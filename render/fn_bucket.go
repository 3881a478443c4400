package render

import "time"

func bucketFunctions() []function {
	list, interval := need("seriesList", kindSeriesList), need("intervalString", kindInterval)
	how := may("func", kindAggFunc, "sum")
	return []function{
		{"summarize", groupTransform, "Makes one point of all in an interval of the clock, or of the time asked for.",
			[]param{list, interval, how, may("alignToFrom", kindBoolean, false)}, summarize},
		{"smartSummarize", groupTransform, "Makes one point of all in an interval that begins with the time asked for, or with a whole unit of time before it.",
			[]param{list, interval, how, may("alignTo", kindString, nil)}, smartSummarize},
		{"hitcount", groupTransform, "How many hits fall into each interval, of values that are hits per second.",
			[]param{list, interval, may("alignToInterval", kindBoolean, false)}, hitcount},
	}
}

func summarize(c *call) ([]*series, error) {
	step, err := c.positive(1)
	if err != nil {
		return nil, err
	}
	for _, s := range c.list(0) {
		b := buckets{from: s.from, until: s.until, step: step, how: c.text(2)}
		ending := ", true)"
		if !c.is(3) {
			ending = ")"
			b.from -= mod(s.from, step)
			b.until += step - mod(s.until, step)
		}
		if s.values, err = c.fill(b, s); err != nil {
			return nil, err
		}
		s.tags["summarize"], s.tags["summarizeFunction"] = c.text(1), c.text(2)
		s.rename("summarize(" + s.name + `, "` + c.text(1) + `", "` + c.text(2) + `"` + ending)
		s.from, s.until, s.step = b.from, b.from+int64(len(s.values))*step, step
	}
	return c.list(0), nil
}

// mod is the remainder that is not negative.
func mod(a, b int64) int64 { return ((a % b) + b) % b }

// buckets are intervals that follow each other, and how points become one in each.
type buckets struct {
	from, until, step int64
	how               string
}

// fill makes the values of buckets from the points of s. A bucket takes the points
// up to its end, beginning with the last at or before its own beginning.
func (c *call) fill(b buckets, s *series) ([]float64, error) {
	f, ok := aggregator(b.how)
	if !ok {
		return nil, faultf("there is no way of aggregating called %q", b.how)
	}
	count := max(0, (b.until-b.from+b.step-1)/b.step)
	if err := c.spendPoints(int(count)); err != nil {
		return nil, err
	}
	made := make([]float64, 0, count)
	points := int(min(int64(len(s.values)), max(0, (s.until-s.from+s.step-1)/s.step)))
	i := 0
	for t := b.from; t < b.until; t += b.step {
		first, n := i, 0
		for ; i < points && s.at(i) < t+b.step; i++ {
			if s.at(i) <= t {
				first = i
			}
			if s.at(i) >= t && known(s.values[i]) {
				n++
			}
		}
		v := unknown
		if enough(n, float64(b.step)/float64(s.step), s.xff) {
			v = f(s.values[first:i])
		}
		made = append(made, v)
	}
	return made, nil
}

// at is the time of point i.
func (s *series) at(i int) int64 { return s.from + int64(i)*s.step }

func smartSummarize(c *call) ([]*series, error) {
	step, err := c.positive(1)
	if err != nil {
		return nil, err
	}
	list := c.list(0)
	if to := c.arg(3); to.kind == argText {
		from, err := alignDown(c.from, to.text)
		if err != nil {
			return nil, err
		}
		if list, err = c.again(from, c.until); err != nil {
			return nil, err
		}
	}
	for _, s := range list {
		if s.values, err = c.fill(buckets{s.from, s.until, step, c.text(2)}, s); err != nil {
			return nil, err
		}
		s.tags["smartSummarize"], s.tags["smartSummarizeFunction"] = c.text(1), c.text(2)
		s.rename("smartSummarize(" + s.name + `, "` + c.text(1) + `", "` + c.text(2) + `")`)
		s.step, s.until = step, s.from+int64(len(s.values))*step
	}
	return list, nil
}

// alignDown goes back to where a unit of time begins. A week may have the number of
// the day behind it that it begins with, 1 for Monday.
func alignDown(t time.Time, unit string) (time.Time, error) {
	seconds, ok := secondsOf(unit)
	if !ok {
		return t, errOffset
	}
	_, shift := t.Zone()
	t = t.In(time.FixedZone("", shift)) // a zone whose clocks change in between changes nothing
	year, month, day := t.Date()
	first := func(month time.Month, day int) time.Time {
		return time.Date(year, month, day, 0, 0, 0, 0, t.Location())
	}
	switch seconds {
	case 365 * 86400:
		return first(1, 1), nil
	case 30 * 86400:
		return first(month, 1), nil
	case 7 * 86400:
		begin := 1
		if last := unit[len(unit)-1]; '1' <= last && last <= '7' {
			begin = int(last - '0')
		}
		return first(month, day-(int(t.Weekday())-begin+7)%7), nil
	case 86400:
		return first(month, day), nil
	}
	return t.Truncate(time.Second).Add(-time.Duration(mod(t.Unix()+int64(shift), seconds)) * time.Second), nil
}
