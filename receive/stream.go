package receive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
)

// source is where the bytes of a stream come from.
type source interface {
	// read reads once. It asks room where to only when there may be
	// something to read, and calls wait before it waits, so that a stream
	// that waits holds no memory. An error of wait ends the read.
	read(room func() []byte, wait func() error) (int, error)
}

// protocol makes batches of a stream's bytes.
type protocol interface {
	// take works on data, all that was read and not used before, and hands
	// on what it finds. It returns how much it has used; the rest is shown
	// again when there is more. An error ends the stream.
	take(ctx context.Context, d *desk, data []byte) (used int, err error)

	// end is shown the rest when no more will come. clean says that the
	// sender closed in good order.
	end(ctx context.Context, d *desk, rest []byte, clean bool) error

	// limit is the most that a rest can be before take uses some of it.
	limit() int

	// skips is what is to be passed over of the bytes to come, in the protocol's
	// own measure, and skip says the same to a protocol that takes over in
	// mid-stream.
	skips() int64
	skip(int64)
}

// stream reads a source to its end for a protocol, and owns the memory.
type stream struct {
	in    *intake
	src   source
	proto protocol
	pace  pace
	fed   time.Time // when points were last handed on

	desk    *desk // nil while waiting
	buf     []byte
	held    int    // bytes at the front of buf that the protocol has not used
	tiny    []byte // where a short rest waits
	charged int    // this stream's share of the allowance
	yielded []byte // the rest of a stream that goes on elsewhere
}

// newStream makes the stream of one connection.
func newStream(in *intake, src source, from sender) *stream {
	s := &stream{in: in, src: src, fed: time.Now()}
	t := talk{in: in, sender: from, fed: &s.fed}
	if f := framings[in.o.Protocol]; f != nil {
		s.proto = newFrames(t, f)
	} else {
		s.proto = newLines(t)
	}
	return s
}

// talk is what a protocol knows of its connection.
type talk struct {
	in *intake
	sender
	fed *time.Time // when points were last handed on, kept if idle_timeout is set
}

// sender is who sends, and what the tenants' book makes of that.
type sender struct {
	peer  fmt.Stringer
	visit *tenant.Visit // nil where nobody asks whose points are
}

func (t talk) reject(reason metric.Reason, raw []byte) {
	t.in.reject(reason, raw, t.peer)
}

func (t talk) hand(ctx context.Context, d *desk, b metric.Batch) error {
	err := t.in.hand(ctx, t.sender, &d.stage, b)
	if b.Points > 0 && t.in.o.IdleTimeout > 0 {
		*t.fed = time.Now()
	}
	return err
}

// run reads until the source ends, and returns why. It is nil if the sender
// closed in good order.
func (s *stream) run(ctx context.Context) error {
	defer s.release()
	room, wait := s.room, s.wait
	for {
		n, err := s.src.read(room, wait)
		if n > 0 {
			asked := len(s.buf) - s.held
			if err := s.take(ctx, n); err != nil {
				return err
			}
			s.rest(n, asked)
		}
		if err != nil {
			return s.end(ctx, err)
		}
	}
}

// rest pauses after a small read, in the memory of one who waits.
func (s *stream) rest(n, asked int) {
	pause := s.pace.after(n, asked)
	if pause == 0 {
		return
	}
	if s.held <= mostTiny {
		_ = s.wait()
	}
	time.Sleep(pause)
}

// take shows what is held, n bytes of it new, to the protocol.
func (s *stream) take(ctx context.Context, n int) error {
	s.in.m.bytes.Add(float64(n))
	s.held += n
	used, err := s.proto.take(ctx, s.desk, s.buf[:s.held])
	if err != nil {
		return err
	}
	s.held = copy(s.buf, s.buf[used:s.held])
	if err := s.settle(); err != nil {
		return s.end(ctx, err)
	}
	return nil
}

func (s *stream) end(ctx context.Context, why error) error {
	if errors.Is(why, errYielded) {
		s.yielded = bytes.Clone(s.buf[:s.held])
		return why
	}
	s.room() // a rest that waited needs a desk to be worked on
	clean := errors.Is(why, io.EOF)
	if err := s.proto.end(ctx, s.desk, s.buf[:s.held], clean); err != nil {
		return err
	}
	if clean {
		return nil
	}
	return why
}

// room is where the next read goes.
func (s *stream) room() []byte {
	if s.desk == nil {
		s.desk = s.in.desks.take()
		s.moveToDesk()
	}
	return s.buf[s.held:]
}

// settle gives the rest the memory that it needs: the desk's while it fits, and
// beyond that its own, which grows as bytes arrive.
func (s *stream) settle() error {
	if !s.onDesk() {
		s.moveToDesk()
	}
	size, limit := len(s.buf), s.proto.limit()
	if s.held < size-size/4 || size >= limit && s.held < size {
		return nil
	}
	return s.moveTo(max(s.held+1, min(2*size, limit)))
}

func (s *stream) onDesk() bool { return s.desk != nil && &s.buf[0] == &s.desk.room[0] }

func (s *stream) moveToDesk() {
	if s.held > len(s.desk.room)/2 {
		return
	}
	copy(s.desk.room, s.buf[:s.held])
	s.buf = s.desk.room
	_ = s.charge(0)
}

// moveTo gives the rest size bytes of its own.
func (s *stream) moveTo(size int) error {
	if err := s.charge(size); err != nil {
		return err
	}
	own := make([]byte, size)
	copy(own, s.buf[:s.held])
	s.buf = own
	return nil
}

// mostTiny is up to where a rest is free of the allowance: so much every
// connection may hold, and their number is bounded.
const mostTiny = 1 << 10

// wait leaves the desk. A rest waits in memory of its own size.
func (s *stream) wait() error {
	if s.desk == nil {
		return nil
	}
	switch {
	case s.held == 0:
		s.buf = nil
	case !s.onDesk():
	case s.held <= mostTiny:
		s.tiny = append(s.tiny[:0], s.buf[:s.held]...)
		s.buf = s.tiny
	default:
		if err := s.moveTo(s.held + s.held/2); err != nil {
			return err
		}
	}
	s.in.desks.leave(s.desk)
	s.desk = nil
	return nil
}

// ahead is memory of the desk's to read ahead into.
func (s *stream) ahead() []byte { return s.desk.readAhead() }

func (s *stream) charge(size int) error {
	if err := s.in.held.change(s.charged, size); err != nil {
		return err
	}
	s.charged = size
	return nil
}

func (s *stream) release() {
	_ = s.charge(0)
	if s.desk != nil {
		s.in.desks.leave(s.desk)
	}
	s.desk, s.buf, s.tiny = nil, nil, nil
}

// readerSource is a source that cannot tell when it would wait.
type readerSource struct{ r io.Reader }

func (r readerSource) read(room func() []byte, _ func() error) (int, error) {
	return r.r.Read(room())
}
