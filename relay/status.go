package relay

import (
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/tenant"
)

// Status is what an operator wants to see at a glance.
type Status struct {
	Accepting    bool
	Listeners    []ListenerStatus
	Destinations []DestinationStatus
	Tenants      []tenant.Status
}

// ListenerStatus tells of one door, or of one source.
type ListenerStatus struct {
	Name    string // protocol and address as configured
	Address string // as bound, or where the source is
}

// DestinationStatus tells of one destination's queue and connection.
type DestinationStatus struct {
	Name    string
	Address string
	Removed bool // by a reload, and delivering what is left
	Queue   queue.Stats
	Worker  deliver.State
}

// Status returns the present state. It may be called at any time.
func (r *Relay) Status() Status {
	s := Status{Accepting: r.Accepting(), Tenants: r.tenants.Status()}
	g := r.graph.Load()
	for _, d := range g.doors {
		s.Listeners = append(s.Listeners, ListenerStatus{d.listener.Name(), d.listener.Addr().String()})
	}
	for _, f := range g.sources {
		s.Listeners = append(s.Listeners, ListenerStatus{f.Name, f.Address})
	}
	for _, b := range r.branches() {
		s.Destinations = append(s.Destinations, DestinationStatus{
			Name: b.Name, Address: b.Address, Removed: r.drainingIn(b.QueueDir) == b,
			Queue: b.queue.Stats(), Worker: b.worker.State(),
		})
	}
	return s
}
