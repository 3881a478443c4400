package deliver

import (
	"context"
	"sync"
	"time"

	"github.com/plumbago/plumbago/metric"
)

// Poster hands batches to a far end that answers each of them. One goroutine at a
// time calls its methods.
type Poster interface {
	// Post hands over a batch and returns when the far end has answered, or soon
	// after ctx is done. nil means that it took all of it, an error of Refused
	// that it took it but for some points; after any other error nothing of the
	// batch counts as taken, and there is no further Post. Until it returns, b's
	// memory is the Poster's, to be changed as it likes.
	Post(ctx context.Context, b metric.Batch) error

	// Gone is closed when the far end is known to be gone while nothing is
	// posted. Each Post may make another channel of it.
	Gone() <-chan struct{}

	// Close gives back all that the session holds.
	Close()
}

// Gathering says when a batch is complete.
type Gathering struct {
	Interval time.Duration // since its first block; with 0 a batch is what comes while another is under way
	First    time.Duration // the same for the first batch; Interval if 0
	MaxBytes int           // of a batch; a block that is larger is a batch of its own
	PerPoint int           // bytes that a point counts besides those of its line
}

// Gatherer is a Conn for a far end whose requests are costly. It copies the blocks
// that it is sent, and posts them together when they are due: the batch is full, its
// time has come, or the Conn is closed in good order. Blocks of different tenants
// make different batches.
//
// While a batch is under way the next is gathered; when that is full too, Send waits.
// Acked counts the blocks of batches that were answered. Any error of Post but one of
// Refused breaks the Conn; an end of the idle far end does so only while nothing is
// gathered, since a Post connects anew.
type Gatherer struct {
	poster Poster
	g      Gathering
	broken chan struct{}
	wake   chan struct{} // something has changed for the goroutine
	done   chan struct{} // closed when that is gone
	cancel context.CancelCauseFunc

	mu      sync.Mutex
	next    gathered      // what is gathered
	spare   []byte        // memory for the batch after it
	room    chan struct{} // closed when there is room for a batch
	hurry   bool          // what is gathered is due
	closing bool          // and nothing follows
	acked   uint64
	refused uint64
	why     error // of the last refusal
	over    bool
	err     error // why it is over
}

// gathered is some blocks that are one batch.
type gathered struct {
	metric.Batch
	blocks uint64
	weight int
	due    time.Time
}

// Gather makes a Gatherer, which closes p when it is closed or broken.
func Gather(p Poster, g Gathering) *Gatherer {
	if g.First == 0 {
		g.First = g.Interval
	}
	c := &Gatherer{
		poster: p, g: g, broken: make(chan struct{}), wake: make(chan struct{}, 1),
		done: make(chan struct{}), room: make(chan struct{}),
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	c.cancel = cancel
	go c.run(ctx)
	return c
}

// Send implements Conn. It only waits if a full batch does.
func (c *Gatherer) Send(ctx context.Context, b metric.Batch) error {
	for {
		room, err := c.offer(b)
		if room == nil {
			return err
		}
		select {
		case <-room:
		case <-c.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// offer gathers b if there is room for it. Otherwise it returns what is closed when
// there may be.
func (c *Gatherer) offer(b metric.Batch) (room <-chan struct{}, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.over && c.err == nil:
		return nil, errGone
	case c.over:
		return nil, c.err
	case !c.fits(b):
		c.next.due = time.Now()
		c.nudge()
		return c.room, nil
	}
	c.add(b)
	return nil, nil
}

// fits reports whether b can be part of what is gathered.
func (c *Gatherer) fits(b metric.Batch) bool {
	n := &c.next
	return n.blocks == 0 ||
		n.weight+c.weigh(b) <= c.g.MaxBytes && n.Tenant == b.Tenant && n.Quarantined == b.Quarantined
}

func (c *Gatherer) weigh(b metric.Batch) int { return len(b.Lines) + b.Points*c.g.PerPoint }

func (c *Gatherer) add(b metric.Batch) {
	n := &c.next
	if n.blocks == 0 {
		n.Tenant, n.Quarantined = b.Tenant, b.Quarantined
		n.due = time.Now().Add(c.g.First)
		c.g.First = c.g.Interval
		c.nudge()
	}
	n.Lines = append(n.Lines, b.Lines...)
	n.Points += b.Points
	n.blocks++
	n.weight += c.weigh(b)
	if n.weight >= c.g.MaxBytes {
		n.due = time.Now()
		c.nudge()
	}
}

// nudge has the goroutine look at what has changed.
func (c *Gatherer) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Acked implements Conn.
func (c *Gatherer) Acked() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.acked
}

// Refused implements Refuser.
func (c *Gatherer) Refused() (points uint64, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused, c.why
}

// Broken implements Conn.
func (c *Gatherer) Broken() <-chan struct{} { return c.broken }

// Flush implements Flusher.
func (c *Gatherer) Flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hurry = true
	c.nudge()
}

// Close implements Conn. In good order it posts what is gathered.
func (c *Gatherer) Close(ctx context.Context) error {
	c.mu.Lock()
	c.hurry, c.closing = true, true
	c.nudge()
	c.mu.Unlock()
	if ctx.Err() != nil {
		c.cancel(errUnposted)
	}
	defer context.AfterFunc(ctx, func() { c.cancel(errUnposted) })()
	<-c.done
	c.cancel(nil) // it is over, and holds nothing any more
	return c.err
}
