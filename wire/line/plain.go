package line

import (
	"encoding/binary"
	"math/bits"

	"github.com/plumbago/plumbago/internal/name"
)

// plain is where the parts of a plain line lie in its chunk. A plain line is
// canonical but for its end: it may lack the time or have -1 for it, and end
// with CR LF.
type plain struct {
	end   int  // of the last field to keep
	next  int  // start of the next line; 0 if the line is not plain
	timed bool // the last field is the time
}

// Bounds of the texts that are taken without a look at the number they mean.
const (
	maxValueDigits = 300 // what is shorter is finite
	maxTimeDigits  = 17  // what is shorter is less than number.MaxTimestamp
	maxFraction    = 9   // nanoseconds
)

// scan finds the parts of the line at pos if it is plain. Names and numbers of
// ASCII in their usual spelling are; the rest is for the slow path, which need
// not agree on what is plain, only on what is canonical.
func (p *Parser) scan(chunk []byte, pos int) plain {
	end := p.nameEnd(chunk, pos)
	if end == pos || end >= len(chunk) || chunk[end] != ' ' {
		return plain{}
	}
	value := end + 1
	if end = valueEnd(chunk, value); end == value || end >= len(chunk) {
		return plain{}
	}
	if chunk[end] != ' ' {
		return plain{end, afterLineEnd(chunk, end), false}
	}
	time := end + 1
	if time+2 < len(chunk) && chunk[time] == '-' && chunk[time+1] == '1' {
		return plain{end, afterLineEnd(chunk, time+2), false}
	}
	if end = timeEnd(chunk, time); end == time {
		return plain{}
	}
	return plain{end, afterLineEnd(chunk, end), true}
}

// afterLineEnd returns where the line end at pos ends, or 0 if there is none.
func afterLineEnd(chunk []byte, pos int) int {
	if pos < len(chunk) && chunk[pos] == '\n' {
		return pos + 1
	}
	if pos+1 < len(chunk) && chunk[pos] == '\r' && chunk[pos+1] == '\n' {
		return pos + 2
	}
	return 0
}

// nameEnd returns the end of the canonical ASCII name at pos, or pos.
func (p *Parser) nameEnd(chunk []byte, pos int) int {
	end := pos + name.Span(chunk[pos:])
	if end < len(chunk) && chunk[end] == ';' {
		for end < len(chunk) && chunk[end] == ';' {
			end += 1 + name.Span(chunk[end+1:])
		}
		if !p.KeepTags && !name.InOrder(chunk[pos:end]) {
			return pos
		}
	}
	return end
}

// valueEnd returns the end of the decimal number at pos, or pos: digits with at
// most one point, perhaps after a minus.
func valueEnd(chunk []byte, pos int) int {
	start := pos
	if start < len(chunk) && chunk[start] == '-' {
		start++
	}
	end := digitsEnd(chunk, start)
	count := end - start
	if end < len(chunk) && chunk[end] == '.' {
		fraction := end + 1
		end = digitsEnd(chunk, fraction)
		count += end - fraction
	}
	if count == 0 || count > maxValueDigits {
		return pos
	}
	return end
}

// timeEnd returns the end of the canonical time at pos, or pos: digits without
// leading zeros, and a fraction without trailing zeros.
func timeEnd(chunk []byte, pos int) int {
	end := digitsEnd(chunk, pos)
	if count := end - pos; count == 0 || count > maxTimeDigits || count > 1 && chunk[pos] == '0' {
		return pos
	}
	if end < len(chunk) && chunk[end] == '.' {
		fraction := end + 1
		end = digitsEnd(chunk, fraction)
		if count := end - fraction; count == 0 || count > maxFraction || chunk[end-1] == '0' {
			return pos
		}
	}
	return end
}

// digitsEnd returns the end of the digits at pos. One look at eight bytes finds
// it for most values, and leaves two digits of most times.
func digitsEnd(chunk []byte, pos int) int {
	if pos <= len(chunk)-8 {
		if others := nonDigits(binary.LittleEndian.Uint64(chunk[pos : pos+8 : pos+8])); others != 0 {
			return pos + bits.TrailingZeros64(others)/8
		}
		pos += 8
	}
	for pos < len(chunk) && chunk[pos]-'0' <= 9 {
		pos++
	}
	return pos
}

// nonDigits marks in the top bits of w's bytes those that are not digits. The
// lowest mark is exact; a carry can only disturb the bytes above it.
func nonDigits(w uint64) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	d := w ^ ('0' * ones) // 0 to 9 where w has a digit
	return (d | (d + (0x7f-9)*ones)) & tops
}
