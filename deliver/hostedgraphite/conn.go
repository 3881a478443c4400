package hostedgraphite

import (
	"bytes"
	"context"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// conn is one session with the sink: what is posted until something goes wrong.
type conn struct {
	d      *Destination
	acked  uint64
	unsure error // why the last batch was not delivered

	broken  chan struct{}
	unwatch func() // ends the watch over the idle connection
}

func newConn(d *Destination) *conn {
	c := &conn{d: d, broken: make(chan struct{})}
	c.watch()
	return c
}

// watch waits beside for the end of the idle connection.
func (c *conn) watch() {
	gone, stop, done := c.d.current().Broken(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-gone:
			close(c.broken)
		case <-stop:
		}
	}()
	c.unwatch = func() { close(stop); <-done; c.unwatch = func() {} }
}

// Broken implements deliver.Conn.
func (c *conn) Broken() <-chan struct{} { return c.broken }

// Acked implements deliver.Conn: what is sent is answered.
func (c *conn) Acked() uint64 { return c.acked }

// Send implements deliver.Conn. It returns when the far end has answered.
func (c *conn) Send(ctx context.Context, b metric.Batch) error {
	c.unwatch()
	refused, err := c.hand(ctx, b)
	if err != nil {
		c.unsure = sendError(err)
		return c.unsure
	}
	c.acked++
	if !isClosed(c.broken) {
		c.watch()
	}
	return c.d.refusals.Settle(refused, c.d.log)
}

// hand posts the points of b, in as many requests as it takes, and returns those
// that were refused.
func (c *conn) hand(ctx context.Context, b metric.Batch) (refused []deliver.Refusal, err error) {
	for rest := b; rest.Points > 0; {
		var part metric.Batch
		part, rest = cut(rest, c.d.maxBatch)
		more, err := deliver.Halve(part, func(b metric.Batch) error { return c.post(ctx, b) })
		if err != nil {
			return nil, err
		}
		refused = append(refused, more...)
	}
	return refused, nil
}

// cut splits off as many leading points of b as have room in so many bytes, one at
// least.
func cut(b metric.Batch, size int) (first, rest metric.Batch) {
	if len(b.Lines) <= size {
		return b, metric.Batch{}
	}
	end := bytes.LastIndexByte(b.Lines[:size], '\n') + 1
	if end == 0 {
		end = bytes.IndexByte(b.Lines, '\n') + 1
	}
	first, rest = b, b
	first.Lines, rest.Lines = b.Lines[:end], b.Lines[end:]
	first.Points = bytes.Count(first.Lines, []byte{'\n'})
	rest.Points -= first.Points
	return first, rest
}

// post posts a batch and returns what the answer means.
func (c *conn) post(ctx context.Context, b metric.Batch) error {
	a, err := c.d.ask(ctx, b.Lines)
	if err != nil {
		return err
	}
	err = c.d.judge(a)
	if err != nil && !deliver.IsPermanent(err) {
		c.d.doubt = bytes.Clone(b.Lines[:bytes.IndexByte(b.Lines, '\n')+1])
	}
	return err
}

// Close implements deliver.Conn.
func (c *conn) Close(context.Context) error {
	c.unwatch()
	c.d.close()
	return c.unsure
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
