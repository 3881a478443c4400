package render

import (
	"strings"
	"time"
)

// mostSeconds bounds an offset, so that it fits a time.Duration.
const mostSeconds = 250 * 366 * 86400

// units are how units of time begin, in the order in which they are tried.
var units = []struct {
	begin   string
	seconds int64
}{
	{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}, {"w", 7 * 86400}, {"mon", 30 * 86400}, {"y", 365 * 86400},
}

var (
	errOffset = faultf("an offset is a number and a unit, as in -1h or 2days: s, min, h, d, w, mon, y")
	errFar    = faultf("an offset of more than 250 years")
)

// parseOffset reads offsets as Graphite writes them: a sign, or none, and then
// numbers with units, which add up. Months have 30 days and years 365.
func parseOffset(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	sign := int64(1)
	switch text[0] {
	case '-':
		sign, text = -1, text[1:]
	case '+':
		text = text[1:]
	}
	var total int64
	for text != "" {
		n, rest, err := leadingNumber(text)
		if err != nil {
			return 0, err
		}
		unit := rest[:len(rest)-len(strings.TrimLeft(rest, letters))]
		seconds, ok := secondsOf(unit)
		if !ok {
			return 0, errOffset
		}
		if total += n * seconds; total > mostSeconds {
			return 0, errFar
		}
		text = rest[len(unit):]
	}
	return time.Duration(sign*total) * time.Second, nil
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// leadingNumber reads the digits that text begins with. They are few enough for a
// product with the longest unit.
func leadingNumber(text string) (n int64, rest string, err error) {
	const mostDigits = 10
	rest = strings.TrimLeft(text, "0123456789")
	number := strings.TrimLeft(text[:len(text)-len(rest)], "0")
	if len(rest) == len(text) {
		return 0, "", errOffset
	}
	if len(number) > mostDigits {
		return 0, "", errFar
	}
	for _, c := range []byte(number) {
		n = 10*n + int64(c-'0')
	}
	return n, rest, nil
}

// secondsOf returns the length of a unit, which may be written out.
func secondsOf(unit string) (int64, bool) {
	for _, u := range units {
		if strings.HasPrefix(unit, u.begin) {
			return u.seconds, true
		}
	}
	return 0, false
}
