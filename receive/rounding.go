package receive

import (
	"bytes"
	"math"
	"strconv"

	"github.com/plumbago/plumbago/internal/number"
	"github.com/plumbago/plumbago/metric"
)

// rounding rounds times down to multiples of step seconds, as carbon does: after
// cutting their fractions off. With a step of 0 it does nothing.
type rounding struct {
	step  int64
	lines []byte
	from  []byte // the time rounded last
	to    []byte // what it was rounded to
}

// round returns b with its times rounded: itself, or a batch that is valid until
// the next call.
func (r *rounding) round(b metric.Batch) metric.Batch {
	if r.step <= 0 || b.Points == 0 {
		return b
	}
	if cap(r.lines) > 2*mostJoined {
		r.lines = nil
	}
	r.lines = r.lines[:0]
	for l := range b.All() {
		l.Timestamp = r.time(l.Timestamp)
		r.lines = metric.Append(r.lines, l)
	}
	return metric.Batch{Lines: r.lines, Points: b.Points}
}

// time returns a canonical time rounded. Most points in a row are of one time,
// which is remembered.
func (r *rounding) time(text []byte) []byte {
	if !bytes.Equal(text, r.from) {
		r.from = append(r.from[:0], text...)
		t, _ := number.Parse(text)
		seconds := int64(math.Trunc(t)) // canonical times fit
		seconds -= (seconds%r.step + r.step) % r.step
		r.to = strconv.AppendInt(r.to[:0], seconds, 10)
	}
	return r.to
}
