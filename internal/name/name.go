// Package name knows which names a canonical line can carry, and the order of
// tags in them.
package name

import (
	"encoding/binary"
	"math/bits"
	"unicode"
	"unicode/utf8"

	"github.com/plumbago/plumbago/internal/space"
	"github.com/plumbago/plumbago/metric"
)

// Check returns why a canonical line cannot carry name, or "" if it can: it is
// not empty, is UTF-8, and has neither white space nor control characters in it.
func Check(name []byte) metric.Reason {
	if len(name) == 0 {
		return metric.Name
	}
	for i := Span(name); i < len(name); i += 1 + Span(name[i+1:]) {
		if c := name[i]; c != ';' && c != '?' && c != '{' {
			return checkRunes(name[i:])
		}
	}
	return ""
}

func checkRunes(name []byte) metric.Reason {
	if !utf8.Valid(name) {
		return metric.UTF8
	}
	for _, r := range string(name) {
		if space.Is(r) || unicode.IsControl(r) {
			return metric.Name
		}
	}
	return ""
}

// Span returns the length of the run that text begins with of printable ASCII
// characters other than the blank, the semicolon, the question mark and the
// opening brace. That is all of most names, and the name or a tag of most tagged
// ones; no name in the notation of OpenMetrics is all span.
func Span(text []byte) int {
	i := 0
	for ; i <= len(text)-8; i += 8 {
		if ends := spanEnds(binary.LittleEndian.Uint64(text[i : i+8 : i+8])); ends != 0 {
			return i + bits.TrailingZeros64(ends)/8
		}
	}
	for i < len(text) && ' ' < text[i] && text[i]|semicolonToDel < 0x7f {
		i++
	}
	return i
}

// semicolonToDel are the bits in which the semicolon is not DEL. Setting them
// makes DEL of those two, of the question mark and of the opening brace, and of
// nothing else: one comparison finds them all.
const semicolonToDel = ';' ^ 0x7f

// spanEnds marks in the top bits of w's bytes those that end a span. The lowest
// mark is exact; a carry or borrow can only disturb the bytes above it.
func spanEnds(w uint64) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	blank := w - '!'*ones
	del := (w | semicolonToDel*ones) + ones
	return (w | blank | del) & tops
}
