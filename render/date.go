package render

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// date is a day of a calendar, or none if the month has not so many.
type date struct{ year, month, day int }

func (d date) valid() bool {
	if d.year < 1 || d.year > 9999 {
		return false
	}
	t := time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
	return t.Year() == d.year && int(t.Month()) == d.month && t.Day() == d.day
}

// move goes so many days on from a valid date.
func (d *date) move(days int) {
	t := time.Date(d.year, time.Month(d.month), d.day+days, 0, 0, 0, 0, time.UTC)
	d.year, d.month, d.day = t.Year(), int(t.Month()), t.Day()
}

// read changes today, d, to the day that text names.
func (d *date) read(text string, today time.Weekday) error {
	switch {
	case text == "" || text == "today":
		return nil
	case text == "yesterday":
		d.move(-1)
		return nil
	case text == "tomorrow":
		d.move(1)
		return nil
	case strings.Count(text, "/") == 2:
		return d.slashes(text)
	case len(text) == 8 && digits(text):
		d.year, d.month, d.day = number(text[:4]), number(text[4:6]), number(text[6:])
		return nil
	case month(text) > 0:
		return d.dayOfMonth(text)
	}
	if at := slices.Index(weekdays, text[:min(3, len(text))]); at >= 0 {
		d.move(-((int(today) - at + 7) % 7))
		return nil
	}
	return faultf("the day %q is none that can be read", text)
}

// slashes reads month/day/year, the year with or without its century.
func (d *date) slashes(text string) error {
	parts := strings.Split(text, "/")
	for _, p := range parts {
		if !digits(p) || len(p) > 4 {
			return faultf("the date %q is not month/day/year", text)
		}
	}
	d.month, d.day, d.year = number(parts[0]), number(parts[1]), number(parts[2])
	if d.year < 1900 {
		d.year += 1900
	}
	if d.year < 1970 {
		d.year += 100
	}
	return nil
}

// dayOfMonth reads the name of a month with a day behind it.
func (d *date) dayOfMonth(text string) error {
	day := text[len(text)-1:]
	if two := text[len(text)-2:]; digits(two) {
		day = two
	}
	if !digits(day) {
		return faultf("the day of the month is missing behind %q", text)
	}
	d.month, d.day = month(text), number(day)
	return nil
}

var (
	weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	months   = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
)

// month is the number of the month that text begins with, or 0.
func month(text string) int { return slices.Index(months, text[:min(3, len(text))]) + 1 }

// number reads at most nine digits.
func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// local is the moment at which clocks in a zone show what t does. Where they show
// it twice, and where they never do, winter time counts.
func local(t time.Time, zone *time.Location) time.Time {
	const day = 24 * time.Hour
	var winter time.Time
	for _, near := range []time.Time{t.Add(-day), t.Add(day)} {
		_, shift := near.In(zone).Zone()
		at := t.Add(-time.Duration(shift) * time.Second).In(zone)
		_, shown := at.Zone()
		if shown == shift && !at.IsDST() {
			return at
		}
		if shown == shift || winter.IsZero() || !near.In(zone).IsDST() {
			winter = at
		}
	}
	return winter
}

// season is 1 if it is summer time at both ends, -1 if it is at neither.
func season(from, until time.Time) int {
	switch {
	case from.IsDST() && until.IsDST():
		return 1
	case !from.IsDST() && !until.IsDST():
		return -1
	}
	return 0
}

// moment reads a time that a function was given.
func (e *env) moment(text string) (int64, error) {
	t, err := clock{e.from.Location(), e.now}.read(text)
	return t.Unix(), err
}
