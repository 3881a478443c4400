package pickle

import (
	"bytes"
	"unicode/utf8"
)

// Instructions whose argument is text or bytes.

// counted pushes bytes that follow their length.
func (m *machine) counted(k kind, size int) string {
	n, ok := m.uint(size)
	if !ok || n > uint64(len(m.frame)-m.pos) {
		return truncated
	}
	v := makeValue(k, m.pos, int(n))
	if k == rawBuffer {
		v |= unhashable
	}
	m.pos += int(n)
	return m.push(v)
}

// readonly makes a bytearray unchangeable, which it is here anyway.
func (m *machine) readonly() string {
	top, why := m.top()
	if why != "" {
		return why
	}
	if k := top.kind(); k != raw && k != rawBuffer {
		return "only bytes can be made read-only"
	}
	return ""
}

// pushUnescaped pushes the text that was appended to unescaped.
func (m *machine) pushUnescaped(from int) string {
	return m.push(makeValue(text, len(m.frame)+from, len(m.unescaped)-from))
}

// quoted reads text as Python 2 prints it.
func (m *machine) quoted() string {
	start := m.pos
	t, ok := m.line()
	if !ok {
		return truncated
	}
	last := len(t) - 1
	if last < 1 || t[0] != t[last] || t[0] != '\'' && t[0] != '"' {
		return "the text is not in quotes"
	}
	if t = t[1:last]; bytes.IndexByte(t, '\\') < 0 {
		return m.push(makeValue(text, start+1, len(t)))
	}
	from := len(m.unescaped)
	if m.unescaped, ok = appendUnquoted(m.unescaped, t); !ok {
		return "the text ends in the middle of an escape"
	}
	return m.pushUnescaped(from)
}

// escapes are the letters that stand for another byte behind a backslash.
var escapes = [256]byte{
	'\\': '\\', '\'': '\'', '"': '"', 'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v',
}

// appendUnquoted appends t without its backslash escapes. An escape that Python
// does not know stays as it is.
func appendUnquoted(dst, t []byte) (_ []byte, ok bool) {
	for len(t) > 0 {
		if t[0] != '\\' {
			dst, t = append(dst, t[0]), t[1:]
			continue
		}
		if len(t) == 1 {
			return dst, false
		}
		var size int
		if dst, size = appendEscape(dst, t[1:]); size == 0 {
			return dst, false
		}
		t = t[1+size:]
	}
	return dst, true
}

// appendEscape appends what the escape at the front of t, behind its backslash,
// stands for, and returns its length, or 0 if it is cut.
func appendEscape(dst, t []byte) (_ []byte, size int) {
	switch c := t[0]; {
	case escapes[c] != 0:
		return append(dst, escapes[c]), 1
	case c == 'x':
		b, n := digitsOf(t[1:], 16, 2)
		if n < 2 {
			return dst, 0
		}
		return append(dst, byte(b)), 3
	case '0' <= c && c <= '7':
		b, n := digitsOf(t, 8, 3)
		return append(dst, byte(b)), n
	default:
		return append(dst, '\\', c), 1
	}
}

// digitsOf reads at most limit digits of a base.
func digitsOf(t []byte, base rune, limit int) (n rune, count int) {
	for count < min(limit, len(t)) {
		d := digitValue(t[count])
		if d >= base {
			break
		}
		n, count = n*base+d, count+1
	}
	return n, count
}

// digitValue returns the value of a digit or letter, 36 for anything else.
func digitValue(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c && c <= 'z':
		return rune(c-'a') + 10
	case 'A' <= c && c <= 'Z':
		return rune(c-'A') + 10
	}
	return 36
}

// unicodeText reads text in Python's raw-unicode-escape: Latin-1, with \uXXXX
// and \UXXXXXXXX for what that lacks.
func (m *machine) unicodeText() string {
	start := m.pos
	t, ok := m.line()
	if !ok {
		return truncated
	}
	if isPlain(t) {
		return m.push(makeValue(text, start, len(t)))
	}
	from := len(m.unescaped)
	if m.unescaped, ok = appendRawUnicode(m.unescaped, t); !ok {
		return "an escape in the text is cut or is no character"
	}
	return m.pushUnescaped(from)
}

// isPlain reports whether t means itself in raw-unicode-escape.
func isPlain(t []byte) bool {
	for _, c := range t {
		if c >= utf8.RuneSelf || c == '\\' {
			return false
		}
	}
	return true
}

func appendRawUnicode(dst, t []byte) (_ []byte, ok bool) {
	for len(t) > 0 {
		size := 1
		switch {
		case t[0] != '\\':
			dst = utf8.AppendRune(dst, rune(t[0]))
		case len(t) > 1 && t[1] == '\\':
			dst, size = append(dst, '\\', '\\'), 2
		case len(t) > 1 && t[1] == 'u':
			dst, size = appendCodePoint(dst, t[2:], 4)
		case len(t) > 1 && t[1] == 'U':
			dst, size = appendCodePoint(dst, t[2:], 8)
		default:
			dst = append(dst, '\\')
		}
		if size == 0 {
			return dst, false
		}
		t = t[size:]
	}
	return dst, true
}

// appendCodePoint appends the character of so many hexadecimal digits, and
// returns the length of its escape, or 0. A half of a surrogate pair is appended
// in the three bytes that make the text invalid UTF-8, which it is.
func appendCodePoint(dst, t []byte, digits int) (_ []byte, size int) {
	r, n := digitsOf(t, 16, digits)
	switch {
	case n < digits || r < 0 || r > utf8.MaxRune:
		return dst, 0
	case 0xd800 <= r && r <= 0xdfff:
		return append(dst, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f), 2 + digits
	}
	return utf8.AppendRune(dst, r), 2 + digits
}
