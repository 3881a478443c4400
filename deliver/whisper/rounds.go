package whisper

import (
	"context"
	"errors"
	"time"
)

// run writes round after round, until it is told to stop or one does not succeed.
func (c *conn) run() {
	defer close(c.done)
	defer c.leave()
	p := pace{longest: c.store.o.FlushEvery}
	p.next(0)
	for {
		last, err := c.turn(&p)
		if err != nil && !errors.Is(err, errStopped) {
			c.fail(err)
			return
		}
		if last {
			return
		}
	}
}

// leave lets another write in the folder.
func (c *conn) leave() {
	if err := c.store.names.unlock(); err != nil {
		c.store.log.Warn("lock of whisper files not given back", "err", err)
	}
}

// turn waits for something to do, and does it.
func (c *conn) turn(p *pace) (last bool, err error) {
	cache := c.store.cache
	timer := time.NewTimer(p.wait(cache.anyFresh()))
	defer timer.Stop()
	select {
	case <-c.stopping:
		return true, c.lastRound()
	case <-cache.lacking:
		return false, nil // the wait is another
	case <-cache.pressed:
	case <-timer.C:
		if !p.due() {
			return false, c.store.createSome(c.untilStopped())
		}
	}
	began := time.Now()
	err = c.round(c.untilStopped())
	p.next(time.Since(began))
	return false, err
}

// lastRound writes as much as there is time for, and what is known first.
func (c *conn) lastRound() error {
	if err := c.round(c.last); err != nil || c.store.cache.anyFresh() == 0 {
		return err
	}
	if err := c.store.createAll(c.last); err != nil {
		return err
	}
	return c.round(c.last)
}

// errStopped says that a round was not brought to its end.
var errStopped = errors.New("stopped in the middle")

// untilStopped asks whether to go on.
func (c *conn) untilStopped() context.Context { return stopContext{context.Background(), c.stopping} }

// stopContext is done when its channel is closed. Only Err is asked.
type stopContext struct {
	context.Context
	stop <-chan struct{}
}

// Err implements context.Context.
func (s stopContext) Err() error {
	select {
	case <-s.stop:
		return context.Canceled
	default:
		return nil
	}
}

// round writes what waits, syncs it, and acknowledges it.
func (c *conn) round(ctx context.Context) error {
	s := c.store
	defer s.losses.keep()
	began := time.Now()
	sent := s.cache.sent()
	if err := s.writeWaiting(ctx); err != nil {
		return err
	}
	if err := s.createSome(ctx); err != nil {
		return err
	}
	s.compact()
	if c.acked.Load() < s.cache.sent() {
		if err := s.sync(); err != nil {
			return err
		}
	}
	c.acked.Store(max(c.acked.Load(), min(sent, s.cache.complete())))
	s.cache.sweep()
	s.metrics.round(time.Since(began))
	return nil
}
