package slack

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// maxHeld is how many bytes a Conn holds before Send waits: some messages' worth, or
// one block.
const maxHeld = 4 * maxText

// conn gathers blocks and posts their lines, as many to a message as go into one,
// whatever block they came in. A block is acknowledged when its last line is posted.
type conn struct {
	s      *Sender
	broken chan struct{}
	done   chan struct{} // closed when the goroutine is gone
	wake   chan struct{}
	cancel context.CancelCauseFunc

	mu      sync.Mutex
	held    []byte        // lines that are not posted
	blocks  []block       // that are not acknowledged, the oldest first
	room    chan struct{} // closed when some was posted
	due     time.Time
	closing bool
	acked   uint64
	first   bool // no block came yet
	err     error
}

// block is one that was sent.
type block struct {
	lines []byte // kept to know it again
	left  int    // bytes to post
}

// Dial implements deliver.Destination: it finds the channel and joins it if it can.
func (s *Sender) Dial(ctx context.Context) (deliver.Conn, error) {
	if err := s.Connect(ctx); err != nil {
		return nil, err
	}
	c := &conn{
		s: s, broken: make(chan struct{}), done: make(chan struct{}), wake: make(chan struct{}, 1),
		room: make(chan struct{}), first: true,
	}
	run, cancel := context.WithCancelCause(context.Background())
	c.cancel = cancel
	go c.run(run)
	return c, nil
}

// Send implements deliver.Conn.
func (c *conn) Send(ctx context.Context, b metric.Batch) error {
	lines, tooLong := fitting(b.Lines)
	if tooLong == b.Points {
		return deliver.Permanent(ErrTooLong)
	}
	for {
		room, err := c.offer(lines)
		if err != nil {
			return err
		}
		if room == nil {
			return deliver.Refused(tooLong, ErrTooLong)
		}
		select {
		case <-room:
		case <-c.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// offer takes a block if there is room. Otherwise it returns what is closed when
// there may be.
func (c *conn) offer(lines []byte) (room <-chan struct{}, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
		return nil, c.err
	case len(c.held) > 0 && len(c.held)+len(lines) > maxHeld:
		c.due = time.Time{}
		c.nudge()
		return c.room, nil
	}
	if len(c.held) == 0 {
		c.due = time.Now().Add(c.s.o.Gather)
	}
	n := 0
	if c.first {
		c.first = false
		n = c.s.postedOf(lines)
	}
	c.held = append(c.held, lines[n:]...)
	c.blocks = append(c.blocks, block{bytes.Clone(lines), len(lines) - n})
	c.acknowledge(0)
	if _, full := firstMessage(c.held); full {
		c.due = time.Time{}
	}
	c.nudge()
	return nil, nil
}

// postedOf returns how much of a block was posted by a Conn before this one, which
// did not come to its end.
func (s *Sender) postedOf(lines []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.left
	s.left = nil
	if bytes.HasPrefix(lines, left) {
		return len(left)
	}
	return 0
}

func (c *conn) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run posts what is due until the session is over.
func (c *conn) run(ctx context.Context) {
	defer close(c.done)
	cleaning, stop := context.WithCancel(ctx)
	var cleaner sync.WaitGroup
	cleaner.Go(func() { c.s.clean(cleaning) })
	for c.await(ctx) {
		n, err := c.s.postFirst(ctx, c.pending)
		if err != nil {
			c.fail(ctx, err)
			break
		}
		c.posted(n)
	}
	stop()
	cleaner.Wait()
	c.end()
}

// await waits until something is due, and reports false if nothing will be.
func (c *conn) await(ctx context.Context) bool {
	for {
		c.mu.Lock()
		pending, closing, wait := len(c.held) > 0, c.closing, time.Until(c.due)
		c.mu.Unlock()
		switch {
		case ctx.Err() != nil, closing && !pending:
			return false
		case pending && (closing || wait <= 0):
			return true
		case !pending:
			wait = time.Hour
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-c.wake:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// pending is what may be posted now. It stays as it is until posted is called.
func (c *conn) pending() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.held)
}

// posted notes that the first n bytes are posted.
func (c *conn) posted(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = append(c.held[:0], c.held[n:]...)
	c.acknowledge(n)
	if _, full := firstMessage(c.held); !full {
		c.due = time.Now().Add(c.s.o.Gather)
	}
	close(c.room)
	c.room = make(chan struct{})
}

// acknowledge takes n posted bytes off the oldest blocks, and gives up those of which
// nothing is left.
func (c *conn) acknowledge(n int) {
	for len(c.blocks) > 0 && c.blocks[0].left <= n {
		n -= c.blocks[0].left
		c.blocks = c.blocks[1:]
		c.acked++
	}
	if len(c.blocks) > 0 {
		c.blocks[0].left -= n
	}
}

func (c *conn) fail(ctx context.Context, err error) {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = marked(err)
}

var errUnposted = errors.New("closed before all was posted")

// end notes that the session is over, and leaves word of a block of which only a part
// was posted.
func (c *conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && len(c.held) > 0 {
		c.err = errUnposted
	}
	if len(c.blocks) > 0 {
		b := c.blocks[0]
		c.s.mu.Lock()
		c.s.left = b.lines[:len(b.lines)-b.left]
		c.s.mu.Unlock()
	}
	if !c.closing {
		close(c.broken)
	}
}

// Acked implements deliver.Conn.
func (c *conn) Acked() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.acked
}

// Broken implements deliver.Conn.
func (c *conn) Broken() <-chan struct{} { return c.broken }

// Close implements deliver.Conn. In good order it posts what is gathered.
func (c *conn) Close(ctx context.Context) error {
	c.mu.Lock()
	c.closing = true
	c.nudge()
	c.mu.Unlock()
	if ctx.Err() != nil {
		c.cancel(errUnposted)
	}
	defer context.AfterFunc(ctx, func() { c.cancel(errUnposted) })()
	<-c.done
	c.cancel(nil)
	c.s.client.close()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
