package deliver

import (
	"context"
	"errors"
	"time"
)

// stopping is how a worker is told to stop, in three steps.
type stopping struct {
	asked context.Context // done: connect no more
	drain context.Context // done: take nothing more from the source
	hard  context.Context // done: do nothing more
	free  func()
}

// ErrYield is the cause of the end of a context that has a worker stop for another,
// which goes on with what is left: it takes nothing more, and waits a third of the
// DrainTimeout at most for what it has sent.
var ErrYield = errors.New("another worker goes on")

// newStopping begins with asked; the last step follows it by limit.
func newStopping(asked context.Context, limit time.Duration) *stopping {
	drain, freeDrain := later(asked, limit*2/3, 0)
	hard, freeHard := later(asked, limit, limit/3)
	return &stopping{asked, drain, hard, func() { freeDrain(); freeHard() }}
}

func (s *stopping) isAsked() bool { return s.asked.Err() != nil }

// later returns a context that is done d after ctx is, or yielding after it if
// another worker goes on.
func later(ctx context.Context, d, yielding time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		if errors.Is(context.Cause(ctx), ErrYield) {
			d = yielding
		}
		time.AfterFunc(d, cancel)
	})
	return late, func() { unhook(); cancel() }
}

// either returns a context that is done when one of two is.
func either(a, b context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(a)
	unhook := context.AfterFunc(b, cancel)
	return ctx, func() { unhook(); cancel() }
}

// done returns a context for what must be ended at once.
func done() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// whileUnbroken returns a context that is done as soon as conn is broken, or ctx
// is done.
func whileUnbroken(ctx context.Context, conn Conn) (context.Context, context.CancelFunc) {
	live, cancel := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-conn.Broken():
			cancel()
		case <-live.Done():
		}
	}()
	return live, func() { cancel(); <-watched }
}
