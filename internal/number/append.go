package number

import (
	"math"
	"strconv"
)

// Between these magnitudes AppendFloat writes plain digits.
const (
	minDigits = 1e-6
	maxDigits = 1e21
)

// maxExact is a bound below which whole float64s are exact as int64.
const maxExact = 1 << 53

// AppendFloat appends the shortest text that reads back as f: plain digits
// where that is sensible, an exponent for the very large and very small, inf,
// -inf and nan.
func AppendFloat(dst []byte, f float64) []byte {
	if n := int64(f); float64(n) == f && -maxExact < n && n < maxExact && (n != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(dst, n, 10)
	}
	switch size := math.Abs(f); {
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case size != 0 && (size < minDigits || size >= maxDigits):
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

// MaxTimestamp is the first time too far off to be a time in seconds, and
// MinFraction the smallest distance from 1970 that is told from none.
const (
	MaxTimestamp = 1e18
	MinFraction  = 1e-9
)

// AppendTimestamp appends t as canonical lines hold times: digits, and a
// fraction if t has one, never an exponent; now for a t that truncates to -1.
// It reports false for what is no time: NaN, and what is MaxTimestamp or more
// away from 1970.
func AppendTimestamp(dst []byte, t float64, now int64) ([]byte, bool) {
	switch size := math.Abs(t); {
	case -2 < t && t <= -1:
		return strconv.AppendInt(dst, now, 10), true
	case !(size < MaxTimestamp):
		return dst, false
	case size < MinFraction:
		return append(dst, '0'), true
	case t == math.Trunc(t):
		return strconv.AppendInt(dst, int64(t), 10), true
	}
	return strconv.AppendFloat(dst, t, 'f', -1, 64), true
}
