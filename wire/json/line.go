package json

import (
	"bytes"
	"math"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/internal/number"
	"github.com/plumbago/plumbago/internal/space"
	"github.com/plumbago/plumbago/metric"
)

// appendLine appends the canonical line of the point at hand, or says why it has
// none.
func (d *Decoder) appendLine(dst []byte) ([]byte, metric.Reason) {
	p := &d.point
	switch {
	case p.fault != "":
		return dst, p.fault
	case p.name.kind == none || p.value.kind == none:
		return dst, metric.Fields
	case len(p.name.text)+len(p.tags)+max(len(p.value.text), len(p.time.text)) > d.maxLine():
		return dst, metric.TooLong
	}
	dst, reason := d.appendName(dst)
	if reason == "" {
		dst, reason = appendValue(append(dst, ' '), p.value)
	}
	if reason == "" {
		dst, reason = d.appendTime(append(dst, ' '))
	}
	return dst, reason
}

func (d *Decoder) appendName(dst []byte) ([]byte, metric.Reason) {
	n, tags := d.point.name, d.point.tags
	if n.kind != text {
		return dst, metric.Name
	}
	untagged := len(n.text) > 0 && name.Span(n.text) == len(n.text) // printable ASCII without tags in either notation
	if untagged && len(tags) == 0 {
		return append(dst, n.text...), ""
	}
	if reason := name.Check(n.text); reason != "" {
		return dst, reason
	}
	if reason := name.Check(tags); len(tags) > 0 && reason != "" {
		return dst, reason
	}
	if d.KeepTags {
		return append(append(dst, n.text...), tags...), ""
	}
	d.name = d.name[:0]
	if untagged {
		d.name = append(d.name, n.text...)
	} else {
		d.name = name.AppendCanonical(d.name, n.text)
	}
	d.name = append(d.name, tags...)
	return name.AppendCanonical(dst, d.name), ""
}

// appendValue appends a value as it is spelled where every Graphite daemon reads
// that, and otherwise the number that carbon reads.
func appendValue(dst []byte, v value) ([]byte, metric.Reason) {
	t := v.numeral()
	f, ok := number.Parse(t)
	switch {
	case !ok:
		return dst, metric.Value
	case math.IsNaN(f):
		return dst, metric.NaN
	case math.IsInf(f, 0) || v.kind == text && !number.Plain(t):
		return number.AppendFloat(dst, f), ""
	}
	return append(dst, t...), ""
}

// appendTime appends the end of a line. Most points of a body are of one time,
// which is remembered.
func (d *Decoder) appendTime(dst []byte) ([]byte, metric.Reason) {
	t := present
	if k := d.point.time.kind; k != none && k != null {
		t = d.point.time.numeral()
	}
	if len(d.timeText) == 0 || !bytes.Equal(t, d.time) {
		f, ok := number.Parse(t)
		if ok {
			d.timeText, ok = number.AppendTimestamp(d.timeText[:0], f, d.now)
		}
		if !ok {
			d.timeText = d.timeText[:0]
			return dst, metric.Timestamp
		}
		d.time, d.timeText = append(d.time[:0], t...), append(d.timeText, '\n')
	}
	return append(dst, d.timeText...), ""
}

// present is the time that means now.
var present = []byte("-1")

// numeral is the text of a number, or of text that may be one; nil of others.
func (v value) numeral() []byte {
	switch v.kind {
	case digits:
		return v.text
	case text:
		return space.Trim(v.text)
	}
	return nil
}
