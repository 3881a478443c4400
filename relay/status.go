package relay

import (
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/queue"
)

// Status is what an operator wants to see at a glance.
type Status struct {
	Accepting    bool
	Listeners    []ListenerStatus
	Destinations []DestinationStatus
}

// ListenerStatus tells of one door.
type ListenerStatus struct {
	Name    string // protocol and address as configured
	Address string // as bound
}

// DestinationStatus tells of one destination's queue and connection.
type DestinationStatus struct {
	Name    string
	Address string
	Queue   queue.Stats
	Worker  deliver.State
}

// Status returns the present state. It may be called at any time.
func (r *Relay) Status() Status {
	s := Status{Accepting: r.Accepting()}
	for _, l := range r.listeners {
		s.Listeners = append(s.Listeners, ListenerStatus{l.Name(), l.Addr().String()})
	}
	for _, b := range r.branches {
		s.Destinations = append(s.Destinations, DestinationStatus{b.Name, b.Address, b.queue.Stats(), b.worker.State()})
	}
	return s
}
