package relay

import (
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/route"
	"github.com/plumbago/plumbago/tenant"
)

// Status is what an operator wants to see at a glance. What is counted in it is
// counted since the part in question was opened.
type Status struct {
	Accepting bool
	Opened    time.Time // when the relay was

	Received uint64                   // points handed to the routing table
	Dropped  map[metric.Reason]uint64 // of them, those that went to no destination, if there were any

	Listeners    []ListenerStatus
	Rules        []RuleStatus
	Pools        []route.Pool
	Destinations []DestinationStatus
	Tenants      []tenant.Status
}

// ListenerStatus tells of one door, or of one source.
type ListenerStatus struct {
	Name    string // protocol and address as configured
	Address string // as bound, or where the source is
	Source  bool   // it does not listen, but goes and fetches: only its points are counted

	receive.Status
}

// RuleStatus tells of one rule of the routing table.
type RuleStatus struct {
	Label    string // what explains the rule besides its number; may be empty
	Match    string // "" matches every name
	Tenants  []string
	To       []string // destinations and pools; those that are in the ring, if there is one
	By       string   // the kind of the rule's ring; "" if it has none
	Continue bool
}

// DestinationStatus tells of one destination's queue and connection.
type DestinationStatus struct {
	Name     string
	Address  string
	Kind     string // what it is and how it is spoken to
	Removed  bool   // by a reload, and delivering what is left
	MaxBytes int64  // the bound of its queue as configured; 0: the default
	Queue    queue.Stats
	Worker   deliver.State
}

// Status returns the present state. It may be called at any time.
func (r *Relay) Status() Status {
	g := r.graph.Load()
	return Status{
		Accepting: r.Accepting(), Opened: r.opened,
		Received: r.metrics.received.Load(), Dropped: r.metrics.dropped(),
		Listeners: g.listeners(), Rules: g.ruleStatus(), Pools: g.pools,
		Destinations: r.destinations(), Tenants: r.tenants.Status(),
	}
}

func (g *graph) listeners() (list []ListenerStatus) {
	for _, d := range g.doors {
		list = append(list, ListenerStatus{Name: d.listener.Name(), Address: d.listener.Addr().String(), Status: d.listener.Status()})
	}
	for _, f := range g.sources {
		list = append(list, ListenerStatus{
			Name: f.Name, Address: f.Address, Source: true, Status: receive.Status{Points: f.points.Load()},
		})
	}
	return list
}

func (g *graph) ruleStatus() (list []RuleStatus) {
	for _, r := range g.rules {
		s := RuleStatus{Label: r.Label, Match: r.Match, Tenants: r.Tenants, To: r.To, Continue: r.Continue}
		if r.By != nil {
			s.By = r.By.Kind
		}
		list = append(list, s)
	}
	return list
}

func (r *Relay) destinations() (list []DestinationStatus) {
	for _, b := range r.branches() {
		list = append(list, DestinationStatus{
			Name: b.Name, Address: b.Address, Kind: b.Kind, Removed: r.drainingIn(b.QueueDir) == b,
			MaxBytes: b.Destination.Queue.MaxBytes, Queue: b.queue.Stats(), Worker: b.worker.State(),
		})
	}
	return list
}

// Samples returns the last pieces of input that were not let in, keys removed, the
// newest first.
func (r *Relay) Samples() []receive.Sample { return r.samples.Last() }

// View returns how the routing in force looks to points of a tenant.
func (r *Relay) View(tenant string) *route.View { return r.graph.Load().table.For(tenant) }
