package main

import (
	"context"
	"sync"
	"time"
)

// forwards are the TLS connections that this process takes TLS off, for whoever is
// the gateway now.
type forwards struct {
	ctx  context.Context
	stop func()
	wg   sync.WaitGroup
}

func newForwards() *forwards {
	ctx, stop := context.WithCancel(context.Background())
	return &forwards{ctx: ctx, stop: stop}
}

func (f *forwards) add(forward func(context.Context)) {
	f.wg.Go(func() { forward(f.ctx) })
}

// end ends them in good order.
func (f *forwards) end() {
	f.stop()
	f.wg.Wait()
}

// endWithin ends them when patience is over, or ctx done, unless they end before.
func (f *forwards) endWithin(ctx context.Context, patience time.Duration) {
	defer context.AfterFunc(ctx, f.stop)()
	defer time.AfterFunc(patience, f.stop).Stop()
	f.wg.Wait()
	f.stop()
}
