package relay

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/plumbago/plumbago/internal/tidy"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
	"github.com/prometheus/client_golang/prometheus"
)

// Source is a way in that does not listen: it goes and fetches points.
type Source struct {
	Name     string // unique
	Address  string // where from, as operators know it; without secrets
	Protocol string // for the tenants' counters

	Tenant string       // whose the points are that have no key; "" if that is not known
	Names  *tidy.Policy // for names, where the tenant has none; nil: there is none

	// Open makes what fetches, with what it logs and counts to. It is called before
	// anything is changed, and checks what it can without connecting.
	Open func(*slog.Logger, prometheus.Registerer) (Fetch, error)

	// Check, if it is not nil, is that of deliver.Checker for what is fetched from.
	Check func(ctx context.Context) (differences []string, err error)

	// Version stands for all that Open works with: a Reload goes on with a source
	// whose Version is the same. It may hold secrets, and is never shown.
	Version string
}

// Fetch hands points to sink until ctx is done, and returns nil then. An error means
// that it ended by itself, and ends the relay.
type Fetch func(ctx context.Context, sink Storer) error

// Storer takes points for good: see receive.DurableSink. Any number of callers at once.
// A batch's Tenant, if it has one, is believed.
type Storer interface {
	Store(ctx context.Context, b metric.Batch) error
}

// source is a Source in use.
type source struct {
	Source
	fetch  Fetch
	points atomic.Uint64 // that it brought
	stop   func()
	ended  chan struct{}
}

func (r *Relay) startSource(s *source) {
	ctx, stop := context.WithCancel(r.receivers.ctx)
	s.stop, s.ended = stop, make(chan struct{})
	sink := &entrance{relay: r, brought: &s.points, sender: tenant.Sender{Tenant: s.Tenant, Protocol: s.Protocol, Names: s.Names}}
	r.receivers.run("receiving from "+s.Name, func(context.Context) error {
		defer close(s.ended)
		return s.fetch(ctx, sink)
	})
}

// end stops the source and returns when it is gone.
func (s *source) end() {
	s.stop()
	<-s.ended
}

// planSources keeps the sources that stay as they are, and replaces the others.
func (r *Relay) planSources(p *plan, wanted []Source) error {
	var left []*source
	if g := r.graph.Load(); g != nil {
		left = slices.Clone(g.sources)
	}
	for _, w := range wanted {
		i := slices.IndexFunc(left, func(s *source) bool { return s.Name == w.Name && s.Version == w.Version })
		if i >= 0 {
			p.graph.sources = append(p.graph.sources, left[i])
			left = slices.Delete(left, i, i+1)
			continue
		}
		fetch, err := w.Open(r.log, r.registerer)
		if err != nil {
			return opening("receiver", w.Name, err)
		}
		s := &source{Source: w, fetch: fetch}
		p.begun = append(p.begun, s)
		p.graph.sources = append(p.graph.sources, s)
		p.changes.Opened = append(p.changes.Opened, w.Name)
	}
	for _, s := range left {
		p.ended = append(p.ended, s)
		p.changes.Closed = append(p.changes.Closed, s.Name)
	}
	return nil
}

// entrance is where a source's points come in.
type entrance struct {
	relay   *Relay
	brought *atomic.Uint64
	sender  tenant.Sender
	rooms   sync.Pool // of *tenant.Room
}

// Store implements Storer. What the tenants' rules keep out is counted, and done with.
// A batch with a tenant is that one's: who hands it over knows.
func (e *entrance) Store(ctx context.Context, b metric.Batch) error {
	e.brought.Add(uint64(b.Points))
	room, _ := e.rooms.Get().(*tenant.Room)
	if room == nil {
		room = &tenant.Room{}
	}
	defer e.rooms.Put(room)
	from := e.sender
	if b.Tenant != "" {
		from.Tenant = b.Tenant
	}
	_, err := e.relay.tenants.Visit(from).Admit(ctx, room, b, e.relay.Store)
	if errors.Is(err, tenant.ErrUnknown) {
		return nil
	}
	return err
}
