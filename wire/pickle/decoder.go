// Package pickle reads and writes carbon's pickle protocol: frames that hold a
// pickled list of (name, (timestamp, value)).
//
// The decoder is a machine for the part of the pickle language that builds
// lists, tuples, dicts, sets, text, bytes and numbers. There is no code in it
// that could import a module or call a function: every instruction that asks
// for one refuses the frame. It knows nothing of sockets, and takes the time
// as an argument.
package pickle

import (
	"fmt"

	"github.com/plumbago/plumbago/metric"
)

// Bounds of one frame. The memory that a frame takes while it is decoded is
// less than 128 times its length, its output included.
const (
	maxFrame      = 1<<27 - 1 // so that places and counts fit a value
	outputFactor  = 32        // bytes of lines, and of text looked at, for a byte of frame
	outputMinimum = 64 << 10
	longText      = 4 << 10
	longFactor    = 15
	keepBytes     = 4 << 20 // memory kept from one frame to the next
)

// Reject is told of each item of a good frame that is not taken, and why. The
// description is short and printable; it may hold the item's name.
type Reject func(reason metric.Reason, item string)

// FrameError says why a whole frame was refused.
type FrameError struct {
	Offset int    // of the instruction, in the frame
	Op     byte   // the instruction
	Why    string // a sentence for people
}

// Error names the instruction, its place and the reason.
func (e *FrameError) Error() string {
	return fmt.Sprintf("pickle refused at byte %d (%s): %s", e.Offset, opName(e.Op), e.Why)
}

// Decoder turns frames into canonical lines. Its zero value is ready. It keeps
// its memory from frame to frame, so that decoding allocates nothing once it
// has seen frames of the usual size. One goroutine at a time may use it.
type Decoder struct {
	Reject Reject // may be nil

	// KeepTags leaves names as they came: tags in the order and notation of
	// the sender.
	KeepTags bool

	machine
	lines    []byte
	count    int // of lines
	rejected int // items described to Reject
	budget   int // bytes that may still be written or looked at
	unusual  int // frames to be left to the machine
	end      [maxEnd + maxUsualTail]byte
	now      int64
	time     float64 // the last one written
	timeText []byte  // its text and the line's end
}

// Decode reads one frame's payload, without its length. The batch is valid
// until the next call. An error is a *FrameError, and then the batch is empty.
// Instructions behind the one that ends the pickle are never looked at. A time
// that means the present becomes now (seconds).
//
// Decode never panics, its time and memory are bounded by a multiple of the
// frame's length, and nothing is allocated for a length that the frame claims
// and does not hold.
func (d *Decoder) Decode(frame []byte, now int64) (metric.Batch, error) {
	d.reset(frame, now)
	if d.usual() {
		return metric.Batch{Lines: d.lines, Points: d.count}, nil
	}
	result, why := d.run()
	if why == "" {
		why = d.items(result)
	}
	d.trim()
	if why != "" {
		return metric.Batch{}, d.refuse(why)
	}
	return metric.Batch{Lines: d.lines, Points: d.count}, nil
}

func (d *Decoder) reset(frame []byte, now int64) {
	d.machine.reset(frame)
	if cap(d.lines) > keepBytes {
		d.lines = nil
	}
	d.lines, d.count, d.rejected, d.now = d.lines[:0], 0, 0, now
	d.timeText = d.timeText[:0]
	d.budget = outputFactor*len(frame) + outputMinimum
}

func (d *Decoder) refuse(why string) error {
	e := &FrameError{Offset: d.opAt, Why: why}
	if d.opAt < len(d.frame) {
		e.Op = d.frame[d.opAt]
	}
	return e
}
