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
	wait     wait
	sent     uint64 // batches that the Conn took
	acked    uint64 // of them
	began    time.Time
	until    time.Time // when the connection is too old; zero if never
	eof      bool      // the source has nothing more, ever
	released bool      // something was

	placer  Placer  // nil if the Conn is none
	refuser Refuser // nil if the Conn is none
	refused uint64  // points of which it has told
	owed    uint64  // of them: those that no record accounts for yet

	stop *stopping
	// As the steps of stop, but done as well as soon as the connection breaks.
	asked, drain, hard context.Context
	free               func()
}

// newSession prepares for the use of conn; free ends that. Connections begin
// and end with a Rewind: a source may decide anew what goes first when one
// begins.
func newSession(w *Worker, conn Conn, stop *stopping) *session {
	s := &session{Worker: w, conn: conn, began: time.Now(), stop: stop}
	s.refuser, _ = conn.(Refuser)
	s.placer, _ = conn.(Placer)
	if w.o.MaxConnectionAge > 0 {
		s.until = s.began.Add(jitter(w.o.MaxConnectionAge))
	}
	var freeAsked, freeDrain, freeHard context.CancelFunc
	s.hard, freeHard = whileUnbroken(stop.hard, conn)
	s.drain, freeDrain = either(s.hard, stop.drain)
	s.asked, freeAsked = either(s.hard, stop.asked)
	s.free = func() { s.wait.free(); freeAsked(); freeDrain(); freeHard() }
	w.src.Rewind()
	return s
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
		if f, ok := s.conn.(Flusher); ok {
			f.Flush()
		}
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
	if s.stop.isAsked() {
		return s.eof || s.stop.drain.Err() != nil
	}
	return s.eof && s.window.empty()
}

// errWaited says that nothing came for as long as there was no other work.
var errWaited = errors.New("nothing yet")

// take waits for the next block, but not longer than until there is something
// else to do.
func (s *session) take(now time.Time) (queue.Block, error) {
	ctx := s.asked
	if s.stop.isAsked() {
		ctx = s.drain
	}
	if wait, ok := s.patience(now); ok {
		ctx = s.wait.context(ctx, now.Add(wait))
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
	if s.hard.Err() != nil {
		return errGone
	}
	s.window.push(b, time.Now())
	s.metrics.waiting(s.window.nextUnacked())
	if s.placer != nil {
		s.placer.Place(b.Seq)
	}
	err := s.conn.Send(s.hard, b.Batch)
	if IsPermanent(err) {
		s.window.newest().unsent = true
		s.refuse(b.Points, err)
		return nil
	}
	if points := RefusedBy(err); points > 0 {
		s.refuse(min(points, b.Points), err)
	} else if err != nil {
		if errors.Is(err, errGone) { // an idle far end went just before
			s.window.pop()
		}
		return err
	}
	s.sent++
	s.metrics.sent(b)
	return nil
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
	s.noteRefused()
	for r := s.window.nextUnacked(); r != nil && (r.unsent || s.acked < acked); r = s.window.nextUnacked() {
		if !r.unsent {
			s.acked++
			s.metrics.ackTimes.Observe(now.Sub(r.sentAt).Seconds())
			s.src.Acked(r.block)
			s.owed -= r.refuse(s.owed)
		}
		s.window.ack(now)
	}
	s.metrics.waiting(s.window.nextUnacked())
}

// giveBack releases or drops the oldest block.
func (s *session) giveBack(r *record) {
	if r.refused > 0 {
		s.metrics.refusedPoints.Add(float64(r.refused))
		s.src.Drop(r.block, r.refused, metric.Refused)
	} else {
		s.src.Release(r.block)
	}
	s.released = s.released || !r.unsent
	s.window.drop()
}

// lost ends a connection that broke.
func (s *session) lost(err error) ending {
	cause := s.conn.Close(done())
	s.confirm(time.Now())
	if errors.Is(err, errGone) && cause == nil && s.served() {
		return ending{}
	}
	s.metrics.disconnects.Inc()
	if cause != nil && errors.Is(err, errGone) {
		err = cause
	}
	s.rewind()
	return ending{err: err}
}

// served reports whether a far end that has gone was good to its last moment:
// it has all that was sent, and a new connection will get on. One that answers
// may go between two batches, and that is no outage.
func (s *session) served() bool {
	return s.window.empty() && (s.released || time.Since(s.began) >= goodLife)
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
	ctx, cancel := context.WithTimeout(s.stop.hard, s.o.DrainTimeout)
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
