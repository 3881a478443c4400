package carbon

import (
	"context"
	"errors"
	"io"
	"time"
)

// grace is how long a far end that has acknowledged everything gets to close
// its side too.
const grace = time.Second

// Close implements deliver.Conn. The order is good if the far end closed its
// side after ours: it read everything before it did.
func (c *conn) Close(ctx context.Context) error {
	err := c.finish(ctx)
	c.tcp.Close()
	<-c.broken
	return err
}

func (c *conn) finish(ctx context.Context) error {
	if c.isBroken() {
		return c.brokenError()
	}
	if ctx.Err() != nil {
		return errUnconfirmed
	}
	if err := c.tcp.CloseWrite(); err != nil {
		return err
	}
	c.fin = endOfStream
	return c.awaitEnd(ctx)
}

// awaitEnd waits until the far end has everything and has closed its side.
func (c *conn) awaitEnd(ctx context.Context) error {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	var patience *time.Timer
	broken := c.broken
	for {
		select {
		case <-broken:
			if !errors.Is(c.cause, io.EOF) {
				return c.cause
			}
			broken = nil
		case <-tick.C:
		case <-ctx.Done():
			return errUnconfirmed
		}
		everything := c.settle()
		if everything && broken == nil {
			return nil
		}
		if patience == nil && (everything || broken == nil) {
			patience = time.AfterFunc(grace, giveUp)
			defer patience.Stop()
		}
	}
}
