package render

import (
	"math"
	"strconv"
	"strings"
)

// The names of results show numbers as Python writes them, since dashboards and
// their overrides know them so.

// repr writes f as Python does: with a fraction, or an exponent where it is very
// large or small.
func repr(f float64) string { return string(appendRepr(nil, f)) }

func appendRepr(dst []byte, f float64) []byte {
	switch size := math.Abs(f); {
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case size == math.Trunc(size) && size < 1<<53 && (f != 0 || !math.Signbit(f)):
		return append(strconv.AppendInt(dst, int64(f), 10), ".0"...)
	case size != 0 && (size < 1e-4 || size >= 1e16):
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	case size == math.Trunc(size):
		return append(strconv.AppendFloat(dst, f, 'f', -1, 64), ".0"...)
	}
	if dst, ok := appendPlaces(dst, f); ok {
		return dst
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

// appendPlaces writes f if it is what a decimal with at most six places reads as.
// With at most 15 digits there is no other as short.
func appendPlaces(dst []byte, f float64) ([]byte, bool) {
	const unit, most = 1e6, 1e15
	scaled := math.Round(f * unit)
	if math.Abs(scaled) >= most || scaled/unit != f {
		return dst, false
	}
	if f < 0 {
		dst, scaled = append(dst, '-'), -scaled
	}
	n := uint64(scaled)
	dst = append(strconv.AppendUint(dst, n/unit, 10), '.')
	for rest, place := n%unit, uint64(unit/10); rest > 0; place /= 10 {
		dst = append(dst, byte('0'+rest/place))
		rest %= place
	}
	return dst, true
}

// short writes f as Python's %g: six digits at most.
func short(f float64) string {
	if math.IsInf(f, 1) {
		return "inf"
	}
	return strings.ToLower(strconv.FormatFloat(f, 'g', 6, 64))
}

// round6 rounds to six places, halves to the even digit, as Python does: by the
// exact decimal value of f.
func round6(f float64) float64 {
	const places = 1e6
	scaled := f * places
	if math.Abs(scaled) >= 1<<52 || math.IsNaN(f) {
		return f
	}
	_, fraction := math.Modf(scaled)
	if math.Abs(math.Abs(fraction)-0.5) > 1e-3 && math.Abs(scaled) < 1<<40 {
		return math.Round(scaled) / places // too far from a half for the product's own rounding to matter
	}
	return roundPlaces(f, 6)
}

// roundPlaces rounds by the decimal digits; negative places are those before the point.
func roundPlaces(f float64, places int) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return f
	}
	if places >= 0 {
		r, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', min(places, 400), 64), 64)
		return r
	}
	unit := math.Pow10(-places)
	return math.RoundToEven(f/unit) * unit
}
