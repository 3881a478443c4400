package tenant

import (
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/prometheus/client_golang/prometheus"
)

// Book is the tenants in force. All its methods may be called at once.
type Book struct {
	m    *meters
	seed maphash.Seed // of the names that limits remember

	mu      sync.Mutex // one Rewrite at a time
	current atomic.Pointer[edition]
}

// NewBook makes a book. Its errors name tenants and never keys. A book without
// tenants passes everything, as a nil one does, and counts it.
func NewBook(o Options, r prometheus.Registerer) (*Book, error) {
	b := &Book{m: newMeters(r), seed: maphash.MakeSeed()}
	first := &edition{nobody: newNobody()}
	first.nobody.account = b.m.open("")
	b.current.Store(first)
	if err := b.Rewrite(o); err != nil {
		return nil, err
	}
	return b, nil
}

// Empty reports whether the book has no tenants, as a nil one has none.
func (b *Book) Empty() bool { return b == nil || len(b.current.Load().holders) == 0 }

// Check returns what NewBook would find wrong.
func Check(o Options) error {
	_, err := draft(o)
	return err
}

// Rewrite puts o in force for all visits, open ones too. A tenant that stays keeps
// what is known of its limits: tokens, live names. On an error nothing changes.
func (b *Book) Rewrite(o Options) error {
	next, err := draft(o)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	last := b.current.Load()
	next.nobody.account = last.nobody.account
	for _, h := range next.holders {
		h.seed = b.seed
		if h.inherit(last.names[h.name]); h.account == nil {
			h.account = b.m.open(h.name)
		}
	}
	b.current.Store(next)
	b.show(last, next)
	return nil
}

// show has the metrics follow from one edition to the next.
func (b *Book) show(last, next *edition) {
	for _, h := range last.holders {
		if next.names[h.name] == nil {
			b.m.close(h.account)
		}
		if n := next.names[h.name]; n == nil || n.live == nil {
			b.m.hideLive(h.name)
		}
	}
	for _, h := range next.holders {
		if h.live != nil {
			b.m.showLive(h.name, func() float64 { return float64(b.live(h.name)) })
		}
	}
}

func (b *Book) live(name string) int {
	if h := b.edition().names[name]; h != nil {
		return h.liveAt(time.Now())
	}
	return 0
}

// edition is what is in force: for a nil book, no tenants.
func (b *Book) edition() *edition {
	if b == nil {
		return nowhere
	}
	return b.current.Load()
}

// nowhere is the edition of a nil book. It is never changed, and counts nothing.
var nowhere = &edition{nobody: newNobody()}

// Status tells of every tenant, in the order of the options, and then, under no
// name, of points that were nobody's; of nothing where there are no tenants.
func (b *Book) Status() []Status {
	e, now := b.edition(), time.Now()
	if len(e.holders) == 0 {
		return nil
	}
	var all []Status
	for _, h := range append(slices.Clip(e.holders), e.nobody) {
		all = append(all, h.status(now))
	}
	return all
}

func (h *holder) status(now time.Time) Status {
	s := Status{Name: h.name, Points: map[string]uint64{}, Dropped: map[metric.Reason]uint64{},
		Live: h.liveAt(now), Limits: h.limits}
	for _, c := range h.account.all() {
		switch c.fate {
		case passed:
			s.Points[c.label] = c.n.Load()
		case dropped:
			s.Dropped[metric.Reason(c.label)] = c.n.Load()
		}
	}
	return s
}

// Status is what an operator wants to see of a tenant.
type Status struct {
	Name    string
	Points  map[string]uint64        // passed, by protocol
	Dropped map[metric.Reason]uint64 // and not passed
	Live    int                      // names in the window; 0 without a limit
	Limits  Limits
}
