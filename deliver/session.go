package deliver

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

// poll is how often a worker that waits asks for acknowledgements, while there
// is something to acknowledge.
const poll = 50 * time.Millisecond

// ending says how a connection came to its end.
type ending struct {
	finished bool  // Run is to return err
	err      error // otherwise: why it broke; nil if it was ended in good order
}

// session is the use of one connection.
type session struct {
	*Worker
	conn     Conn
	window   window
	sent     uint64 // batches that the Conn took
	acked    uint64 // of them
	began    time.Time
	until    time.Time // when the connection is too old; zero if never
	eof      bool      // the source has nothing more, ever
	released bool      // something was

	stop  context.Context // done: no new connections, no waiting
	drain context.Context // done: nothing more is taken from the source
	hard  context.Context // done: nothing more is done
	free  []func()

	// These are done as well as soon as the connection breaks.
	live, taking, draining context.Context // as hard, stop and drain
}

// newSession prepares for the use of conn. Its release must be called.
// Connections begin and end with a Rewind: a source may decide anew what goes
// first when one begins.
func newSession(w *Worker, conn Conn, stop, drain, hard context.Context) *session {
	s := &session{Worker: w, conn: conn, began: time.Now(), stop: stop, drain: drain, hard: hard}
	if w.o.MaxConnectionAge > 0 {
		s.until = s.began.Add(jitter(w.o.MaxConnectionAge))
	}
	live, cancel := context.WithCancel(hard)
	s.live = live
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-conn.Broken():
			cancel()
		case <-live.Done():
		}
	}()
	s.free = append(s.free, func() { cancel(); <-watched })
	w.src.Rewind()
	s.taking = s.eitherDone(stop)
	s.draining = s.eitherDone(drain)
	return s
}

// eitherDone returns a context that is done when s.live or other is.
func (s *session) eitherDone(other context.Context) context.Context {
	ctx, cancel := context.WithCancel(s.live)
	unhook := context.AfterFunc(other, cancel)
	s.free = append(s.free, func() { unhook(); cancel() })
	return ctx
}

// release ends what newSession began, newest first.
func (s *session) release() {
	for i := range s.free {
		s.free[len(s.free)-1-i]()
	}
}

// run uses the connection until it breaks, is too old, or Run is to end.
func (s *session) run() ending {
	for {
		now := time.Now()
		if s.broken() {
			return s.lost(errGone)
		}
		s.confirm(now)
		if s.over() {
			return s.finish()
		}
		if !s.until.IsZero() && !now.Before(s.until) {
			return s.renew()
		}
		if end := s.step(now); end != nil {
			return *end
		}
	}
}

// step takes a block and sends it, or waits a while for one. It returns nil if
// the session goes on.
func (s *session) step(now time.Time) *ending {
	b, err := s.take(now)
	switch {
	case errors.Is(err, io.EOF):
		s.eof = true
		return nil
	case errors.Is(err, errWaited):
		return nil
	case err != nil:
		s.finish()
		return &ending{finished: true, err: sourceError(err)}
	}
	if err := s.send(b); err != nil {
		end := s.lost(err)
		return &end
	}
	return nil
}

func (s *session) broken() bool {
	select {
	case <-s.conn.Broken():
		return true
	default:
		return false
	}
}

// over reports whether the time has come for Run to return.
func (s *session) over() bool {
	if s.stop.Err() != nil {
		return s.eof || s.drain.Err() != nil
	}
	return s.eof && s.window.empty()
}

// errWaited says that nothing came for as long as there was no other work.
var errWaited = errors.New("nothing yet")

// take waits for the next block, but not longer than until there is something
// else to do.
func (s *session) take(now time.Time) (queue.Block, error) {
	ctx := s.taking
	if s.stop.Err() != nil {
		ctx = s.draining
	}
	if wait, ok := s.patience(now); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	if s.eof || s.window.full() {
		<-ctx.Done()
		return queue.Block{}, errWaited
	}
	b, err := s.src.Next(ctx)
	if err != nil && !errors.Is(err, io.EOF) && ctx.Err() != nil {
		return queue.Block{}, errWaited
	}
	return b, err
}

