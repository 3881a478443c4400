package tidy

import "encoding/binary"

// wholeSeconds reads a canonical timestamp, without its fraction.
func wholeSeconds(text []byte) int64 {
	if len(text) == usualDigits {
		first := binary.LittleEndian.Uint64(text) - '0'*ones
		tens, units := text[8]-'0', text[9]-'0'
		if (first+(0x7f-9)*ones|first)&tops == 0 && tens <= 9 && units <= 9 {
			return 100*eightDigits(first) + int64(10*tens+units)
		}
	}
	return anySeconds(text)
}

// usualDigits is how many the times from 2001 to 2286 have.
const usualDigits = 10

// eightDigits makes one number of the digits in the bytes of word, of which the
// lowest is the first: of pairs of bytes, then of pairs of those.
func eightDigits(word uint64) int64 {
	word = (10*word + word>>8) & 0x00ff00ff00ff00ff
	word = (100*word + word>>16) & 0x0000ffff0000ffff
	return int64((10_000*word + word>>32) & 0xffffffff)
}

// anySeconds takes what is too far off for an int64 as the farthest time.
func anySeconds(text []byte) int64 {
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	const most = 1e18
	var t int64
	for _, c := range text {
		if c-'0' > 9 {
			break
		}
		if t >= most/10 {
			t = most
			break
		}
		t = 10*t + int64(c-'0')
	}
	if negative {
		return -t
	}
	return t
}
