package render

import (
	"math"
	"strconv"
	"strings"
)

// symbols are the characters that mean something between patterns. With a
// backslash before them they are part of one, and so is the equals sign.
const symbols = `(){},.'"\|`

func (p *parser) fault(reason string) error { return &SyntaxError{p.target, p.at, reason} }

func (p *parser) space() {
	for p.at < len(p.target) && strings.IndexByte(" \t\r\n", p.target[p.at]) >= 0 {
		p.at++
	}
}

// peek reports whether c comes next, behind white space.
func (p *parser) peek(c byte) bool {
	p.space()
	return p.at < len(p.target) && p.target[p.at] == c
}

// take steps over c if it comes next, behind white space.
func (p *parser) take(c byte) bool {
	if !p.peek(c) {
		return false
	}
	p.at++
	return true
}

// word reads the name of a function or an argument, or nothing.
func (p *parser) word() string {
	start := p.at
	for p.at < len(p.target) && (letter(p.target[p.at]) || p.at > start && digit(p.target[p.at])) {
		p.at++
	}
	return p.target[start:p.at]
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }
func digit(c byte) bool  { return '0' <= c && c <= '9' }

// text reads a quoted text, without its quotes. Backslashes stay as they are: what
// they mean is for the function to say. A quote that is doubled is part of it.
func (p *parser) text() (string, error) {
	quote, start := p.target[p.at], p.at+1
	for i := start; i < len(p.target); i++ {
		switch c := p.target[i]; {
		case c == '\\':
			i++
		case c == '\n' || c == '\r':
			return "", p.fault("a text with a line break")
		case c == quote && i+1 < len(p.target) && p.target[i+1] == quote:
			i++
		case c == quote:
			p.at = i + 1
			return p.target[start:i], nil
		}
	}
	return "", p.fault("a text without its closing quote")
}

// path reads the pattern of a name.
func (p *parser) path() (string, error) {
	var b strings.Builder
	for p.at < len(p.target) {
		switch c := p.target[p.at]; {
		case c == '\\':
			if p.at+1 == len(p.target) || strings.IndexByte(symbols+"=", p.target[p.at+1]) < 0 {
				return "", p.fault("a backslash before a character that needs none")
			}
			b.WriteByte(p.target[p.at+1])
			p.at += 2
		case c == '{':
			if err := p.braces(&b); err != nil {
				return "", err
			}
		case c == '.' && p.nodeFollows() && b.Len() > 0, patternByte(c):
			b.WriteByte(c)
			p.at++
		default:
			return p.endPath(&b)
		}
	}
	return p.endPath(&b)
}

func (p *parser) endPath(b *strings.Builder) (string, error) {
	if b.Len() == 0 {
		return "", p.fault("a name or a function is missing")
	}
	return b.String(), nil
}

// nodeFollows reports whether a node stands behind the dot at which p is.
func (p *parser) nodeFollows() bool {
	if p.at+1 == len(p.target) {
		return false
	}
	c := p.target[p.at+1]
	return c == '\\' || c == '{' || patternByte(c)
}

// braces reads {one,other}, in which there is neither a dot nor another brace.
func (p *parser) braces(b *strings.Builder) error {
	for i := p.at + 1; i < len(p.target); i++ {
		switch c := p.target[i]; {
		case c == '}':
			b.WriteString(p.target[p.at : i+1])
			p.at = i + 1
			return nil
		case c != ',' && !patternByte(c):
			return p.fault("braces with something else in them than words and commas")
		}
	}
	return p.fault("a brace that is not closed")
}

// patternByte reports whether c stands for itself in patterns.
func patternByte(c byte) bool {
	return c > ' ' && c != 0x7f && strings.IndexByte(symbols, c) < 0
}

// readNumber makes a number of a pattern written as one: digits with or without a
// fraction and an exponent, or inf.
func (x *expr) readNumber() {
	if strings.EqualFold(x.text, "inf") {
		x.kind, x.number = exprFloat, math.Inf(1)
		return
	}
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(x.text), "e")
	whole, fraction, pointed := strings.Cut(mantissa, ".")
	if !integer(whole) || pointed && !digits(fraction) || scientific && !integer(exponent) {
		return
	}
	f, err := strconv.ParseFloat(x.text, 64)
	if err != nil && !math.IsInf(f, 0) {
		return
	}
	x.kind, x.number = exprInteger, f
	if pointed || scientific {
		x.kind = exprFloat
	}
}

func integer(text string) bool { return digits(strings.TrimPrefix(text, "-")) }

func digits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