// patience returns how long there is nothing to do but to wait for a block;
// !ok means for ever.
func (s *session) patience(now time.Time) (wait time.Duration, ok bool) {
	if !s.window.allAcked() {
		wait, ok = poll, true
	} else if r := s.window.oldest(); r != nil {
		wait, ok = max(poll, r.ackedAt.Add(s.margin).Sub(now)), true
	}
	if s.until.IsZero() {
		return wait, ok
	}
	if age := s.until.Sub(now); !ok || age < wait {
		wait = age
	}
	return wait, true
}

// send hands b to the connection. It returns an error if the connection is of
// no more use.
func (s *session) send(b queue.Block) error {
	s.window.push(b, time.Now())
	s.metrics.waiting(s.window.nextUnacked())
	if err := s.live.Err(); err != nil {
		return errGone
	}
	err := s.conn.Send(s.live, b.Batch)
	if IsPermanent(err) {
		s.refuse(b, err)
		return nil
	}
	if err != nil {
		return err
	}
	s.sent++
	s.metrics.sent(b)
	return nil
}

// refuse marks the newest block, to be dropped when its turn has come.
func (s *session) refuse(b queue.Block, err error) {
	s.window.newest().refused = true
	if s.Worker.refused.take() {
		s.log.Warn("points refused", "points", b.Points, "err", err)
	} else {
		s.log.Debug("points refused", "points", b.Points, "err", err)
	}
}

// confirm passes on what the far end has acknowledged, and gives back what was
// acknowledged long enough ago.
func (s *session) confirm(now time.Time) {
	s.noteAcks(now)
	for r := s.window.oldest(); r != nil && now.Sub(r.ackedAt) >= s.margin; r = s.window.oldest() {
		s.giveBack(r)
	}
}

func (s *session) noteAcks(now time.Time) {
	acked := min(s.conn.Acked(), s.sent)
	for r := s.window.nextUnacked(); r != nil && (r.refused || s.acked < acked); r = s.window.nextUnacked() {
		if !r.refused {
			s.acked++
			s.src.Acked(r.block)
		}
		s.window.ack(now)
	}
	s.metrics.waiting(s.window.nextUnacked())
}

// giveBack releases or drops the oldest block.
func (s *session) giveBack(r *record) {
	if r.refused {
		s.metrics.refusedPoints.Add(float64(r.block.Points))
		s.src.Drop(r.block, metric.Refused)
	} else {
		s.src.Release(r.block)
		s.released = true
	}
	s.window.drop()
}

// lost ends a connection that broke.
func (s *session) lost(err error) ending {
	s.metrics.disconnects.Inc()
	if cause := s.conn.Close(done()); cause != nil && errors.Is(err, errGone) {
		err = cause
	}
	s.rewind()
	return ending{err: err}
}

// renew ends a connection that is too old. If that does not go in good order,
// points are sent twice, and no harm is done.
func (s *session) renew() ending {
	if err := s.close(); err != nil {
		s.log.Debug("old connection not ended in good order", "err", err)
	}
	return ending{}
}

// finish ends the connection because Run is to return.
func (s *session) finish() ending {
	points := s.window.points()
	if err := s.close(); err != nil && points > 0 {
		s.log.Warn("stopped without confirmation", "points", points, "err", err)
	}
	return ending{finished: true}
}

// close ends the connection in good order and gives back what arrived.
func (s *session) close() error {
	ctx, cancel := context.WithTimeout(s.hard, s.o.DrainTimeout)
	defer cancel()
	err := s.conn.Close(ctx)
	s.noteAcks(time.Now())
	if err == nil {
		for r := s.window.oldest(); r != nil; r = s.window.oldest() {
			s.giveBack(r)
		}
	}
	if !s.window.empty() {
		s.rewind()
	}
	return err
}

// rewind makes unsent again what was not given back.
func (s *session) rewind() {
	s.metrics.resentPoints.Add(float64(s.window.points()))
	s.src.Rewind()
	s.window = window{}
}
