package relay

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/route"
)

// TapOptions say which points a Tap shows. Zero values are no condition.
type TapOptions struct {
	Match   *regexp.Regexp // finds something in the name
	Tenant  string         // whose the point is
	Dest    string         // a destination or pool that it goes to
	Dropped bool           // only points that are dropped, and why, instead of those that go somewhere
	Rate    int            // at most so many a second; 100
}

// Tap shows a sample of the points that go by, as they are routed: after tenancy,
// which takes keys away, and before a destination's prefix. It costs those whose
// points they are a fiftieth of their time at most, and never makes them wait: what
// it does not come to look at, or has no room for, is passed over.
type Tap struct {
	o       TapOptions
	relay   *Relay
	seen    chan Seen
	passed  atomic.Uint64 // points passed over
	next    atomic.Int64  // nothing is looked at before this time, in nanoseconds since began
	began   time.Time
	unwatch func()

	mu     sync.Mutex // held while a batch is looked at; who finds it taken passes on
	points allowance  // to show
	time   allowance  // to look, in nanoseconds

	lost   map[lossOf]uint64 // see Lost
	looked bool
}

const (
	// tapRoom is how many points wait for whoever listens.
	tapRoom = 1024
	// tapTurn is how long a tap may look without a pause, if it has not for a while, and
	// tapShare what part of all time it may in the long run.
	tapTurn  = 5 * time.Millisecond
	tapShare = 1. / 50
	// tapRest is the shortest pause of a tap that has used up what it has.
	tapRest = time.Millisecond
	// tapGlance is how many lines are looked at between two looks at the clock.
	tapGlance = 16
)

func newTap(r *Relay, o TapOptions) *Tap {
	if o.Rate <= 0 {
		o.Rate = 100
	}
	now := time.Now()
	return &Tap{
		o: o, relay: r, began: now, seen: make(chan Seen, tapRoom), unwatch: func() {},
		points: allowance{rate: float64(o.Rate), most: float64(o.Rate), left: float64(o.Rate)},
		time:   allowance{rate: tapShare * 1e9, most: float64(tapTurn), left: float64(tapTurn)},
		lost:   map[lossOf]uint64{},
	}
}

// Seen is where the points come.
func (t *Tap) Seen() <-chan Seen { return t.seen }

// Passed returns how many points went by without a look at them since it was asked
// last, or were not shown for want of room.
func (t *Tap) Passed() uint64 { return t.passed.Swap(0) }

// Close ends the tap.
func (t *Tap) Close() {
	t.unwatch()
	t.relay.untap(t)
}

// see looks at a batch, if it is time to.
func (t *Tap) see(v *route.View, b metric.Batch, dropped int) {
	if t.o.Dropped && dropped == 0 || t.o.Tenant != "" && t.o.Tenant != b.Tenant {
		return
	}
	began := time.Since(t.began)
	if int64(began) < t.next.Load() || !t.mu.TryLock() {
		t.passed.Add(uint64(b.Points))
		return
	}
	defer t.mu.Unlock()
	t.points.refill(began)
	t.time.refill(began)
	if looked := t.look(v, b, began); looked < b.Points {
		t.passed.Add(uint64(b.Points - looked))
	}
	if wait := max(t.points.until(1), t.time.until(float64(tapTurn)/10)); wait > 0 {
		t.next.Store(int64(time.Since(t.began) + max(wait, tapRest)))
	}
}

// look looks at lines of a batch, from somewhere on, as long as there is time. It
// returns how many it has looked at.
func (t *Tap) look(v *route.View, b metric.Batch, began time.Duration) (looked int) {
	for rest := begin(b, int(t.points.left)); len(rest) > 0; looked++ {
		var line []byte
		end := bytes.IndexByte(rest, '\n')
		line, rest = rest[:end], rest[end+1:]
		if seen, ok := t.pick(v, line, b.Tenant); ok && !t.show(seen) {
			break
		}
		if looked%tapGlance == tapGlance-1 {
			took := time.Since(t.began) - began
			began += took
			if t.time.left -= float64(took); t.time.left <= 0 {
				return looked + 1
			}
		}
	}
	t.time.left -= float64(time.Since(t.began) - began)
	return looked
}

// begin returns the lines of b from somewhere on, if they are more than can be shown:
// not always the first.
func begin(b metric.Batch, most int) []byte {
	if b.Points <= most {
		return b.Lines
	}
	from := rand.IntN(len(b.Lines))
	if last := bytes.LastIndexByte(b.Lines[:from], '\n'); last >= 0 {
		return b.Lines[last+1:]
	}
	return b.Lines
}

// pick reports whether a line is one to show, and as what.
func (t *Tap) pick(v *route.View, line []byte, tenant string) (Seen, bool) {
	name := line[:bytes.IndexByte(line, ' ')]
	if !t.matches(name, tenant) {
		return Seen{}, false
	}
	to, why := v.Place(name)
	if t.o.Dropped != (why != "") || t.o.Dest != "" && !slices.Contains(to, t.o.Dest) {
		return Seen{}, false
	}
	return Seen{Line: string(line), Tenant: tenant, To: to, Dropped: why}, true
}

func (t *Tap) matches(name []byte, tenant string) bool {
	return (t.o.Tenant == "" || t.o.Tenant == tenant) && (t.o.Match == nil || t.o.Match.Match(name))
}

// show hands a point on, if there is room and the rate allows it.
func (t *Tap) show(s Seen) bool {
	t.points.refill(time.Since(t.began))
	if t.points.left < 1 {
		return false
	}
	select {
	case t.seen <- s:
		t.points.left--
		return true
	default:
		return false
	}
}

// allowance is a bucket of something that comes back with time.
type allowance struct {
	rate, most float64 // a second, and at once
	left       float64
	at         time.Duration // when it was refilled
}

func (a *allowance) refill(now time.Duration) {
	a.left = min(a.most, a.left+a.rate*max(0, (now-a.at).Seconds()))
	a.at = max(a.at, now)
}

// until is how long it takes until there is so much; 0 if there is any left now.
func (a *allowance) until(want float64) time.Duration {
	if a.left >= min(1, want) {
		return 0
	}
	return time.Duration((want - a.left) / a.rate * 1e9)
}
