package nats

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/plumbago/plumbago/metric"
)

const (
	mostBundle = 4 << 20 // bytes of a bundle
	mostOpen   = 2       // bundles that points are gathered for: one of the live ones, one of a backlog
	mostReady  = 3       // open, and full but not being published
	patience   = 5 * time.Second
)

// conn publishes. Send sorts points into a bundle, which goes when it is full, its time
// has come, or the Conn is closed in good order. A point is acknowledged when all
// messages of its bundle are.
//
// While a bundle is compressed and published the next is gathered. At the first error
// the Conn is over: the next publishes again what was not acknowledged, under the same
// ids.
type conn struct {
	s      *Sender
	link   *link
	cuts   *cuts
	full   int // bytes of a bundle
	batch  int // bytes of a message's lines
	broken chan struct{}
	wake   chan struct{} // something has changed for the goroutine that publishes
	done   chan struct{} // closed when that is gone, and the one that waits for answers
	cancel context.CancelCauseFunc
	flying chan flight

	scratch []byte // of the goroutine that publishes

	mu      sync.Mutex
	placed  bool   // at is the place of what is sent next
	at      uint64 // in the queue
	sends   uint64
	open    []*bundle
	ready   []*bundle
	gone    []*bundle // published or being so, and not acknowledged
	free    []*bundle
	room    chan struct{} // closed when a bundle was taken, or acknowledged
	weight  int           // bytes under way
	hurry   bool
	closing bool
	over    bool
	err     error
	refused uint64
	why     error
}

func newConn(s *Sender, l *link, memory *cuts) *conn {
	c := &conn{
		s: s, link: l, cuts: memory,
		batch: s.o.Batch, full: max(min(s.o.Batch*s.o.Partitions, mostBundle), s.o.Batch),
		broken: make(chan struct{}), wake: make(chan struct{}, 1), done: make(chan struct{}), room: make(chan struct{}),
		flying: make(chan flight, s.o.MaxFlying),
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	c.cancel = cancel
	go c.run(ctx)
	return c
}

// Place implements deliver.Placer.
func (c *conn) Place(first uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.placed = first, true
}

// Send implements deliver.Conn. It only waits if full bundles do.
func (c *conn) Send(ctx context.Context, b metric.Batch) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.placed {
		c.at = c.s.count
	}
	c.placed = false
	c.sends++
	for lines := b.Lines; len(lines) > 0; {
		g := c.bundle()
		if g == nil {
			if err := c.await(ctx); err != nil {
				return err
			}
			continue
		}
		size, points := c.sort(g, b.Tenant, lines)
		lines = lines[size:]
		c.at += points
		if c.hurry {
			c.sealAll()
		} else if c.isDue(g) {
			c.seal(g)
		}
	}
	c.s.count = c.at
	return nil
}

// sort adds lines to a bundle, as many as may be in it.
func (c *conn) sort(g *bundle, tenant string, lines []byte) (size int, points uint64) {
	most := uint64(math.MaxUint64)
	if g.until > 0 {
		most = g.until - g.end
	}
	if tenant == "" && len(c.s.tenants) > 0 {
		return g.addOwned(c.s.tenants, lines, most)
	}
	return g.add(g.of(tenant), lines, most)
}

// isDue reports whether nothing more goes into a bundle.
func (c *conn) isDue(g *bundle) bool {
	switch {
	case g.bytes >= 2*c.full:
		return true
	case g.until > 0:
		return g.end >= g.until
	}
	return g.bytes >= c.full
}

// bundle returns where the point at c.at goes, nil if there is no room now. The caller
// holds c.mu, as those of the functions below do.
func (c *conn) bundle() *bundle {
	if i := slices.IndexFunc(c.open, func(g *bundle) bool { return g.end == c.at }); i >= 0 {
		return c.open[i]
	}
	if c.over {
		return nil
	}
	if len(c.open) == mostOpen {
		c.seal(c.open[0])
	}
	if len(c.open)+len(c.ready) >= mostReady {
		return nil
	}
	g := c.fresh()
	g.from, g.end, g.first = c.at, c.at, c.sends
	wait := c.s.o.Interval
	var again bool
	if g.until, again = c.cuts.endOf(c.at); again {
		wait = max(wait, patience) // the same points follow
	}
	g.due = time.Now().Add(wait)
	c.open = append(c.open, g)
	c.nudge()
	return g
}

func (c *conn) fresh() *bundle {
	if n := len(c.free); n > 0 {
		g := c.free[n-1]
		c.free = c.free[:n-1]
		return g
	}
	return newBundle(c.s.o.Partitions)
}

// seal ends an open bundle.
func (c *conn) seal(g *bundle) {
	c.open = slices.DeleteFunc(c.open, func(o *bundle) bool { return o == g })
	c.ready = append(c.ready, g)
	c.nudge()
}

func (c *conn) sealAll() {
	for len(c.open) > 0 {
		c.seal(c.open[0])
	}
}

// await waits for room, with c.mu free meanwhile.
func (c *conn) await(ctx context.Context) error {
	if c.over {
		return c.fault()
	}
	room := c.room
	c.mu.Unlock()
	defer c.mu.Lock()
	select {
	case <-room:
	case <-c.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

func (c *conn) fault() error {
	if c.err == nil {
		return errLost
	}
	return c.err
}

var (
	errLost        = errors.New("the connection is lost")
	errUnpublished = errors.New("closed before all was published")
)

// nudge has the goroutine look at what has changed.
func (c *conn) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Acked implements deliver.Conn: all batches before the first that an unacknowledged
// bundle has points of.
func (c *conn) Acked() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	acked := c.sends
	for _, list := range [][]*bundle{c.open, c.ready, c.gone} {
		for _, g := range list {
			acked = min(acked, g.first-1)
		}
	}
	return acked
}

// Refused implements deliver.Refuser.
func (c *conn) Refused() (points uint64, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused, c.why
}

// Broken implements deliver.Conn.
func (c *conn) Broken() <-chan struct{} { return c.broken }

// Flush implements deliver.Flusher.
func (c *conn) Flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hurry = true
	c.nudge()
}

// Close implements deliver.Conn. In good order it publishes what is gathered.
func (c *conn) Close(ctx context.Context) error {
	c.mu.Lock()
	c.hurry, c.closing = true, true
	c.nudge()
	c.mu.Unlock()
	if ctx.Err() != nil {
		c.cancel(errUnpublished)
	}
	defer context.AfterFunc(ctx, func() { c.cancel(errUnpublished) })()
	<-c.done
	c.cancel(nil)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
