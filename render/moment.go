package render

import (
	"strconv"
	"strings"
	"time"
)

// clock is what times are read by: where, and what is called now.
type clock struct {
	location *time.Location
	now      time.Time
}

// read reads a time as Graphite writes it: Unix seconds; or a moment such as now,
// noon yesterday, 6pm today, 17:30 20260401, 04/01/26, april 1 or monday, with an
// offset such as -1h behind it. Blanks, commas and underscores do not matter.
func (k clock) read(text string) (time.Time, error) {
	clean := strings.NewReplacer("_", "", ",", "", " ", "").Replace(strings.ToLower(strings.TrimSpace(text)))
	if digits(clean) && !likeDate(clean) {
		return k.epoch(clean)
	}
	i := strings.IndexByte(clean, '+')
	if i < 0 {
		i = strings.IndexByte(clean, '-')
	}
	if i < 0 {
		i = len(clean)
	}
	t, err := k.moment(clean[:i])
	if err != nil {
		return t, err
	}
	by, err := parseOffset(clean[i:])
	if err != nil {
		return t, faultf("the time %q: %v", text, err)
	}
	return inCalendar(t.Add(by))
}

func (k clock) epoch(text string) (time.Time, error) {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds > 1<<40 {
		return time.Time{}, faultf("the time %s is none that a calendar has", text)
	}
	return inCalendar(time.Unix(seconds, 0).In(k.location))
}

func inCalendar(t time.Time) (time.Time, error) {
	if t.Year() < 1 || t.Year() > 9999 {
		return t, faultf("a time in the year %d", t.Year())
	}
	return t, nil
}

// likeDate reports whether eight digits are a year, a month and a day.
func likeDate(text string) bool {
	return len(text) == 8 && text[:4] > "1900" && text[4:6] < "13" && text[6:] < "32"
}

// moment reads what stands before the offset: a time of day, or none, and a day.
func (k clock) moment(text string) (time.Time, error) {
	now := k.now.In(k.location)
	if text == "" || text == "now" {
		return now, nil
	}
	hour, minute, rest, err := timeOfDay(text)
	if err != nil {
		return now, err
	}
	year, month, day := now.Date()
	d := date{year, int(month), day}
	if err := d.read(rest, now.Weekday()); err != nil {
		return now, err
	}
	if hour > 23 || minute > 59 || !d.valid() {
		return now, faultf("the calendar has no %q", text)
	}
	return local(time.Date(d.year, time.Month(d.month), d.day, hour, minute, 0, 0, time.UTC), k.location), nil
}

// timeOfDay reads 12:30, 12:30pm, 6am, noon, midnight or teatime, if text begins
// with one.
func timeOfDay(text string) (hour, minute int, rest string, err error) {
	rest = text
	if i := strings.IndexByte(rest, ':'); 0 < i && i < 3 {
		if hour, minute, rest, err = colon(text, i); err != nil {
			return
		}
	}
	for _, half := range []string{"am", "pm"} {
		at := strings.Index(rest, half)
		if at < 1 || at > 2 {
			continue
		}
		if !digits(rest[:at]) {
			return 0, 0, "", noTimeOfDay(text)
		}
		if hour = number(rest[:at]); half == "pm" {
			hour = afternoonHour(hour)
		}
		rest = rest[at+len(half):]
	}
	for _, word := range []struct {
		name string
		hour int
	}{{"noon", 12}, {"midnight", 0}, {"teatime", 16}} {
		if after, ok := strings.CutPrefix(rest, word.name); ok {
			return word.hour, 0, after, nil
		}
	}
	return hour, minute, rest, nil
}

// colon reads 12:30 or 12:30pm, with the colon at i.
func colon(text string, i int) (hour, minute int, rest string, err error) {
	end := min(i+3, len(text))
	if !digits(text[:i]) || !digits(text[i+1:end]) {
		return 0, 0, "", noTimeOfDay(text)
	}
	hour, minute, rest = number(text[:i]), number(text[i+1:end]), text[end:]
	if after, ok := strings.CutPrefix(rest, "am"); ok {
		return hour, minute, after, nil
	}
	if after, ok := strings.CutPrefix(rest, "pm"); ok {
		return afternoonHour(hour), minute, after, nil
	}
	return hour, minute, rest, nil
}

// afternoonHour has Graphite's notion of 12pm, which is midnight.
func afternoonHour(hour int) int { return (hour + 12) % 24 }

func noTimeOfDay(text string) error { return faultf("%q has no time of day that can be read", text) }
