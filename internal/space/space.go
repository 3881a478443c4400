// Package space knows the white space that carbon splits lines at and strips
// from numbers: that of Python's text, which is Unicode's and four control
// characters more.
package space

import (
	"unicode"
	"unicode/utf8"
)

// Is reports whether r is white space.
func Is(r rune) bool {
	if r < utf8.RuneSelf {
		return r == ' ' || '\t' <= r && r <= '\r' || 0x1c <= r && r <= 0x1f
	}
	return unicode.IsSpace(r)
}

// Trim returns text without the white space at its ends.
func Trim(text []byte) []byte {
	text = text[span(text, true):]
	for len(text) > 0 {
		r, size := utf8.DecodeLastRune(text)
		if !Is(r) {
			break
		}
		text = text[:len(text)-size]
	}
	return text
}

// Field returns the first field of text, which is empty if there is none, and
// what comes after it. Fields are what white space keeps apart.
func Field(text []byte) (field, rest []byte) {
	text = text[span(text, true):]
	end := span(text, false)
	return text[:end], text[end:]
}

// span returns the length of the run of white, or of other, characters that
// text begins with.
func span(text []byte, white bool) int {
	for i := 0; i < len(text); {
		if c := text[i]; !white && ' ' < c && c < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if Is(r) != white {
			return i
		}
		i += size
	}
	return len(text)
}
