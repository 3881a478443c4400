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
// side after ours: it read everything before it did. One that closed it when ours
// was still under way has said nothing of the kind.
func (c *conn) Close(ctx context.Context) error {
	err := c.finish(ctx)
	c.link.Close()
	<-c.broken
	return err
}

func (c *conn) finish(ctx context.Context) error {
	c.ending.Store(true) // before it is: the far end may answer before we hear that it was sent
	if c.isBroken() {
		return c.brokenError()
	}
	if ctx.Err() != nil {
		return errUnconfirmed
	}
	if err := c.closeWrite(ctx); err != nil {
		return c.explain(ctx, err)
	}
	c.fin = endOfStream
	return c.awaitEnd(ctx)
}

// closeWrite ends what is sent: TLS with its goodbye, and then TCP.
func (c *conn) closeWrite(ctx context.Context) error {
	stop := context.AfterFunc(ctx, c.link.cut)
	defer stop()
	if k, ok := c.stream.(*secured); ok {
		if err := k.CloseWrite(); err != nil {
			return err
		}
	}
	return c.link.tcp.CloseWrite()
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
			switch {
			case !errors.Is(c.cause, io.EOF):
				return c.cause
			case c.early:
				return errClosed
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
