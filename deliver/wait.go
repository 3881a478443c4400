package deliver

import (
	"context"
	"time"
)

// wait is the context of waiting for a block, but not for ever. It serves many
// waits in turn, until it is done or one must end sooner: making one costs more
// than sending a small block.
type wait struct {
	ctx    context.Context
	base   context.Context
	until  time.Time
	cancel context.CancelFunc
}

// context returns a context that is done when base is, and at until or somewhat
// sooner.
func (w *wait) context(base context.Context, until time.Time) context.Context {
	if w.ctx != nil && w.ctx.Err() == nil && w.base == base && !w.until.After(until) {
		return w.ctx
	}
	w.free()
	w.base, w.until = base, until
	w.ctx, w.cancel = context.WithDeadline(base, until)
	return w.ctx
}

func (w *wait) free() {
	if w.cancel != nil {
		w.cancel()
	}
}
