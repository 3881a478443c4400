package receive

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/plumbago/plumbago/metric"
)

// lengthBytes is the size of the big-endian length before each frame.
const lengthBytes = 4

// mostPlausible is the longest frame that anybody may be thought to send. What
// claims to be longer is another protocol's text, read as a length.
const mostPlausible = 64 << 20

// frames is a protocol of frames on a stream: each a length and a message.
type frames struct {
	talk
	*framing
	overlong int64                       // bytes still to come of a frame that is too long
	onReject func(metric.Reason, string) // refuseItem, made once
}

func newFrames(t talk, kind *framing) *frames {
	f := &frames{talk: t, framing: kind}
	f.onReject = f.refuseItem
	return f
}

func (f *frames) limit() int { return lengthBytes + f.in.o.MaxFrame }

func (f *frames) skips() int64 { return f.overlong }

func (f *frames) skip(n int64) { f.overlong = n }

// take decodes the complete frames of data and hands on their points together.
func (f *frames) take(ctx context.Context, d *desk, data []byte) (used int, err error) {
	defer d.joined.reset()
	d.frames.tell(f.onReject)
	now := f.in.o.Now().Unix()
	for done := false; !done && err == nil; {
		var frame []byte
		used += f.pass(data[used:])
		if frame, done, err = f.next(data[used:]); frame != nil {
			used += lengthBytes + len(frame)
			err = f.decode(ctx, d, frame, now)
		}
	}
	return used, errors.Join(err, f.hand(ctx, d, d.joined.batch))
}

// pass skips what data holds of a frame that is too long.
func (f *frames) pass(data []byte) int {
	n := min(f.overlong, int64(len(data)))
	f.overlong -= n
	return int(n)
}

// next returns the message of the frame that data begins with. It is nil if the
// frame is too long and now to be skipped, or done if it is not complete.
func (f *frames) next(data []byte) (frame []byte, done bool, err error) {
	if len(data) < lengthBytes {
		return nil, true, nil
	}
	size, behind := int64(binary.BigEndian.Uint32(data)), data[lengthBytes:]
	switch {
	case size > int64(f.in.o.MaxFrame):
		return f.tooLong(size, data)
	case size > int64(len(behind)):
		return nil, true, nil
	}
	return behind[:size:size], false, nil
}

// tooLong decides on a frame over the limit: skipped if it can be one.
func (f *frames) tooLong(size int64, data []byte) (frame []byte, done bool, err error) {
	switch {
	case size > mostPlausible:
		return nil, true, notFrames(f.in.o.Protocol, data)
	case len(data) == lengthBytes:
		return nil, true, nil
	case !f.opens(data[lengthBytes]):
		return nil, true, notFrames(f.in.o.Protocol, data)
	}
	f.overlong = lengthBytes + size
	f.rejectBytes(metric.TooLong, data[:min(len(data), 64)])
	return nil, false, nil
}

// decode adds the points of one frame to the joined batch.
func (f *frames) decode(ctx context.Context, d *desk, frame []byte, now int64) error {
	batch, err := d.frames.decode(frame, now)
	if err != nil {
		f.refuseFrame(frame, err)
		return nil
	}
	if err := f.join(ctx, d, d.times.round(batch)); err != nil {
		return err
	}
	if max(len(frame), len(batch.Lines)) > mostDecoderKeeps {
		d.renew(f.in.o)
		d.frames.tell(f.onReject)
	}
	return nil
}

// mostDecoderKeeps is the size of a frame after which a decoder's memory is
// given up.
const mostDecoderKeeps = 2 << 20

func (f *frames) join(ctx context.Context, d *desk, b metric.Batch) error {
	if len(d.joined.batch.Lines)+len(b.Lines) > mostJoined {
		if err := f.hand(ctx, d, d.joined.batch); err != nil {
			return err
		}
		d.joined.reset()
	}
	if len(b.Lines) > mostJoined {
		return f.hand(ctx, d, b)
	}
	d.joined.add(b)
	return nil
}

func (f *frames) refuseItem(reason metric.Reason, described string) {
	f.in.rejectSample(reason, sample{item, []byte(described)}, f.peer)
}

// rejectBytes rejects what is no text, in which keys cannot be told from the rest.
func (f *frames) rejectBytes(reason metric.Reason, raw []byte, facts ...any) {
	f.in.rejectSample(reason, sample{opaque, raw}, f.peer, facts...)
}

func (f *frames) refuseFrame(frame []byte, err error) {
	why := &refusal{why: err.Error()}
	errors.As(err, &why)
	near := frame[min(max(why.offset-16, 0), len(frame)):min(why.offset+16, len(frame))]
	facts := append(why.facts, "offset", why.offset, "err", why.why)
	if looks := message(frame); looks != "" && looks != f.in.o.Protocol {
		facts = append(facts, "looks", looks)
	}
	f.rejectBytes(f.reason, near, facts...)
}

// end drops what is left of a frame that broke off.
func (f *frames) end(_ context.Context, _ *desk, rest []byte, _ bool) error {
	if len(rest) > 0 {
		f.rejectBytes(metric.Unterminated, rest)
	}
	return nil
}
