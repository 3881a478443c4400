// Package protobuf reads and writes carbon's protobuf protocol: frames that hold
// one message of
//
//	message Payload { repeated Metric metrics = 1; }
//	message Metric  { string metric = 1; repeated Point points = 2; }
//	message Point   { uint32 timestamp = 1; double value = 2; }
//
// It knows nothing of sockets.
package protobuf

import (
	"fmt"

	"github.com/plumbago/plumbago/metric"
)

// Bounds of one frame. The memory that a frame takes while it is decoded is less
// than 128 times its length and 4 MiB, its output included.
const (
	maxFrame      = 1<<31 - 1 // so that places fit a named
	outputFactor  = 32        // bytes of lines for a byte of frame
	outputMinimum = 1 << 20
	keepBytes     = 4 << 20 // memory kept from one frame to the next
)

// Reject is told of each point that is not taken, and why. The description is
// short and printable; it may hold the point's name.
type Reject func(reason metric.Reason, item string)

// FrameError says why a whole frame was refused.
type FrameError struct {
	Offset int    // of the field, in the frame
	Why    string // a sentence for people
}

// Error names the place and the reason.
func (e *FrameError) Error() string {
	return fmt.Sprintf("protobuf refused at byte %d: %s", e.Offset, e.Why)
}

// Decoder turns frames into canonical lines. Its zero value is ready. It keeps
// its memory from frame to frame, so that decoding allocates nothing once it
// has seen frames of the usual size. One goroutine at a time may use it.
type Decoder struct {
	Reject Reject // may be nil

	// KeepTags leaves names as they came: tags in the order and notation of
	// the sender.
	KeepTags bool

	message
	lines    []byte
	count    int    // of lines
	rejected int    // points described to Reject
	room     int    // bytes of lines that may still be written
	name     []byte // of the metric at hand, as lines begin with it
	time     uint32 // the last one written
	timeText []byte // its text and the line's end
}

// Decode reads one frame's payload, without its length. The batch is valid until
// the next call. An error is a *FrameError, and then the batch is empty. What
// follows a field with the number 0 or the end of a group that never began is
// never looked at. No time in this protocol means the present, so that it does
// not matter when that is.
//
// Decode never panics, its time and memory are bounded by a multiple of the
// frame's length, and nothing is allocated for a length that the frame claims
// and does not hold.
func (d *Decoder) Decode(frame []byte, _ int64) (metric.Batch, error) {
	d.reset(frame)
	if !d.payload() {
		return metric.Batch{}, d.refuse()
	}
	for i := range d.metrics {
		if !d.metricLines(i) {
			d.why = "long names that come with many points make far more text than the frame has bytes"
			return metric.Batch{}, d.refuse()
		}
	}
	d.frame = nil
	return metric.Batch{Lines: d.lines, Points: d.count}, nil
}

func (d *Decoder) reset(frame []byte) {
	d.message.reset(frame)
	if cap(d.lines) > keepBytes {
		d.lines = nil
	}
	if cap(d.name) > keepBytes {
		d.name = nil
	}
	d.lines, d.count, d.rejected = d.lines[:0], 0, 0
	d.room = outputFactor*len(frame) + outputMinimum
}

func (d *Decoder) refuse() error {
	d.frame = nil
	return &FrameError{Offset: d.field, Why: d.why}
}
