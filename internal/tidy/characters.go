package tidy

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// characters are those that names may have.
type characters struct {
	classes [256]class // of a name's bytes
	ranges  []rune     // the first and last of each range, in order
}

// class is what a byte may mean for the name it is in. Those of all bytes of a
// name are or'ed: 0 is a name without tags that is all right.
type class uint8

const (
	refused   class = 1 << iota // is not allowed
	dubious                     // must be looked at: an equals sign that is allowed in one place only, a part of a rune
	separator                   // the semicolon
)

// parseCharacters reads what stands between the brackets of a regular expression.
func parseCharacters(text string) (c characters, err error) {
	re, err := syntax.Parse("["+text+"]+", syntax.Perl)
	if err != nil {
		return c, fmt.Errorf(`allowed characters %q: %w; put \ before each of \ [ ] - ^ that stands for itself`, text, err)
	}
	// The plus is of the whole only if the whole is one class.
	ranges, ok := []rune(nil), re.Op == syntax.OpPlus
	if ok {
		ranges, ok = runesOf(re.Sub[0])
	}
	if !ok {
		return c, fmt.Errorf(`allowed characters %q are more than what may stand between brackets; put \ before each of \ [ ] - ^ that stands for itself`, text)
	}
	c.ranges = ranges
	for b := range c.classes {
		c.classes[b] = c.classOf(b)
	}
	return c, nil
}

// runesOf returns the first and last runes of the ranges of a class; ok is false
// if re is not one.
func runesOf(re *syntax.Regexp) (ranges []rune, ok bool) {
	switch {
	case re.Op == syntax.OpCharClass:
		return re.Rune, true
	case re.Op == syntax.OpNoMatch:
		return nil, true
	case re.Op == syntax.OpAnyChar:
		return []rune{0, unicode.MaxRune}, true
	case re.Op == syntax.OpAnyCharNotNL:
		return []rune{0, '\n' - 1, '\n' + 1, unicode.MaxRune}, true
	case re.Op != syntax.OpLiteral || len(re.Rune) != 1:
		return nil, false
	}
	first := re.Rune[0]
	ranges = []rune{first, first}
	if re.Flags&syntax.FoldCase != 0 {
		for r := unicode.SimpleFold(first); r != first; r = unicode.SimpleFold(r) {
			ranges = append(ranges, r, r)
		}
	}
	slices.Sort(ranges)
	return ranges, true
}

func (c *characters) classOf(b int) class {
	switch {
	case b == ';':
		return separator
	case b >= utf8.RuneSelf && len(c.ranges) > 0 && c.ranges[len(c.ranges)-1] >= utf8.RuneSelf:
		return dubious
	case b < utf8.RuneSelf && c.inRanges(rune(b)):
		return 0
	case b == '=':
		return dubious
	}
	return refused
}

// anyCharacters finds nothing that must be looked at but tags.
func anyCharacters() (c characters) {
	c.classes[';'] = separator
	return c
}

// has reports whether r is allowed, as no separator.
func (c *characters) has(r rune) bool {
	if r < utf8.RuneSelf {
		return c.classes[r] == 0
	}
	return c.inRanges(r)
}

func (c *characters) inRanges(r rune) bool {
	i, found := slices.BinarySearch(c.ranges, r)
	return found || i%2 == 1
}
