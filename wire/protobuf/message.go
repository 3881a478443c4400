package protobuf

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/plumbago/plumbago/internal/name"
)

// The tags of the fields: their numbers and wire types.
const (
	tagMetrics   = 1<<3 | wireBytes
	tagName      = 1<<3 | wireBytes
	tagPoints    = 2<<3 | wireBytes
	tagTimestamp = 1<<3 | wireVarint
	tagValue     = 2<<3 | wireFixed64
)

// Wire types.
const (
	wireVarint     = 0
	wireFixed64    = 1
	wireBytes      = 2
	wireGroup      = 3
	wireEndOfGroup = 4
	wireFixed32    = 5
)

// How deep groups may lie in each other in a Payload, a Metric and a Point.
const (
	maxDepth    = 100
	metricDepth = maxDepth - 1
	pointDepth  = maxDepth - 2
)

// Reasons to refuse a frame.
const (
	cut        = "the message is cut"
	beyond     = "a length goes beyond the end of what holds it"
	longVarint = "a varint is too long"
	notUTF8    = "a name is not UTF-8"
	noField    = "a field has the number 0"
	noWireType = "the wire types 6 and 7 do not exist"
	strayEnd   = "a group ends that did not begin"
	tooDeep    = "groups lie too deep in each other"
	tooLong    = "the frame is too long"
)

// message is a frame and what was read of it. A read that fails says why, and
// leaves the offset of the field that it is about.
type message struct {
	frame   []byte
	at      int // where reading goes on
	field   int // where the field at hand begins
	why     string
	metrics []named // those with points
	points  []point
}

// named is the place of a metric's name in the frame, and the end of its points
// in the list of points.
type named struct {
	name, size, end int32
	plain           bool // printable ASCII and without tags: canonical as it is
}

type point struct {
	time  uint32
	value float64
}

func (m *message) reset(frame []byte) {
	if cap(m.points) > keepBytes/16 {
		m.points = nil
	}
	if cap(m.metrics) > keepBytes/16 {
		m.metrics = nil
	}
	m.frame, m.at, m.field, m.why = frame, 0, 0, ""
	m.metrics, m.points = m.metrics[:0], m.points[:0]
}

// payload reads the whole frame. Carbon's reader ends in good order at the end of
// a group that did not begin and at a tag of 0, and looks at nothing behind.
func (m *message) payload() bool {
	if len(m.frame) > maxFrame {
		return m.fail(tooLong)
	}
	for m.at < len(m.frame) {
		tag, ok := m.tag(len(m.frame))
		switch {
		case !ok:
		case tag == tagMetrics:
			ok = m.metric()
		case ends(tag):
			return true
		default:
			ok = m.skip(tag, len(m.frame), maxDepth)
		}
		if !ok {
			return false
		}
	}
	return true
}

// metric reads a Metric. Its name may come behind its points, and the last name
// counts.
func (m *message) metric() bool {
	end, ok := m.length(len(m.frame))
	var n named
	first := len(m.points)
	for ok && m.at < end {
		var tag uint32
		tag, ok = m.tag(end)
		switch {
		case !ok:
		case tag == tagPoints:
			ok = m.point(end)
		case tag == tagName:
			n, ok = m.name(end)
		default:
			ok = m.skip(tag, end, metricDepth)
		}
	}
	if n.end = int32(len(m.points)); ok && len(m.points) > first {
		m.metrics = append(m.metrics, n)
	}
	return ok
}

func (m *message) name(end int) (named, bool) {
	stop, ok := m.length(end)
	if !ok {
		return named{}, false
	}
	id := m.frame[m.at:stop]
	n := named{name: int32(m.at), size: int32(len(id)), plain: isPlain(id)}
	if m.at = stop; !n.plain && !utf8.Valid(id) {
		return named{}, m.fail(notUTF8)
	}
	return n, true
}

func isPlain(id []byte) bool { return len(id) > 0 && name.Span(id) == len(id) }

// point reads a Point. What is missing in it is 0.
func (m *message) point(end int) bool {
	end, ok := m.length(end)
	var p point
	for ok && m.at < end {
		var tag uint32
		tag, ok = m.tag(end)
		switch {
		case !ok:
		case tag == tagTimestamp:
			var n uint64
			n, ok = m.varint(end, 10)
			p.time = uint32(n)
		case tag == tagValue:
			p.value, ok = m.double(end)
		default:
			ok = m.skip(tag, end, pointDepth)
		}
	}
	m.points = append(m.points, p)
	return ok
}

func (m *message) double(end int) (float64, bool) {
	if !m.pass(8, end) {
		return 0, false
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(m.frame[m.at-8:])), true
}
