package receive

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/pickle"
)

// lengthBytes is the size of the big-endian length before each pickle.
const lengthBytes = 4

// mostPlausible is the longest frame that anybody may be thought to send. What
// claims to be longer is another protocol's text, read as a length.
const mostPlausible = 64 << 20

// frames is the pickle protocol on a stream.
type frames struct {
	talk
	skip     int64         // bytes still to come of a frame that is too long
	onReject pickle.Reject // refuseItem, made once
}

func newFrames(t talk) *frames {
	f := &frames{talk: t}
	f.onReject = f.refuseItem
	return f
}

func (f *frames) limit() int { return lengthBytes + f.in.o.MaxFrame }

// take decodes the complete frames of data and hands on their points together.
func (f *frames) take(ctx context.Context, d *desk, data []byte) (used int, err error) {
	defer d.joined.reset()
	d.frames.Reject = f.onReject
	now := f.in.o.Now().Unix()
	for done := false; !done && err == nil; {
		var frame []byte
		used += f.pass(data[used:])
		if frame, done, err = f.next(data[used:]); frame != nil {
			used += lengthBytes + len(frame)
			err = f.decode(ctx, d, frame, now)
		}
	}
	return used, errors.Join(err, f.hand(ctx, d.joined.batch))
}

// pass skips what data holds of a frame that is too long.
func (f *frames) pass(data []byte) int {
	n := min(f.skip, int64(len(data)))
	f.skip -= n
	return int(n)
}

// next returns the pickle of the frame that data begins with. It is nil if the
// frame is too long and now to be skipped, or done if it is not complete.
func (f *frames) next(data []byte) (frame []byte, done bool, err error) {
	if len(data) < lengthBytes {
		return nil, true, nil
	}
	size, behind := int64(binary.BigEndian.Uint32(data)), data[lengthBytes:]
	switch {
	case size > int64(f.in.o.MaxFrame):
		return f.overlong(size, data)
	case size > int64(len(behind)):
		return nil, true, nil
	}
	return behind[:size:size], false, nil
}

// overlong decides on a frame over the limit: skipped if it can be a pickle.
func (f *frames) overlong(size int64, data []byte) (frame []byte, done bool, err error) {
	switch {
	case size > mostPlausible:
		return nil, true, notPickle(data)
	case len(data) == lengthBytes:
		return nil, true, nil
	case !opensPickle(data[lengthBytes]):
		return nil, true, notPickle(data)
	}
	f.skip = lengthBytes + size
	f.reject(metric.TooLong, data[:min(len(data), 64)])
	return nil, false, nil
}

// decode adds the points of one frame to the joined batch.
func (f *frames) decode(ctx context.Context, d *desk, frame []byte, now int64) error {
	batch, err := d.frames.Decode(frame, now)
	if err != nil {
		f.refuseFrame(frame, err)
		return nil
	}
	if err := f.join(ctx, d, batch); err != nil {
		return err
	}
	if max(len(frame), len(batch.Lines)) > mostDecoderKeeps {
		d.frames = pickle.Decoder{Reject: f.onReject}
	}
	return nil
}

// mostDecoderKeeps is the size of a frame after which a decoder's memory is
// given up.
const mostDecoderKeeps = 2 << 20

func (f *frames) join(ctx context.Context, d *desk, b metric.Batch) error {
	if len(d.joined.batch.Lines)+len(b.Lines) > mostJoined {
		if err := f.hand(ctx, d.joined.batch); err != nil {
			return err
		}
		d.joined.reset()
	}
	if len(b.Lines) > mostJoined {
		return f.hand(ctx, b)
	}
	d.joined.add(b)
	return nil
}

func (f *frames) refuseItem(reason metric.Reason, item string) { f.reject(reason, []byte(item)) }

func (f *frames) refuseFrame(frame []byte, err error) {
	var why *pickle.FrameError
	if !errors.As(err, &why) {
		why = &pickle.FrameError{Why: err.Error()}
	}
	near := frame[min(max(why.Offset-16, 0), len(frame)):min(why.Offset+16, len(frame))]
	f.in.reject(metric.Pickle, near, f.peer, "offset", why.Offset, "opcode", why.Op, "err", why.Why)
}

// end drops what is left of a frame that broke off.
func (f *frames) end(_ context.Context, _ *desk, rest []byte, _ bool) error {
	if len(rest) > 0 {
		f.reject(metric.Unterminated, rest)
	}
	return nil
}
