package pickle

import (
	"encoding/binary"
	"math"
)

const (
	// maxUsualTail is how long the instructions of a usual point can be behind its
	// name, with the next one.
	maxUsualTail = 5 + 10 + 10 + 1 + 5 + 1 + 5 + 1
	// maxEnd is how much of a frame may be left to be read with room behind it.
	maxEnd = 512
	// unusualFrames is how many frames are the machine's behind one that was not
	// usual: what one sender writes is mostly alike.
	unusualFrames = 16
)

// usual reads, without making objects, the frames that nearly all senders write:
// one list of (name, (timestamp, value)) with binary numbers, in which nothing
// refers to what was before. It makes the lines that the machine would make. It
// returns false, and has told nobody anything, where there is something else in
// the frame, or a point to reject.
func (d *Decoder) usual() bool {
	if d.unusual > 0 {
		d.unusual--
		return false
	}
	at, state := d.usualPoints(d.frame, usualStart(d.frame), atList)
	if rest := d.frame[at:]; at > 0 && len(rest) <= maxEnd {
		clear(d.end[copy(d.end[:], rest):])
		if at, state = d.usualPoints(d.end[:], 0, state); state == atList && d.end[at] == opStop {
			return true
		}
	}
	d.lines, d.count, d.timeText = d.lines[:0], 0, d.timeText[:0]
	d.unusual = unusualFrames
	return false
}

// usualStart returns where the first points are behind the empty list, or 0.
func usualStart(f []byte) (at int) {
	if len(f) < 2+9+1+5 || len(f) > maxFrame {
		return 0
	}
	if f[0] == opProto && f[1] <= 5 {
		at = 2
	}
	if f[at] == opFrame {
		at += 9
		if binary.LittleEndian.Uint64(f[at-8:]) > uint64(len(f)-at) {
			return 0
		}
	}
	if f[at] != opEmptyList {
		return 0
	}
	return at + 1 + putSize(f, at+1)
}

// usualState is what lies above the list on the stack.
type usualState int

const (
	atList usualState = iota // nothing
	marked                   // a mark, and any number of points
	single                   // a point
)

// usualPoints appends the lines of all points from a place on, and returns where
// there is something else or the frame ends too soon behind.
func (d *Decoder) usualPoints(f []byte, at int, state usualState) (int, usualState) {
	for 0 <= at && at < len(f) {
		switch op := f[at]; {
		case state == atList && op == opMark:
			at, state = at+1, marked
		case state == marked && op == opAppends, state == single && op == opAppend:
			at, state = at+1, atList
		case state == single:
			return at, state
		default:
			next := d.usualPoint(f, at)
			if next == 0 {
				return at, state
			}
			if at = next; state == atList {
				state = single
			}
		}
	}
	return at, state
}

// usualPoint appends the line of the point at a place, and returns where it ends,
// or 0.
func (d *Decoder) usualPoint(f []byte, at int) (end int) {
	start, size := usualName(f, at)
	if start == 0 || size > len(f)-start-maxUsualTail {
		return 0
	}
	at = start + size
	n := f[start:at]
	at += putSize(f, at)
	timestamp, tsize := usualNumber(f, at)
	v, vsize := usualNumber(f, at+tsize)
	at += tsize + vsize
	if tsize == 0 || vsize == 0 || f[at] != opTuple2 {
		return 0
	}
	at += 1 + putSize(f, at+1)
	if f[at] != opTuple2 {
		return 0
	}
	if !d.usualLine(n, timestamp, v) {
		return 0
	}
	return at + 1 + putSize(f, at+1)
}

// usualLine appends a line, unless the point is to be rejected.
func (d *Decoder) usualLine(n []byte, timestamp, v float64) bool {
	dst, reason := d.appendName(d.lines, n)
	if reason == "" {
		dst, reason = appendNumber(append(dst, ' '), v)
	}
	if reason == "" {
		dst, reason = d.appendTime(append(dst, ' '), timestamp)
	}
	if reason != "" {
		return false
	}
	d.lines = dst
	d.count++
	return true
}

// usualName returns where the text lies that the instruction at a place pushes, or 0.
func usualName(f []byte, at int) (start, size int) {
	rest := f[at:]
	if len(rest) < 5 {
		return 0, 0
	}
	switch rest[0] {
	case opBinUnicode, opBinString:
		return at + 5, int(binary.LittleEndian.Uint32(rest[1:]))
	case opShortUnicode, opShortBinString:
		return at + 2, int(rest[1])
	}
	return 0, 0
}

// usualNumber returns the number that the instruction at a place pushes, and the
// instruction's length, or 0.
func usualNumber(f []byte, at int) (v float64, size int) {
	switch f[at] {
	case opBinInt:
		return float64(int32(binary.LittleEndian.Uint32(f[at+1:]))), 5
	case opBinFloat:
		return math.Float64frombits(binary.BigEndian.Uint64(f[at+1:])), 9
	case opBinInt1:
		return float64(f[at+1]), 2
	case opBinInt2:
		return float64(binary.LittleEndian.Uint16(f[at+1:])), 3
	case opLong1:
		if n := int(f[at+1]); n <= 8 {
			return longToFloat(f[at+2 : at+2+n]), 2 + n
		}
	}
	return 0, 0
}

// putSize returns the length of the instruction at a place if it remembers an
// object, or 0.
func putSize(f []byte, at int) int {
	switch f[at] {
	case opMemoize:
		return 1
	case opBinPut:
		return 2
	case opLongBinPut:
		return 5
	}
	return 0
}
