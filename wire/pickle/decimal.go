package pickle

import "math"

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
	places := 3
	for places > 0 && n%10 == 0 {
		n, places = n/10, places-1
	}
	return appendDecimal(dst, n, places, f < 0), true
}

// appendDecimal appends n with a point before its last places digits, if any, and
// at least one digit before the point.
func appendDecimal(dst []byte, n uint64, places int, negative bool) []byte {
	var room [20]byte
	at := len(room)
	for ; places > 0; places-- {
		at--
		room[at] = byte('0' + n%10)
		n /= 10
		if places == 1 {
			at--
			room[at] = '.'
		}
	}
	for {
		at--
		room[at] = byte('0' + n%10)
		if n /= 10; n == 0 {
			break
		}
	}
	if negative {
		at--
		room[at] = '-'
	}
	return append(dst, room[at:]...)
}
