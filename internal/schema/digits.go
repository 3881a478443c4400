package schema

import (
	"math"
	"strings"
	"unicode"

	"github.com/plumbago/plumbago/internal/number"
)

// wholeNumber reads digits, of any script as Python does.
func wholeNumber(text string) (int64, bool) {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return !unicode.Is(unicode.Nd, r) }) {
		return 0, false
	}
	f, ok := number.Parse([]byte(text))
	if !ok || f >= math.MaxUint32 {
		return 0, false
	}
	return int64(f), true
}
