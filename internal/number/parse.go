// Package number reads numbers as carbon reads them and writes them as
// canonical lines hold them.
package number

import (
	"bytes"
	"math"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Parse returns the number that carbon reads text as: what Python's float takes,
// except that white space around it is not stripped. Beyond plain decimals that
// is: an exponent, a missing digit before or after the point, inf, infinity and
// nan in any case and with a sign, single underscores between digits, and the
// decimal digits of any script. A number too large for a float64 is infinite.
func Parse(text []byte) (f float64, ok bool) {
	if f, ok = short(text); ok {
		return f, true
	}
	if f, ok = special(text); ok {
		return f, true
	}
	var room [64]byte
	if !Plain(text) {
		if text, ok = respell(room[:0], text); !ok || !Plain(text) {
			return 0, false
		}
	}
	f, _ = strconv.ParseFloat(string(text), 64) // its only error left is being out of range
	return f, true
}

// Plain reports whether text is a decimal number in the spelling that every
// Graphite daemon reads: ASCII digits with at most one point, a sign before
// them, and an exponent after them.
func Plain(text []byte) bool {
	text = unsigned(text)
	whole := digits(text)
	text, count := text[whole:], whole
	if len(text) > 0 && text[0] == '.' {
		fraction := digits(text[1:])
		text, count = text[1+fraction:], count+fraction
	}
	return count > 0 && (len(text) == 0 || isExponent(text))
}

func isExponent(text []byte) bool {
	if text[0] != 'e' && text[0] != 'E' {
		return false
	}
	text = unsigned(text[1:])
	return len(text) > 0 && digits(text) == len(text)
}

func unsigned(text []byte) []byte {
	if len(text) > 0 && (text[0] == '+' || text[0] == '-') {
		return text[1:]
	}
	return text
}

func digits(text []byte) int {
	for i, c := range text {
		if !isDigit(c) {
			return i
		}
	}
	return len(text)
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// maxShort is how many digits always fit the 53 bits of a float64, so that one
// division of two exact numbers rounds correctly.
const maxShort = 15

var powersOfTen = [maxShort + 1]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// short reads what nearly all numbers are: few digits and perhaps a point.
func short(text []byte) (float64, bool) {
	f, size := Leading(text)
	return f, size > 0 && size == len(text)
}

// Leading reads the number at the front of text, if it is what nearly all are: a
// few digits, perhaps with a point and a sign. It returns the number's length, or 0
// if there is none such. What is behind it may make it another number.
func Leading(text []byte) (f float64, size int) {
	at := 0
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		at = 1
	}
	first := at
	n, at := leadingDigits(0, text, at)
	count, fraction := at-first, 0
	if at < len(text) && text[at] == '.' {
		first = at + 1
		n, at = leadingDigits(n, text, first)
		fraction = at - first
		count += fraction
	}
	if !(0 < count && count <= maxShort) {
		return 0, 0
	}
	return math.Copysign(float64(n)/powersOfTen[fraction], signOf(text)), at
}

// leadingDigits reads the digits of text from a place on, behind those of n.
func leadingDigits(n int, text []byte, at int) (_, end int) {
	for at < len(text) && isDigit(text[at]) {
		n = 10*n + int(text[at]-'0')
		at++
	}
	return n, at
}

// special reads the numbers that are words.
func special(text []byte) (float64, bool) {
	word := unsigned(text)
	switch {
	case bytes.EqualFold(word, []byte("nan")):
		return math.NaN(), isASCII(word)
	case bytes.EqualFold(word, []byte("inf")), bytes.EqualFold(word, []byte("infinity")):
		return math.Copysign(math.Inf(1), signOf(text)), isASCII(word)
	}
	return 0, false
}

func signOf(text []byte) float64 {
	if text[0] == '-' {
		return -1
	}
	return 1
}

// isASCII keeps apart the letters that only fold to those of a word.
func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// respell appends text with the digits of all scripts as ASCII and without the
// underscores between digits.
func respell(dst, text []byte) ([]byte, bool) {
	wasDigit, wasUnderscore := false, false
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		d, digit := digitOf(r)
		if wasUnderscore && !digit {
			return nil, false
		}
		switch {
		case digit:
			dst = append(dst, d)
		case r == '_' && wasDigit:
		case r >= utf8.RuneSelf || r == '_':
			return nil, false
		default:
			dst = append(dst, byte(r))
		}
		wasDigit, wasUnderscore = digit, r == '_'
	}
	return dst, !wasUnderscore
}

// digitOf returns the ASCII form of a decimal digit. Unicode keeps the digits of
// a script together and in order, so that a range of its table holds whole tens.
func digitOf(r rune) (byte, bool) {
	if r < utf8.RuneSelf {
		return byte(r), isDigit(byte(r))
	}
	for _, tens := range unicode.Nd.R16 {
		if rune(tens.Lo) <= r && r <= rune(tens.Hi) {
			return '0' + byte((r-rune(tens.Lo))%10), true
		}
	}
	for _, tens := range unicode.Nd.R32 {
		if rune(tens.Lo) <= r && r <= rune(tens.Hi) {
			return '0' + byte((r-rune(tens.Lo))%10), true
		}
	}
	return 0, false
}
