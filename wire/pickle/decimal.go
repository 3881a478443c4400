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
	n := int64(size*1000 + 0.5)
	if float64(n)/1000 != size || n == 0 {
		return dst, false
	}
	if f < 0 {
		dst = append(dst, '-')
	}
	dst = appendWhole(dst, uint64(n)/1000)
	if rest := uint32(uint64(n) % 1000); rest != 0 {
		dst = appendFraction(dst, rest)
	}
	return dst, true
}

// appendWhole appends n, two digits at a time.
func appendWhole(dst []byte, n uint64) []byte {
	var room [20]byte
	at := len(room)
	for n >= 10 {
		at -= 2
		two := n % 100
		n /= 100
		room[at], room[at+1] = byte('0'+two/10), byte('0'+two%10)
	}
	if n > 0 || at == len(room) {
		at--
		room[at] = byte('0' + n)
	}
	return append(dst, room[at:]...)
}

// appendFraction appends thousandths, of which there are some, behind a point.
func appendFraction(dst []byte, n uint32) []byte {
	tenths, hundredths, thousandths := byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10)
	switch {
	case thousandths != '0':
		return append(dst, '.', tenths, hundredths, thousandths)
	case hundredths != '0':
		return append(dst, '.', tenths, hundredths)
	}
	return append(dst, '.', tenths)
}
