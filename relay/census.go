package relay

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/plumbago/plumbago/internal/heavy"
	"github.com/plumbago/plumbago/metric"
)

// MostDepth is of how many nodes a prefix can be that is counted.
const MostDepth = 4

const (
	// censusPlaces is how many of each kind the census holds.
	censusPlaces = 2048
	// censusPoints is how many points a second are looked at; where there are more, one
	// stands for several. At a microsecond or two each, with names that are new, that is
	// a few thousandths of a processor, whatever flows.
	censusPoints = 2000
)

// census knows what most of the points are of: the prefixes of their names, their
// tenants, and who sends them. It looks at a part of them.
type census struct {
	pace *heavy.Pace // of names

	mu       sync.Mutex
	prefixes [MostDepth]*heavy.Sketch // by nodes, of one and more
	tenants  *heavy.Sketch

	senderPace *heavy.Pace

	senderMu sync.Mutex
	senders  *heavy.Sketch
	address  []byte // a sender's, being made
}

func newCensus() *census {
	c := &census{
		pace: heavy.NewPace(censusPoints), tenants: heavy.New(censusPlaces),
		senderPace: heavy.NewPace(censusPoints), senders: heavy.New(censusPlaces),
	}
	for i := range c.prefixes {
		c.prefixes[i] = heavy.New(censusPlaces)
	}
	return c
}

// see looks at a part of a batch: at every line, or at those which stand at every so
// many bytes from somewhere on. The longer a line, the more often it is hit, and the
// fewer it stands for.
func (c *census) see(b metric.Batch) {
	if b.Points == 0 {
		return
	}
	if step := c.pace.Step(); step > 1 {
		stride := max(1, step*len(b.Lines)/b.Points)
		if first := rand.IntN(stride); first < len(b.Lines) {
			c.sample(b, first, stride)
		}
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for rest := b.Lines; len(rest) > 0; {
		c.add(rest[:bytes.IndexByte(rest, ' ')], 1, now)
		rest = rest[bytes.IndexByte(rest, '\n')+1:]
	}
	c.tenants.Add([]byte(b.Tenant), uint64(b.Points), now)
	c.pace.Took(b.Points, uint64(b.Points), now)
}

// sample looks at the lines of b that lie at first and at every stride behind it.
func (c *census) sample(b metric.Batch, first, stride int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	taken, stood := 0, uint64(0)
	for at := first; at < len(b.Lines); at += stride {
		begin := bytes.LastIndexByte(b.Lines[:at], '\n') + 1
		size := bytes.IndexByte(b.Lines[begin:], '\n') + 1
		points := uint64(max(1, (stride+size/2)/size))
		line := b.Lines[begin : begin+size]
		c.add(line[:bytes.IndexByte(line, ' ')], points, now)
		taken++
		stood += points
	}
	c.tenants.Add([]byte(b.Tenant), stood, now)
	c.pace.Took(taken, stood, now)
}

// add counts the prefixes of a name. A name with fewer nodes is its own prefix; tags
// are no part of one.
func (c *census) add(name []byte, points uint64, now time.Time) {
	if tags := bytes.IndexByte(name, ';'); tags >= 0 {
		name = name[:tags]
	}
	next := 0 // where the node behind the prefix begins
	for _, s := range c.prefixes {
		end := len(name)
		if next < end {
			if dot := bytes.IndexByte(name[next:], '.'); dot >= 0 {
				end = next + dot
			}
		}
		s.Add(name[:end], points, now)
		next = end + 1
	}
}

// sent is told by the doors who sends. Of many points some stand for all.
func (c *census) sent(from netip.Addr, points int) {
	step := c.senderPace.Step()
	first := rand.IntN(step)
	if first >= points {
		return
	}
	stood := uint64(step) * uint64((points-1-first)/step+1)
	c.senderMu.Lock()
	defer c.senderMu.Unlock()
	now := time.Now()
	c.address = from.AppendTo(c.address[:0])
	c.senders.Add(c.address, stood, now)
	c.senderPace.Took(1, stood, now)
}

// Kind is what the heaviest are told of.
type Kind string

// What the heaviest can be told of.
const (
	BySource Kind = "source" // the addresses of senders
	ByPrefix Kind = "prefix" // the first nodes of names
	ByTenant Kind = "tenant"
)

// Heaviest returns the n by which most of the points come, of their prefixes those
// of so many nodes. It goes by a sample where much flows, and knows 2048 of each kind.
func (r *Relay) Heaviest(by Kind, n, depth int) ([]heavy.Entry, error) {
	c := r.census
	switch by {
	case BySource:
		c.senderMu.Lock()
		defer c.senderMu.Unlock()
		return c.senders.Top(n, time.Now()), nil
	case ByTenant:
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.tenants.Top(n, time.Now()), nil
	case ByPrefix:
		if depth < 1 || depth > MostDepth {
			return nil, fmt.Errorf("prefixes have 1 to %d nodes", MostDepth)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.prefixes[depth-1].Top(n, time.Now()), nil
	}
	return nil, fmt.Errorf("nothing is known by %.20q: want %s, %s or %s", by, BySource, ByPrefix, ByTenant)
}
