// Package json reads points that are written as JSON: an array of objects, or of
// arrays,
//
//	[{"name": "a.b", "value": 1.5, "timestamp": 1700000000, "tags": {"dc": "eu"}},
//	 ["a.b", 1.5, 1700000000],
//	 ["a.b", [1700000000, 1.5]]]
//
// A name may also be called metric or path, and a timestamp time. Numbers may be
// written as text. A point without a time, or with null or -1 for it, is of the
// present. Tags may be an array of "tag=value" as well. One object that stands for
// itself is one point. Other members of objects are passed over.
//
// It knows nothing of sockets, and takes the time as an argument.
package json

import (
	"fmt"

	"github.com/plumbago/plumbago/metric"
)

// Bounds of one body.
const (
	defaultMaxLine = 64 << 10
	maxDepth       = 64
	keepBytes      = 4 << 20 // memory kept from one body to the next
)

// Reject is told of each item that is not taken, counted from 1, and why. name is
// what the item has for one, if it is text, and valid during the call only. A body
// can be refused behind items that were rejected.
type Reject func(reason metric.Reason, item int, name []byte)

// BodyError says why a whole body was refused.
type BodyError struct {
	Offset int    // of the culprit, in the body
	Why    string // a sentence for people, with nothing of the body in it
}

// Error names the place and the reason.
func (e *BodyError) Error() string {
	return fmt.Sprintf("json refused at byte %d: %s", e.Offset, e.Why)
}

// Decoder turns bodies into canonical lines. Its zero value is ready. It keeps its
// memory from body to body, so that decoding allocates nothing once it has seen
// bodies of the usual size. One goroutine at a time may use it.
type Decoder struct {
	MaxLine int    // points whose lines are longer, without their ends, are rejected; 0 means 64 KiB
	Reject  Reject // may be nil

	// KeepTags leaves names as they came: tags in the order of the sender.
	KeepTags bool

	scanner
	lines    []byte
	count    int // of lines
	item     int // the one at hand, from 1
	point    point
	name     []byte // a name and its tags, before they are in order
	now      int64
	time     []byte // as the last point had it
	timeText []byte // the canonical time of that, and the line's end
}

// Decode reads a body. The batch is valid until the next call. An error is a
// *BodyError: the body is not the JSON that it should be, and the batch is empty.
// A time that means the present becomes now (seconds).
//
// Decode never panics. Its time and memory are bounded by a small multiple of the
// body's length.
func (d *Decoder) Decode(body []byte, now int64) (metric.Batch, error) {
	d.reset(body, now)
	ok := d.items() && d.end()
	d.body = nil
	if !ok {
		return metric.Batch{}, &BodyError{d.at, d.why}
	}
	return metric.Batch{Lines: d.lines, Points: d.count}, nil
}

func (d *Decoder) reset(body []byte, now int64) {
	d.scanner.reset(body)
	if max(cap(d.lines), cap(d.point.tags)) > keepBytes {
		d.lines, d.point.tags = nil, nil
	}
	d.lines, d.count, d.item = d.lines[:0], 0, 0
	d.now, d.timeText = now, d.timeText[:0]
}

// items reads the one value that a body is.
func (d *Decoder) items() bool {
	switch d.peek() {
	case '{':
		return d.nextItem()
	case '[':
		return d.elements(d.nextItem)
	}
	return d.fail("a body is an array of points, or one point as an object")
}

// nextItem reads an item and takes it or rejects it.
func (d *Decoder) nextItem() bool {
	d.item++
	d.unescaped = d.unescaped[:0]
	d.point.reset()
	var ok bool
	switch d.peek() {
	case '{':
		ok = d.members(d.member)
	case '[':
		ok = d.elements(d.element)
		d.point.checkElements()
	default:
		ok = d.skip()
		d.point.fault = metric.JSON
	}
	if ok {
		d.take()
	}
	return ok
}

// take appends the line of the point at hand, or rejects it.
func (d *Decoder) take() {
	lines, reason := d.appendLine(d.lines)
	if reason == "" && len(lines)-len(d.lines)-1 > d.maxLine() {
		reason = metric.TooLong
	}
	if reason == "" {
		d.lines = lines
		d.count++
		return
	}
	if d.Reject != nil {
		d.Reject(reason, d.item, d.point.name.ifText())
	}
}

func (d *Decoder) maxLine() int {
	if d.MaxLine > 0 {
		return d.MaxLine
	}
	return defaultMaxLine
}
