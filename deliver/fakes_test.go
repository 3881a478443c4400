package deliver_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/delivertest"
	"github.com/plumbago/plumbago/metric"
)

// fakeDest is a destination whose connections are written by the test.
type fakeDest struct {
	// dial makes the connection with the number n, counted from 0. nil: an
	// attentive one.
	dial func(n int) (*fakeConn, error)

	mu    sync.Mutex
	dials []time.Time
	conns []*fakeConn
}

func (d *fakeDest) Dial(context.Context) (deliver.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.dials)
	d.dials = append(d.dials, time.Now())
	c, err := &fakeConn{}, error(nil)
	if d.dial != nil {
		c, err = d.dial(n)
	}
	if err != nil {
		return nil, err
	}
	c.broken = make(chan struct{})
	if c.breaksAfter > 0 {
		time.AfterFunc(c.breaksAfter, c.snap)
	}
	d.conns = append(d.conns, c)
	return c, nil
}

func (d *fakeDest) dialled() []time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dials
}

func (d *fakeDest) conn(n int) *fakeConn {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.conns[n]
}

func (d *fakeDest) connections() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.conns)
}

// fakeConn is a connection in memory.
type fakeConn struct {
	ackAfter    time.Duration               // acknowledges what is so old
	breaksAfter time.Duration               // 0: never
	sending     time.Duration               // how long Send takes
	send        func(line string) error     // what Send returns; nil: nil
	refuses     func(line string) int       // points that are refused of a batch that is taken; nil: none
	answers     bool                        // it has answered all, whenever it is closed
	closing     func(context.Context) error // what Close returns; nil: nil

	mu     sync.Mutex
	sent   []time.Time
	lines  []string
	polls  int
	closed time.Time
	broken chan struct{}
}

func (c *fakeConn) Send(ctx context.Context, b metric.Batch) error {
	if c.sending > 0 {
		select {
		case <-time.After(c.sending):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	line := strings.TrimSuffix(string(b.Lines), "\n")
	if c.send != nil {
		if err := c.send(line); err != nil {
			return err
		}
	}
	c.sent = append(c.sent, time.Now())
	c.lines = append(c.lines, line)
	if c.refuses != nil {
		return deliver.Refused(c.refuses(line), deliver.Permanent(errors.New("no such value")))
	}
	return nil
}

func (c *fakeConn) Acked() (n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.polls++
	for _, at := range c.sent {
		if time.Since(at) < c.ackAfter {
			break
		}
		n++
	}
	return n
}

func (c *fakeConn) Broken() <-chan struct{} { return c.broken }

func (c *fakeConn) Close(ctx context.Context) error {
	c.mu.Lock()
	c.closed = time.Now()
	c.mu.Unlock()
	if c.answers {
		return nil
	}
	if ctx.Err() != nil {
		return errors.New("closed at once")
	}
	if c.closing != nil {
		return c.closing(ctx)
	}
	return nil
}

// snap breaks the connection.
func (c *fakeConn) snap() { close(c.broken) }

func (c *fakeConn) got() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lines
}

func (c *fakeConn) polled() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.polls
}

// bench is a running worker between fakes.
type bench struct {
	t      *testing.T
	dest   *fakeDest
	source *delivertest.Source
	worker *deliver.Worker
	stop   context.CancelFunc
	done   chan error
	began  time.Time
}

// run starts a worker. It is to be called in a synctest bubble.
func run(t *testing.T, dest *fakeDest, o deliver.Options) *bench {
	t.Helper()
	return runIn(context.Background(), t, dest, o)
}

// runIn is run until parent is done.
func runIn(parent context.Context, t *testing.T, dest *fakeDest, o deliver.Options) *bench {
	t.Helper()
	if o.Name == "" {
		o.Name = "far"
	}
	ctx, stop := context.WithCancel(parent)
	b := &bench{t: t, dest: dest, source: delivertest.NewSource(), stop: stop, done: make(chan error, 1), began: time.Now()}
	b.worker = deliver.New(dest, b.source, o)
	go func() { b.done <- b.worker.Run(ctx) }()
	return b
}

// end stops the worker and checks what must always hold.
func (b *bench) end() {
	b.t.Helper()
	b.source.CloseInput()
	b.stop()
	if err := <-b.done; err != nil {
		b.t.Errorf("Run: got %v, want nil", err)
	}
	for _, f := range b.source.Faults() {
		b.t.Errorf("against the rules of deliver.Source: %s", f)
	}
}

// released checks how many blocks are.
func (b *bench) released(want int) {
	b.t.Helper()
	if p := b.source.Progress(); p.Released != want {
		b.t.Errorf("after %v: got %+v, want %d released", time.Since(b.began), p, want)
	}
}
