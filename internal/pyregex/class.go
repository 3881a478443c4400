package pyregex

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// classWithin writes a set of which only what is plain matters.
func classWithin(s set) string {
	if rest := s.not().and(plain); len(rest) < len(s) {
		return "[^" + members(rest) + "]"
	}
	return class(s)
}

// class writes a set as brackets.
func class(s set) string {
	c := unicodeClasses()
	switch {
	case slices.Equal(s, c.word):
		return `[\p{L}\p{N}_]`
	case slices.Equal(s, c.word.not()):
		return `[^\p{L}\p{N}_]`
	case slices.Equal(s, c.digit):
		return `\p{Nd}`
	case slices.Equal(s, c.digit.not()):
		return `\P{Nd}`
	case len(s) == 0:
		return `[^\x00-\x{10ffff}]`
	case s[len(s)-1] == unicode.MaxRune && s[0] == 0:
		return "[^" + members(s.not()) + "]"
	}
	return "[" + members(s) + "]"
}

func members(s set) string {
	var b strings.Builder
	for i := 0; i < len(s); i += 2 {
		b.WriteString(member(s[i]))
		if s[i+1] > s[i] {
			if s[i+1] > s[i]+1 {
				b.WriteByte('-')
			}
			b.WriteString(member(s[i+1]))
		}
	}
	return b.String()
}

// member writes a character in brackets.
func member(r rune) string {
	switch {
	case r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_.;:=, ", r)):
		return string(r)
	case r < ' ' || r >= 0x7f:
		return hex(r)
	}
	return `\` + string(r)
}

// quote writes a character that stands for itself.
func quote(r rune) string {
	switch {
	case r < ' ' || r == 0x7f:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x80 && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" _-,;:=@%&~<>/'\"!`", r):
		return `\` + string(r)
	case r >= 0x80 && !unicode.IsPrint(r):
		return hex(r)
	}
	return string(r)
}

func hex(r rune) string {
	if r <= 0xff {
		return fmt.Sprintf(`\x%02x`, r)
	}
	return fmt.Sprintf(`\x{%x}`, r)
}

// lower is the letter that stands for both cases.
func lower(r rune) rune {
	if r < 0x80 {
		return unicode.ToLower(r)
	}
	return r
}
