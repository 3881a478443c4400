package json

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// words are the values that are words.
var words = [...]struct {
	text string
	kind kind
}{{"null", null}, {"true", truth}, {"false", truth}, {"NaN", digits}, {"Infinity", digits}}

func (s *scanner) word() (value, bool) {
	for _, w := range words {
		if rest := s.body[s.at:]; bytes.HasPrefix(rest, []byte(w.text)) {
			s.at += len(w.text)
			return value{w.kind, rest[:len(w.text)]}, true
		}
	}
	return value{}, s.fail("there is no value here")
}

// number reads a number as JSON writes it, or a negative infinity.
func (s *scanner) number() (value, bool) {
	start := s.at
	if s.is('-') {
		s.at++
	}
	if s.is('I') {
		v, ok := s.word()
		return value{v.kind, s.body[start:s.at]}, ok
	}
	zero := s.is('0')
	whole := s.digits()
	if whole == 0 || zero && whole > 1 || !s.fraction() || !s.exponent() {
		return value{}, s.fail("there is no value here, or a number that JSON does not know")
	}
	return value{digits, s.body[start:s.at]}, true
}

func (s *scanner) fraction() bool {
	if !s.is('.') {
		return true
	}
	s.at++
	return s.digits() > 0
}

func (s *scanner) exponent() bool {
	if !s.is('e') && !s.is('E') {
		return true
	}
	s.at++
	if s.is('-') || s.is('+') {
		s.at++
	}
	return s.digits() > 0
}

// digits passes over digits and returns how many.
func (s *scanner) digits() int {
	start := s.at
	for s.at < len(s.body) && s.body[s.at]-'0' <= 9 {
		s.at++
	}
	return s.at - start
}

// is reports whether the next byte is c.
func (s *scanner) is(c byte) bool { return s.at < len(s.body) && s.body[s.at] == c }

const (
	openString    = "a string has no end"
	controlString = "there is a control character in a string"
	noEscape      = "JSON does not know the escape"
)

// quoted reads a string: a part of the body if nothing in it is escaped.
func (s *scanner) quoted() ([]byte, bool) {
	start := s.at + 1
	if s.at = s.plainEnd(start); s.is('"') {
		s.at++
		return s.body[start : s.at-1], true
	}
	from := len(s.unescaped)
	s.unescaped = append(s.unescaped, s.body[start:s.at]...)
	for s.is('\\') {
		if !s.escape() {
			return nil, false
		}
		start = s.at
		s.at = s.plainEnd(start)
		s.unescaped = append(s.unescaped, s.body[start:s.at]...)
	}
	if s.is('"') {
		s.at++
		return s.unescaped[from:], true
	}
	if s.at < len(s.body) {
		return nil, s.fail(controlString)
	}
	return nil, s.fail(openString)
}

// plainEnd returns where the run ends, from a place in a string, of what stands
// for itself.
func (s *scanner) plainEnd(at int) int {
	for at < len(s.body) && s.body[at] != '"' && s.body[at] != '\\' && s.body[at] >= ' ' {
		at++
	}
	return at
}

// escapes are what the letters behind a backslash mean.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads an escape and appends what it means.
func (s *scanner) escape() bool {
	if s.at+1 == len(s.body) {
		return s.fail(openString)
	}
	letter := s.body[s.at+1]
	if letter == 'u' {
		return s.unicode()
	}
	if escapes[letter] == 0 {
		return s.fail(noEscape)
	}
	s.unescaped = append(s.unescaped, escapes[letter])
	s.at += 2
	return true
}

// unicodeBytes is the length of an escape by number.
const unicodeBytes = len(`\u0000`)

// unicode reads a character by its number, or by two of them. Half of such two
// becomes bytes that are not UTF-8.
func (s *scanner) unicode() bool {
	r, ok := codeUnit(s.body[s.at:])
	if !ok {
		return s.fail(noEscape)
	}
	s.at += unicodeBytes
	if !utf16.IsSurrogate(r) {
		s.unescaped = utf8.AppendRune(s.unescaped, r)
		return true
	}
	low, _ := codeUnit(s.body[s.at:])
	if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
		s.at += unicodeBytes
		s.unescaped = utf8.AppendRune(s.unescaped, both)
		return true
	}
	s.unescaped = append(s.unescaped, 0xed, 0xa0|byte(r>>6)&0x1f, 0x80|byte(r)&0x3f)
	return true
}

// codeUnit returns the number in the escape that rest begins with.
func codeUnit(rest []byte) (r rune, ok bool) {
	if len(rest) < unicodeBytes || rest[0] != '\\' || rest[1] != 'u' {
		return 0, false
	}
	for _, c := range rest[2:unicodeBytes] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
