package pyregex

import "strings"

// source is the text of an expression, read in units of one character or of a
// backslash and the character behind it.
type source struct {
	text []rune
	at   int
}

// peek returns the next unit, "" at the end.
func (s *source) peek() string {
	switch {
	case s.at >= len(s.text):
		return ""
	case s.text[s.at] != '\\':
		return string(s.text[s.at])
	case s.at+1 == len(s.text):
		s.fail(s.at, `a backslash at the end escapes nothing; write \\ for a backslash`)
	}
	return string(s.text[s.at : s.at+2])
}

// next takes the next unit, "" at the end.
func (s *source) next() string {
	unit := s.peek()
	s.at += len([]rune(unit))
	return unit
}

// match takes the next unit if it is this one.
func (s *source) match(unit string) bool {
	if s.peek() != unit {
		return false
	}
	s.at += len([]rune(unit))
	return true
}

// while takes up to n characters that are among these.
func (s *source) while(n int, among string) string {
	var b strings.Builder
	for ; n > 0 && s.at < len(s.text) && strings.ContainsRune(among, s.text[s.at]); n-- {
		b.WriteRune(s.text[s.at])
		s.at++
	}
	return b.String()
}

// until takes what comes before end, and end.
func (s *source) until(end rune, what string) string {
	start := s.at
	for ; s.at < len(s.text); s.at++ {
		if s.text[s.at] == end {
			s.at++
			if s.at-1 == start {
				s.fail(start, "%s is missing", what)
			}
			return string(s.text[start : s.at-1])
		}
	}
	s.fail(start, "%s is not ended by %q", what, end)
	return ""
}

const (
	digits    = "0123456789"
	octDigits = "01234567"
	hexDigits = "0123456789abcdefABCDEF"
)
