package carbonconf

import (
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/plumbago/plumbago/internal/number"
	"github.com/plumbago/plumbago/internal/space"
)

// trim removes what Python takes for white space at both ends.
func trim(text string) string { return strings.TrimFunc(text, space.Is) }

// integer reads what Python's int does; one beyond int64 is a float64.
func integer(text string) (any, bool) {
	text = trim(text)
	digits := strings.TrimLeft(text, "+-")
	if len(text)-len(digits) > 1 || strings.ContainsFunc(digits, func(r rune) bool { return r != '_' && !unicode.Is(unicode.Nd, r) }) {
		return nil, false
	}
	f, ok := number.Parse([]byte(text))
	if !ok {
		return nil, false
	}
	if math.Abs(f) < 1<<53 {
		return int(f), true
	}
	if n, err := strconv.Atoi(strings.ReplaceAll(text, "_", "")); err == nil {
		return n, true
	}
	return f, true
}

// parseInt reads an int of a sensible size.
func parseInt(text string) (int, bool) {
	n, ok := integer(text)
	i, fits := n.(int)
	return i, ok && fits
}

// guess reads a value as carbon does where no type is asked for: a number if it
// looks like one.
func guess(text string) any {
	if n, ok := integer(text); ok {
		return n
	}
	if f, ok := number.Parse([]byte(trim(text))); ok {
		return f
	}
	return text
}

// boolean reads a configparser boolean.
func boolean(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "1", "yes", "true", "on":
		return true, true
	case "0", "no", "false", "off":
		return false, true
	}
	return false, false
}

// list splits at commas and trims.
func list(text string) []string {
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = trim(parts[i])
	}
	return parts
}

// show writes a value as Python's str does.
func show(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case bool:
		if v {
			return "True"
		}
		return "False"
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e16 {
			return strconv.FormatFloat(v, 'f', 1, 64)
		}
		return string(number.AppendFloat(nil, v))
	case []string:
		return strings.Join(v, ", ")
	}
	return ""
}

// lower is Python's lower, as far as names of options go.
func lower(text string) string {
	return strings.ToLower(strings.ReplaceAll(text, "İ", "i\u0307"))
}
