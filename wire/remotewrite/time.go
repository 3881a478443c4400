package remotewrite

import "bytes"

// maxSeconds is how many digits the seconds of a time can have, so that its
// milliseconds are a number of 64 bits.
const maxSeconds = 15

// Milliseconds reads the time of a canonical line, rounded to a millisecond, and
// reports whether it is one that messages can hold.
func Milliseconds(text []byte) (int64, bool) {
	sign := int64(1)
	if len(text) > 0 && text[0] == '-' {
		text, sign = text[1:], -1
	}
	seconds, fraction := text, []byte(nil)
	if dot := bytes.IndexByte(text, '.'); dot >= 0 {
		seconds, fraction = text[:dot], text[dot+1:]
	}
	if len(seconds) > maxSeconds {
		return 0, false
	}
	var n int64
	for _, c := range seconds {
		n = 10*n + int64(c-'0')
	}
	if len(fraction) == 0 {
		return sign * 1000 * n, true
	}
	return sign * (1000*n + thousandths(fraction)), true
}

// thousandths returns a decimal fraction in thousandths, rounded.
func thousandths(fraction []byte) (n int64) {
	for i := range 3 {
		n *= 10
		if i < len(fraction) {
			n += int64(fraction[i] - '0')
		}
	}
	if len(fraction) > 3 && fraction[3] >= '5' {
		n++
	}
	return n
}
