package render

import "time"

func hitcount(c *call) ([]*series, error) {
	step, err := c.positive(1)
	if err != nil {
		return nil, err
	}
	list, ending := c.list(0), `")`
	if c.is(2) {
		ending = `", true)`
		if list, err = c.again(alignTo(c.from, step), c.until); err != nil {
			return nil, err
		}
		for _, s := range list {
			s.until = s.from + (s.until-s.from)/step*step + step
		}
	}
	for _, s := range list {
		h := hits{step: step}
		count := (s.until - s.from + step - 1) / step
		h.from = s.until - count*step
		if err := c.spendPoints(int(count)); err != nil {
			return nil, err
		}
		h.count(s, int(count))
		s.tags["hitcount"] = c.text(1)
		s.rename("hitcount(" + s.name + `, "` + c.text(1) + ending)
		s.values, s.from, s.step = h.values, h.from, step
	}
	return list, nil
}

// alignTo goes back to the beginning of the day, the hour or the minute, whichever
// is the longest that an interval holds.
func alignTo(t time.Time, interval int64) time.Time {
	unit := ""
	switch {
	case interval >= 86400:
		unit = "d"
	case interval >= 3600:
		unit = "h"
	case interval >= 60:
		unit = "min"
	default:
		return t
	}
	aligned, _ := alignDown(t, unit)
	return aligned
}

// hits are sums of values times the seconds for which they hold.
type hits struct {
	from, step int64
	values     []float64
}

// count spreads each value of s over the buckets that its time touches.
func (h *hits) count(s *series, buckets int) {
	h.values = make([]float64, buckets)
	for i := range h.values {
		h.values[i] = unknown
	}
	for i, v := range s.values {
		if !known(v) {
			continue
		}
		for t, end := s.at(i), min(s.at(i)+s.step, h.from+int64(buckets)*h.step); t < end; {
			bucket := (t - h.from - mod(t-h.from, h.step)) / h.step
			next := min(end, h.from+(bucket+1)*h.step)
			if bucket >= 0 {
				h.add(int(bucket), v*float64(next-t))
			}
			t = next
		}
	}
}

func (h *hits) add(bucket int, v float64) {
	if !known(h.values[bucket]) {
		h.values[bucket] = 0
	}
	h.values[bucket] += v
}
