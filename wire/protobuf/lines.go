package protobuf

import (
	"math"
	"strconv"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/internal/number"
	"github.com/plumbago/plumbago/metric"
)

// metricLines appends the lines of the i-th metric's points, or rejects them. It
// reports false if that makes too many bytes.
func (d *Decoder) metricLines(i int) bool {
	m, first := d.metrics[i], 0
	if i > 0 {
		first = int(d.metrics[i-1].end)
	}
	id := d.frame[m.name : m.name+m.size]
	d.field = int(m.name)
	reason := d.begin(id, m.plain)
	for _, p := range d.points[first:m.end] {
		switch {
		case reason != "":
			d.reject(reason, id)
		case math.IsNaN(p.value):
			d.reject(metric.NaN, id)
		case !d.line(p):
			return false
		}
	}
	return true
}

// begin makes the beginning of a name's lines, or says why there can be none.
func (d *Decoder) begin(id []byte, plain bool) metric.Reason {
	if plain {
		d.name = append(append(d.name[:0], id...), ' ')
		return ""
	}
	reason := name.Check(id)
	switch {
	case reason != "":
	case d.KeepTags:
		d.name = append(append(d.name[:0], id...), ' ')
	default:
		d.name = append(name.AppendCanonical(d.name[:0], id), ' ')
	}
	return reason
}

// line appends the line of a point of the name at hand.
func (d *Decoder) line(p point) bool {
	start := len(d.lines)
	b := number.AppendFloat(append(d.lines, d.name...), p.value)
	if p.time != d.time || len(d.timeText) == 0 {
		d.time = p.time
		d.timeText = append(strconv.AppendUint(append(d.timeText[:0], ' '), uint64(p.time), 10), '\n')
	}
	d.lines = append(b, d.timeText...)
	d.count++
	d.room -= len(d.lines) - start
	return d.room >= 0
}

// A description holds so much of a name, and so many points of a frame are
// described.
const (
	maxDescribed = 80
	maxRejected  = 100
)

func (d *Decoder) reject(reason metric.Reason, id []byte) {
	if d.Reject == nil {
		return
	}
	item := "a point"
	if d.rejected++; d.rejected <= maxRejected {
		item = describe(id)
	}
	d.Reject(reason, item)
}

func describe(id []byte) string {
	return "a point of the name " + strconv.Quote(string(id[:min(len(id), maxDescribed)]))
}
