package pickle

import (
	"math"
	"strconv"
)

// appendThousandths appends f if it is a number of thousandths of at most 15
// digits, as most values are, and else reports false. No other number of so few
// digits reads back as f, so that this is its shortest text.
func appendThousandths(dst []byte, f float64) ([]byte, bool) {
	size := math.Abs(f)
	if !(size < 1e12) {
		return dst, false
	}
	n := uint64(size*1000 + 0.5)
	if float64(n)/1000 != size || n == 0 {
		return dst, false
	}
	if f < 0 {
		dst = append(dst, '-')
	}
	dst = strconv.AppendUint(dst, n/1000, 10)
	if rest := n % 1000; rest != 0 {
		dst = appendFraction(dst, rest)
	}
	return dst, true
}

// appendFraction appends thousandths, of which there are some, behind a point.
func appendFraction(dst []byte, n uint64) []byte {
	dst = append(dst, '.', byte('0'+n/100))
	if n %= 100; n != 0 {
		dst = append(dst, byte('0'+n/10))
	}
	if n %= 10; n != 0 {
		dst = append(dst, byte('0'+n))
	}
	return dst
}
