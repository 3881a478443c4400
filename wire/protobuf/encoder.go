package protobuf

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/plumbago/plumbago/internal/number"
	"github.com/plumbago/plumbago/metric"
)

// What an Encoder does unless told otherwise. A frame of carbon's relay has 500
// points at most, and its receiver takes 1 MiB.
const (
	DefaultMaxFrame  = 512 << 10
	DefaultMaxPoints = 500
)

// Encoder writes frames as carbon's relay does, byte for byte: points grouped by
// name in the order in which the names come first, times cut to whole seconds.
// Its zero value is ready. One goroutine at a time may use it.
type Encoder struct {
	MaxFrame  int    // bytes in a frame, behind its length; DefaultMaxFrame if 0
	MaxPoints int    // points in a frame; DefaultMaxPoints if 0
	Prefix    string // put before each name
	Reject    Reject // told of points that the protocol cannot carry; may be nil

	groups  groups
	samples []sample // of the frame
	size    int      // of the frame, at most
	times   lastTime // of the batch
}

// sample is a point in a frame that is being gathered.
type sample struct {
	bits uint64 // of the value
	time uint32
	next int32 // sample of the same name
}

// AppendFrames appends frames with all points of b, each behind its length of
// four bytes. A frame is within both limits, unless one point alone is longer. A
// point whose time is before 1970 or after 2106 is left out and rejected with the
// reason metric.Timestamp: the protocol has no such times.
func (e *Encoder) AppendFrames(dst []byte, b metric.Batch) []byte {
	maxFrame, maxPoints := e.limits()
	for rest := b.Lines; len(rest) > 0; {
		var l metric.Line
		l, rest = metric.Next(rest)
		time, ok := e.times.parse(l.Timestamp)
		if !ok {
			e.reject(l)
			continue
		}
		if n := len(e.samples); n > 0 && (n == maxPoints || e.size+e.most(l) > maxFrame) {
			dst = e.flush(dst)
		}
		e.add(l, time)
	}
	dst, e.times = e.flush(dst), lastTime{}
	return dst
}

func (e *Encoder) reject(l metric.Line) {
	if e.Reject != nil {
		e.Reject(metric.Timestamp, describe(l.Name))
	}
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

// How long a metric can be without its name and points, and a point.
const (
	maxHead  = 2 * (1 + 5)
	maxPoint = 2 + 1 + 5 + 1 + 8
)

// most returns by how much a point can lengthen a frame.
func (e *Encoder) most(l metric.Line) int {
	return maxHead + len(e.Prefix) + len(l.Name) + maxPoint
}

func (e *Encoder) add(l metric.Line, time uint32) {
	g, known := e.groups.of(l.Name)
	if known {
		e.size += maxPoint
	} else {
		e.size += e.most(l)
	}
	s := sample{bits: math.Float64bits(parse(l.Value)), time: time}
	at := int32(len(e.samples))
	e.samples = append(e.samples, s)
	if known {
		e.samples[g.last].next = at
	} else {
		g.first = at
	}
	g.last = at
	g.size += fieldSize(s.size())
}

// flush appends the frame of the samples, if there are any.
func (e *Encoder) flush(dst []byte) []byte {
	if len(e.samples) == 0 {
		return dst
	}
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	for i := range e.groups.list {
		dst = e.appendMetric(dst, &e.groups.list[i])
	}
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	e.samples, e.size = e.samples[:0], 0
	e.groups.clear()
	return dst
}

func (e *Encoder) appendMetric(dst []byte, g *group) []byte {
	name := len(e.Prefix) + len(g.name)
	dst = binary.AppendUvarint(append(dst, tagMetrics), uint64(fieldSize(name)+g.size))
	dst = binary.AppendUvarint(append(dst, tagName), uint64(name))
	dst = append(append(dst, e.Prefix...), g.name...)
	for i := g.first; ; i = e.samples[i].next {
		if dst = e.samples[i].append(dst); i == g.last {
			return dst
		}
	}
}

// append appends a point. A time or value of 0 is left out.
func (s *sample) append(dst []byte) []byte {
	dst = append(dst, tagPoints, byte(s.size()))
	if s.time != 0 {
		dst = binary.AppendUvarint(append(dst, tagTimestamp), uint64(s.time))
	}
	if s.bits != 0 {
		dst = binary.LittleEndian.AppendUint64(append(dst, tagValue), s.bits)
	}
	return dst
}

func (s *sample) size() (n int) {
	if s.time != 0 {
		n += 1 + varintSize(uint64(s.time))
	}
	if s.bits != 0 {
		n += 1 + 8
	}
	return n
}

// fieldSize returns the length of a field that holds so many bytes.
func fieldSize(n int) int { return 1 + varintSize(uint64(n)) + n }

func varintSize(n uint64) (size int) {
	for size = 1; n >= 0x80; n >>= 7 {
		size++
	}
	return size
}

// lastTime remembers what the last timestamp was read as, since many points in a
// row have the same.
type lastTime struct {
	text []byte
	time uint32
	ok   bool
}

// parse returns a time in whole seconds, and whether the protocol has it.
func (l *lastTime) parse(t []byte) (uint32, bool) {
	if !bytes.Equal(t, l.text) {
		seconds := math.Trunc(parse(t))
		l.text, l.ok = t, 0 <= seconds && seconds <= math.MaxUint32
		l.time = 0
		if l.ok {
			l.time = uint32(seconds)
		}
	}
	return l.time, l.ok
}

// parse reads a number of a canonical line.
func parse(t []byte) float64 {
	f, ok := number.Parse(t)
	if !ok {
		return math.NaN() // not in a canonical line; carbon drops it
	}
	return f
}
