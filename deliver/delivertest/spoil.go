package delivertest

import (
	"context"
	"sync/atomic"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// spoiler is a destination between a worker and the one under test. It
// overwrites the memory of each batch as soon as Send returns, and counts.
type spoiler struct {
	deliver.Destination
	dials, sends, open atomic.Int64
}

func (s *spoiler) Dial(ctx context.Context) (deliver.Conn, error) {
	s.dials.Add(1)
	c, err := s.Destination.Dial(ctx)
	if err != nil {
		return nil, err
	}
	s.open.Add(1)
	return &spoilerConn{c, s}, nil
}

type spoilerConn struct {
	deliver.Conn
	s *spoiler
}

func (c *spoilerConn) Send(ctx context.Context, b metric.Batch) error {
	c.s.sends.Add(1)
	err := c.Conn.Send(ctx, b)
	clear(b.Lines)
	return err
}

// Refused implements deliver.Refuser.
func (c *spoilerConn) Refused() (uint64, error) {
	if r, ok := c.Conn.(deliver.Refuser); ok {
		return r.Refused()
	}
	return 0, nil
}

// Place implements deliver.Placer.
func (c *spoilerConn) Place(first uint64) {
	if p, ok := c.Conn.(deliver.Placer); ok {
		p.Place(first)
	}
}

// Flush implements deliver.Flusher.
func (c *spoilerConn) Flush() {
	if f, ok := c.Conn.(deliver.Flusher); ok {
		f.Flush()
	}
}

func (c *spoilerConn) Close(ctx context.Context) error {
	defer c.s.open.Add(-1)
	return c.Conn.Close(ctx)
}
