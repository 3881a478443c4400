package deliver

import (
	"context"
	"errors"
	"time"

	"github.com/plumbago/plumbago/metric"
)

// run posts what is due until the session is over.
func (c *Gatherer) run(ctx context.Context) {
	defer close(c.done)
	for c.await(ctx) {
		b := c.take()
		err := c.poster.Post(ctx, b.Batch)
		if err != nil && RefusedBy(err) == 0 && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if !c.settle(b, err) {
			break
		}
	}
	c.poster.Close()
	c.end()
}

// await waits until a batch is due, and reports false if none will be.
func (c *Gatherer) await(ctx context.Context) bool {
	for {
		due, pending, last := c.plan()
		switch {
		case ctx.Err() != nil, last && !pending:
			return false
		case pending && !due.After(time.Now()):
			return true
		}
		if !c.pause(ctx, due, pending) {
			return false
		}
	}
}

// pause waits until there may be something to do. It reports false if the far end
// has gone and misses nothing.
func (c *Gatherer) pause(ctx context.Context, due time.Time, pending bool) bool {
	var gone <-chan struct{}
	var ripe <-chan time.Time
	if pending {
		timer := time.NewTimer(time.Until(due))
		defer timer.Stop()
		ripe = timer.C
	} else {
		gone = c.poster.Gone()
	}
	select {
	case <-gone:
		return !c.leave()
	case <-c.wake:
	case <-ripe:
	case <-ctx.Done():
	}
	return true
}

// plan returns when what is gathered is due, whether there is anything, and whether
// it is the last.
func (c *Gatherer) plan() (due time.Time, pending, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hurry {
		c.next.due = time.Time{}
	}
	return c.next.due, c.next.blocks > 0, c.closing
}

// leave ends the session unless something was gathered meanwhile.
func (c *Gatherer) leave() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = c.next.blocks == 0
	return c.over
}

// take takes what is gathered, and makes room.
func (c *Gatherer) take() gathered {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.next
	c.next = gathered{Batch: metric.Batch{Lines: c.spare[:0]}}
	c.spare = nil
	close(c.room)
	c.room = make(chan struct{})
	return b
}

// settle notes what became of a batch, and reports whether the session goes on.
func (c *Gatherer) settle(b gathered, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	refused := RefusedBy(err)
	if err != nil && refused == 0 {
		c.over, c.err = true, err
		return false
	}
	if refused > 0 {
		c.refused += uint64(min(refused, b.Points))
		c.why = err
	}
	c.acked += b.blocks
	c.spare = b.Lines[:0]
	return true
}

var errUnposted = errors.New("closed before all was posted")

// end notes that the session is over.
func (c *Gatherer) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && c.next.blocks > 0 {
		c.err = errUnposted
	}
	c.over = true
	if !c.closing {
		close(c.broken)
	}
}
