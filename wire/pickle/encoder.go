package pickle

import (
	"encoding/binary"
	"math"

	"github.com/plumbago/plumbago/metric"
)

// What an Encoder does unless told otherwise. A frame of carbon's relay has 500
// points at most, and its receiver takes 1 MiB.
const (
	DefaultMaxFrame  = 512 << 10
	DefaultMaxPoints = 500
)

// Encoder writes frames as carbon's relay does, byte for byte: protocol 2, with
// times and values as floats. Its zero value is ready. One goroutine at a time
// may use it.
type Encoder struct {
	MaxFrame  int    // bytes in a frame, behind its length; DefaultMaxFrame if 0
	MaxPoints int    // points in a frame; DefaultMaxPoints if 0
	Prefix    string // put before each name

	dst   []byte
	start int // of the frame's payload in dst
	marks int // items behind the last MARK
	count int // items in the frame
	memo  uint32
	times lastTime    // of the batch
	chars [256]uint32 // memo index of each name of one character below U+0100, or 0
}

// AppendFrames appends frames with all points of b, each behind its length of
// four bytes. A frame is within both limits, unless one point alone is longer.
func (e *Encoder) AppendFrames(dst []byte, b metric.Batch) []byte {
	e.dst, e.count = dst, 0
	maxFrame, maxPoints := e.limits()
	for rest := b.Lines; len(rest) > 0; {
		var p point
		p, rest = e.times.next(rest)
		if e.count > 0 && (e.count == maxPoints || e.size()+len(e.Prefix)+len(p.name)+maxItem > maxFrame) {
			e.end()
		}
		if e.count == 0 {
			e.begin()
		}
		e.item(p)
	}
	if e.count > 0 {
		e.end()
	}
	dst, e.dst, e.times = e.dst, nil, lastTime{}
	return dst
}

func (e *Encoder) limits() (maxFrame, maxPoints int) {
	maxFrame, maxPoints = e.MaxFrame, e.MaxPoints
	if maxFrame <= 0 {
		maxFrame = DefaultMaxFrame
	}
	if maxPoints <= 0 {
		maxPoints = DefaultMaxPoints
	}
	return maxFrame, maxPoints
}

func (e *Encoder) size() int { return len(e.dst) - e.start }

// maxItem is how long an item and what follows the last one can be, without the
// name: two runs' ends, a MARK, five for the name's length, five for each of
// three indexes, two floats, two tuples.
const maxItem = 3 + 1 + 5 + 3*5 + 2*9 + 2

// maxRun is how many items CPython puts behind one MARK.
const maxRun = 1000

func (e *Encoder) begin() {
	e.dst = append(e.dst, 0, 0, 0, 0, opProto, 2, opEmptyList, opBinPut, 0)
	e.start = len(e.dst) - 5
	e.memo, e.marks = 1, 0
	clear(e.chars[:])
}

// end finishes the frame, and sets its length.
func (e *Encoder) end() {
	e.endRun()
	e.dst = append(e.dst, opStop)
	binary.BigEndian.PutUint32(e.dst[e.start-4:], uint32(e.size()))
	e.count = 0
}

// endRun appends the items behind the last MARK to the list. The MARK before an
// item that is the only one of its frame is taken out again.
func (e *Encoder) endRun() {
	if e.marks = 0; e.count > 1 {
		e.dst = append(e.dst, opAppends)
		return
	}
	first := e.start + len("\x80\x02]q\x00")
	copy(e.dst[first:], e.dst[first+1:])
	e.dst[len(e.dst)-1] = opAppend
}

func (e *Encoder) item(p point) {
	if e.marks == maxRun {
		e.endRun()
	}
	if e.marks == 0 {
		e.dst = append(e.dst, opMark)
	}
	e.marks++
	e.count++
	b := e.appendName(e.dst, p.name)
	if e.memo > 255 {
		b = appendLongTail(b, p, e.memo)
	} else {
		b = appendFloat(b, p.time)
		b = appendFloat(b, p.value)
		b = appendIndex(append(b, opTuple2), opBinPut, opLongBinPut, e.memo)
		b = appendIndex(append(b, opTuple2), opBinPut, opLongBinPut, e.memo+1)
	}
	e.dst, e.memo = b, e.memo+2
}

// longTail is what follows the name of a point whose indexes are long.
const longTail = "G\x00\x00\x00\x00\x00\x00\x00\x00G\x00\x00\x00\x00\x00\x00\x00\x00\x86r\x00\x00\x00\x00\x86r\x00\x00\x00\x00"

func appendLongTail(b []byte, p point, memo uint32) []byte {
	b = append(b, longTail...)
	tail := (*[len(longTail)]byte)(b[len(b)-len(longTail):])
	binary.BigEndian.PutUint64(tail[1:], math.Float64bits(p.time))
	binary.BigEndian.PutUint64(tail[10:], math.Float64bits(p.value))
	binary.LittleEndian.PutUint32(tail[20:], memo)
	binary.LittleEndian.PutUint32(tail[26:], memo+1)
	return b
}

// appendName appends a name. Python has each character below U+0100 once, so
// that a name of one such is referred to where it comes again.
func (e *Encoder) appendName(b, n []byte) []byte {
	if c := oneChar(n); c >= 0 && e.Prefix == "" {
		if e.chars[c] != 0 {
			return appendIndex(b, opBinGet, opLongBinGet, e.chars[c])
		}
		e.chars[c] = e.memo
	}
	b = binary.LittleEndian.AppendUint32(append(b, opBinUnicode), uint32(len(e.Prefix)+len(n)))
	b = append(append(b, e.Prefix...), n...)
	e.memo++
	return appendIndex(b, opBinPut, opLongBinPut, e.memo-1)
}

// oneChar returns the character that n is, if it is one below U+0100, or -1.
func oneChar(n []byte) int {
	switch {
	case len(n) == 1:
		return int(n[0])
	case len(n) == 2 && (n[0] == 0xc2 || n[0] == 0xc3):
		return int(n[0]&3)<<6 | int(n[1]&0x3f)
	}
	return -1
}

// appendIndex appends an instruction on the memo, in its short form if it can.
func appendIndex(b []byte, short, long byte, memo uint32) []byte {
	if memo < 256 {
		return append(b, short, byte(memo))
	}
	return append(b, long, byte(memo), byte(memo>>8), byte(memo>>16), byte(memo>>24))
}

func appendFloat(b []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(append(b, opBinFloat), math.Float64bits(f))
}
