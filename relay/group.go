package relay

import (
	"context"
	"fmt"
	"sync"
)

// group runs parts that stop together: when ctx is done, when one of them ends
// by itself, or when it is told to.
type group struct {
	ctx  context.Context
	fail context.CancelCauseFunc
	wg   sync.WaitGroup

	mu    sync.Mutex
	first error
}

// start readies the group; the function returned stops its parts.
func (g *group) start(ctx context.Context) (stop func()) {
	g.ctx, g.fail = context.WithCancelCause(ctx)
	return func() { g.fail(nil) }
}

// run starts a part. Its end before the group was stopped stops the others: the
// relay is never half alive.
func (g *group) run(doing string, part func(context.Context) error) {
	g.wg.Go(func() {
		err := part(g.ctx)
		if err == nil {
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.first == nil {
			g.first = fmt.Errorf("%s: %w", doing, err)
		}
		g.fail(g.first)
	})
}

func (g *group) done() <-chan struct{} { return g.ctx.Done() }

// wait returns when all parts are gone, with the error of the first that failed.
func (g *group) wait() error {
	g.wg.Wait()
	return g.first
}
