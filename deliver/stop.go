package deliver

import (
	"context"
	"time"
)

// stopping is how a worker is told to stop, in three steps.
type stopping struct {
	asked context.Context // done: connect no more
	drain context.Context // done: take nothing more from the source
	hard  context.Context // done: do nothing more
	free  func()
}

// newStopping begins with asked; the last step follows it by limit.
func newStopping(asked context.Context, limit time.Duration) *stopping {
	drain, freeDrain := later(asked, limit*2/3)
	hard, freeHard := later(asked, limit)
	return &stopping{asked, drain, hard, func() { freeDrain(); freeHard() }}
}

func (s *stopping) isAsked() bool { return s.asked.Err() != nil }

// later returns a context that is done a while after ctx is.
func later(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() { time.AfterFunc(d, cancel) })
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
