package pickle

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/internal/number"
	"github.com/plumbago/plumbago/internal/space"
	"github.com/plumbago/plumbago/metric"
)

// items turns what iterating the pickle's object yields into lines.
func (d *Decoder) items(result value) (why string) {
	switch result.kind() {
	case tuple, frozenset, list, dict, set:
		return d.each(d.elementsOf(result))
	case text:
		return d.unfit(utf8.RuneCount(d.textOf(result)), "a character")
	case raw, rawBuffer:
		return d.unfit(result.count(), "a number")
	}
	return "the pickle is " + kindNames[result.kind()] + ", not a list of points"
}

// unfit rejects all items of text or bytes, none of which can be a point.
func (d *Decoder) unfit(count int, what string) string {
	for range count {
		d.reject(metric.Fields, what)
	}
	return ""
}

func (d *Decoder) each(items []value) string {
	for _, item := range items {
		id, point, ok := d.pairOf(item)
		if !ok {
			d.reject(metric.Fields, kindNames[item.kind()])
			continue
		}
		timestamp, v, ok := d.pairOf(point)
		if !ok {
			d.reject(metric.Fields, d.describe(id))
			continue
		}
		if d.point(id, timestamp, v); d.budget < 0 {
			return "objects that are used again and again make far more text than the frame has bytes"
		}
	}
	return ""
}

// point appends the line of one item, or rejects it.
func (d *Decoder) point(id, timestamp, v value) {
	start := len(d.lines)
	line, reason := d.appendLine(d.lines, id, timestamp, v)
	if reason != "" {
		d.reject(reason, d.describe(id))
		return
	}
	d.lines = line
	d.count++
	d.budget -= max(0, len(line)-start-id.count())
}

func (d *Decoder) appendLine(dst []byte, id, timestamp, v value) ([]byte, metric.Reason) {
	switch id.kind() {
	case text, raw, rawBuffer:
	default:
		return dst, metric.Name
	}
	dst, reason := d.appendName(dst, d.look(id))
	if reason == "" {
		dst, reason = d.appendValue(append(dst, ' '), v)
	}
	if reason == "" {
		dst, reason = d.appendTimestamp(append(dst, ' '), timestamp)
	}
	return dst, reason
}

func (d *Decoder) appendName(dst, n []byte) ([]byte, metric.Reason) {
	if len(n) > 0 && name.Span(n) == len(n) {
		return append(dst, n...), "" // printable ASCII without tags in either notation
	}
	if reason := name.Check(n); reason != "" {
		return dst, reason
	}
	if d.KeepTags {
		return append(dst, n...), ""
	}
	return name.AppendCanonical(dst, n), ""
}

func (d *Decoder) appendValue(dst []byte, v value) ([]byte, metric.Reason) {
	f, ok := d.float(v)
	if !ok {
		return dst, metric.Value
	}
	return appendNumber(dst, f)
}

func appendNumber(dst []byte, f float64) ([]byte, metric.Reason) {
	if math.IsNaN(f) {
		return dst, metric.NaN
	}
	dst, ok := appendThousandths(dst, f)
	if !ok {
		dst = number.AppendFloat(dst, f)
	}
	return dst, ""
}

func (d *Decoder) appendTimestamp(dst []byte, t value) ([]byte, metric.Reason) {
	f, ok := d.float(t)
	if !ok {
		return dst, metric.Timestamp
	}
	return d.appendTime(dst, f)
}

// appendTime appends the end of a line. Most points of a frame are of one time,
// whose text is kept.
func (d *Decoder) appendTime(dst []byte, f float64) ([]byte, metric.Reason) {
	if f != d.time || len(d.timeText) == 0 {
		var ok bool
		if d.timeText, ok = number.AppendTimestamp(d.timeText[:0], f, d.now); !ok {
			d.timeText = d.timeText[:0]
			return dst, metric.Timestamp
		}
		d.time, d.timeText = f, append(d.timeText, '\n')
	}
	return append(dst, d.timeText...), ""
}

// float returns what Python's float makes of an object.
func (d *Decoder) float(v value) (f float64, ok bool) {
	if f, ok = d.floatOf(v); ok {
		return f, true
	}
	switch v.kind() {
	case text:
		t := d.look(v)
		f, ok = number.Parse(space.Trim(t))
		return f, ok && !bytes.ContainsAny(t, "\x1c\x1d\x1e\x1f") // space to strip, but not to float
	case raw, rawBuffer:
		t := d.look(v)
		f, ok = number.Parse(trim(t))
		return f, ok && isASCII(t)
	}
	return 0, false
}

// look returns text that has to be gone through, which counts against the budget:
// many items can share it. Text far longer than any name or number counts more,
// since sorting its tags or rounding its digits takes longer for each byte.
func (d *Decoder) look(v value) []byte {
	t := d.textOf(v)
	if d.budget -= len(t); len(t) > longText {
		d.budget -= longFactor * len(t)
	}
	return t
}

func isASCII(t []byte) bool {
	for _, c := range t {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// A description holds so much of a name, and so many items of a frame are
// described.
const (
	maxDescribed = 80
	maxRejected  = 100
)

func (d *Decoder) describe(id value) string {
	k := id.kind()
	switch {
	case d.Reject == nil || d.rejected > maxRejected:
		return "a point"
	case k != text && k != raw && k != rawBuffer:
		return "a point whose name is " + kindNames[k]
	}
	d.rejected++
	n := d.textOf(id)
	return "a point of the name " + strconv.Quote(string(n[:min(len(n), maxDescribed)]))
}

func (d *Decoder) reject(reason metric.Reason, item string) {
	if d.Reject != nil {
		d.Reject(reason, item)
	}
}
