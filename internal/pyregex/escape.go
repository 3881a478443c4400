package pyregex

import (
	"strconv"
	"strings"
	"unicode"
)

// controls are the escapes that Python has for control characters.
var controls = map[string]rune{`\a`: 7, `\f`: 12, `\n`: 10, `\r`: 13, `\t`: 9, `\v`: 11, `\\`: '\\'}

// escape reads a backslash and what follows, outside of a class.
func (p *parser) escape(unit string, start int) *node {
	switch unit {
	case `\A`:
		return &node{op: opBegin}
	case `\Z`:
		return &node{op: opEnd}
	case `\b`:
		return &node{op: opBoundary, set: p.classes().word}
	case `\B`:
		return &node{op: opInside, set: p.classes().word}
	}
	if s, ok := p.shorthand(unit); ok {
		return &node{op: opSet, set: s}
	}
	if c := unit[1]; c >= '1' && c <= '9' {
		return p.reference(unit, start)
	}
	return p.literal(p.character(unit, start))
}

func (p *parser) classes() classes {
	if p.ascii {
		return asciiClasses()
	}
	return unicodeClasses()
}

// shorthand returns what \d and its like stand for.
func (p *parser) shorthand(unit string) (set, bool) {
	switch c := p.classes(); unit {
	case `\d`:
		return c.digit, true
	case `\D`:
		return c.digit.not(), true
	case `\s`:
		return c.space, true
	case `\S`:
		return c.space.not(), true
	case `\w`:
		return c.word, true
	case `\W`:
		return c.word.not(), true
	}
	return nil, false
}

// reference reads a group's number, or an octal escape of three digits.
func (p *parser) reference(unit string, start int) *node {
	text := unit[1:] + p.while(1, digits)
	if len(text) == 2 && strings.Trim(text, octDigits) == "" {
		if third := p.while(1, octDigits); third != "" {
			return p.literal(p.octal(text+third, start))
		}
	}
	group, _ := strconv.Atoi(text)
	if group >= len(p.widths) {
		p.fail(start, "there is no group %d before this", group)
	}
	return p.same(group, start)
}

func (p *parser) octal(text string, start int) rune {
	n, _ := strconv.ParseInt(text, 8, 32)
	if n > 0o377 {
		p.fail(start, `\%s is more than \377`, text)
	}
	return rune(n)
}

// character reads an escape that stands for one character, in a class and outside.
func (p *parser) character(unit string, start int) rune {
	if r, ok := controls[unit]; ok {
		return r
	}
	switch c := unit[1]; c {
	case 'x':
		return p.hex(unit, 2, start)
	case 'u':
		return p.hex(unit, 4, start)
	case 'U':
		return p.hex(unit, 8, start)
	case '0':
		return p.octal("0"+p.while(2, octDigits), start)
	case 'N':
		p.fail(start, `names of characters are not known here; write \uXXXX or the character itself`)
	default:
		if c < 0x80 && (unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c))) {
			p.fail(start, "%s is not an escape", unit)
		}
	}
	return []rune(unit)[1]
}

func (p *parser) hex(unit string, n, start int) rune {
	text := p.while(n, hexDigits)
	if len(text) < n {
		p.fail(start, "%s wants %d hexadecimal digits", unit, n)
	}
	r, err := strconv.ParseUint(text, 16, 32)
	if err != nil || r > unicode.MaxRune {
		p.fail(start, "%s%s is no character", unit, text)
	}
	return rune(r)
}

// class reads a set of characters; its [ is read already.
func (p *parser) class(start int) set {
	negate := p.match("^")
	var plainly, folding []set
	for first := true; ; first = false {
		at := p.at
		unit := p.classUnit(start)
		if unit == "]" && !first {
			break
		}
		s, single := p.member(unit, at)
		if !p.match("-") {
			keep(&plainly, &folding, s, single)
			continue
		}
		unit = p.classUnit(start)
		if unit == "]" {
			keep(&plainly, &folding, s, single)
			folding = append(folding, one('-'))
			break
		}
		to, alsoSingle := p.member(unit, at)
		if !single || !alsoSingle || s[0] > to[0] {
			p.fail(at, "%s is not a range", string(p.text[at:p.at]))
		}
		folding = append(folding, span(s[0], to[0]))
	}
	s := union(append(plainly, p.fold(union(folding...)))...)
	return either(negate, s.not(), s)
}

// keep puts apart what has no case of its own.
func keep(plainly, folding *[]set, s set, single bool) {
	if single {
		*folding = append(*folding, s)
	} else {
		*plainly = append(*plainly, s)
	}
}

func (p *parser) classUnit(start int) string {
	unit := p.next()
	if unit == "" {
		p.fail(start, "the set that begins here is never closed; write \\[ for a bracket")
	}
	return unit
}

// member reads one member of a class, which may be a class itself.
func (p *parser) member(unit string, at int) (s set, single bool) {
	if unit[0] != '\\' {
		return one([]rune(unit)[0]), true
	}
	if unit == `\b` {
		return one('\b'), true
	}
	if s, ok := p.shorthand(unit); ok {
		return s, false
	}
	if c := unit[1]; c >= '1' && c <= '7' {
		return one(p.octal(unit[1:]+p.while(2, octDigits), at)), true
	}
	return one(p.character(unit, at)), true
}
