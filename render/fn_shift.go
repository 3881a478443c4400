package render

import (
	"math"
	"strings"
	"time"
)

func shiftFunctions() []function {
	list := need("seriesList", kindSeriesList)
	return []function{
		{"timeShift", groupTransform, "Shows what was at another time: timeShift 1d is the day before.",
			[]param{list, need("timeShift", kindInterval), may("resetEnd", kindBoolean, true), may("alignDst", kindBoolean, false)}, timeShift},
		{"timeSlice", groupTransform, "Keeps the values between two times only.",
			[]param{list, need("startSliceAt", kindString), may("endSliceAt", kindString, "now")}, timeSlice},
		{"timeStack", groupTransform, "Lays times of one length over each other: those from the first up to the last of so many shifts.",
			[]param{list, may("timeShiftUnit", kindInterval, "1d"), may("timeShiftStart", kindInteger, 0), may("timeShiftEnd", kindInteger, 7)}, timeStack},
	}
}

// backwards puts a minus before an offset without a sign.
func backwards(offset string) string {
	if offset != "" && digit(offset[0]) {
		return "-" + offset
	}
	return offset
}

func timeShift(c *call) ([]*series, error) {
	if len(c.list(0)) == 0 {
		return nil, nil
	}
	first := c.list(0)[0]
	text := backwards(c.text(1))
	by, err := parseOffset(text)
	if err != nil {
		return nil, err
	}
	from, until := c.from.Add(by), c.until.Add(by)
	if here := season(c.from, c.until); c.is(3) && here*season(from, until) < 0 {
		moved := time.Duration(here) * time.Hour
		from, until = from.Add(moved), until.Add(moved)
	}
	list, err := c.again(from, until)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		s.tags["timeShift"] = text
		s.name = "timeShift(" + s.name + `, "` + text + `")`
		s.until += first.from - s.from
		if !c.has(2) || c.is(2) {
			s.until = first.until
		}
		s.from = first.from
	}
	return list, nil
}

func timeStack(c *call) ([]*series, error) {
	if len(c.list(0)) == 0 {
		return nil, nil
	}
	first := c.list(0)[0]
	text := backwards(c.text(1))
	by, err := parseOffset(text)
	if err != nil {
		return nil, err
	}
	var made []*series
	for shift := c.integer(2); shift < c.integer(3); shift++ {
		from, err := shifted(c.from, by, shift)
		if err != nil {
			return nil, err
		}
		list, err := c.again(from, from.Add(c.until.Sub(c.from)))
		if err != nil {
			return nil, err
		}
		n := whole(float64(shift))
		for _, s := range list {
			s.tags["timeShiftUnit"], s.tags["timeShift"] = text, n
			s.rename("timeShift(" + strings.Join([]string{s.name, text, n}, ", ") + ")")
			s.from, s.until = first.from, first.until
		}
		if made = append(made, list...); shift-c.integer(2) > c.limits.Targets {
			return nil, faultf("more than %d shifts", c.limits.Targets)
		}
	}
	return made, nil
}

// shifted moves t by n offsets.
func shifted(t time.Time, by time.Duration, n int) (time.Time, error) {
	if math.Abs(float64(by))*math.Abs(float64(n)) > mostSeconds*float64(time.Second) {
		return t, errFar
	}
	return t.Add(by * time.Duration(n)), nil
}

func timeSlice(c *call) ([]*series, error) {
	start, err := c.moment(c.text(1))
	if err != nil {
		return nil, err
	}
	end, err := c.moment(c.text(2))
	if err != nil {
		return nil, err
	}
	for _, s := range c.list(0) {
		from, until := whole(float64(start)), whole(float64(end))
		s.tags["timeSliceStart"], s.tags["timeSliceEnd"] = from, until
		s.name = "timeSlice(" + strings.Join([]string{s.name, from, until}, ", ") + ")"
		for i := range s.values {
			if t := c.from.Unix() + int64(i)*s.step; t < start || t > end {
				s.values[i] = unknown
			}
		}
	}
	return c.list(0), nil
}
