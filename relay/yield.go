package relay

import (
	"slices"
	"sync"
	"syscall"

	"github.com/plumbago/plumbago/receive"
)

// Yield has Run end for another relay that goes on with the queues, and with the
// sockets of those listeners that kept names: their connections are left as they
// are, for Left to return. Other listeners stop as they always do. It is called
// once.
func (r *Relay) Yield(kept func(listener string) bool) {
	r.kept = kept
	close(r.yielding)
}

// Left returns the connections that were left, when Run has returned.
func (r *Relay) Left() []receive.Left { return r.yielded }

// yieldDoors ends the doors. Those that take their time come first: meanwhile the
// others receive.
func (r *Relay) yieldDoors() {
	r.changing.Lock()
	defer r.changing.Unlock()
	var quick, slow []*door
	for _, d := range r.graph.Load().doors {
		kept := r.kept(d.listener.Name())
		if kept {
			d.listener.Yield()
		}
		if kept && !d.listener.Settles() {
			quick = append(quick, d)
		} else {
			slow = append(slow, d)
		}
	}
	endDoors(slow)
	for _, b := range r.branches() {
		b.queue.LastCall()
	}
	endDoors(quick)
}

func endDoors(list []*door) {
	for _, d := range list {
		d.stop()
	}
	for _, d := range list {
		<-d.ended
	}
}

// collectLeft notes what the doors have left. They are gone.
func (r *Relay) collectLeft() {
	for _, d := range r.graph.Load().doors {
		r.yielded = append(r.yielded, d.listener.Left()...)
	}
}

// Socket is one that listens, with the name of its listener.
type Socket struct {
	Name string
	syscall.Conn
}

// Sockets lists the listening sockets of a relay. They are usable until Run ends.
func (r *Relay) Sockets() (list []Socket) {
	for _, d := range r.graph.Load().doors {
		for _, s := range d.listener.Sockets() {
			list = append(list, Socket{d.listener.Name(), s})
		}
	}
	return list
}

// Received is how many points came in.
func (r *Relay) Received() uint64 { return r.metrics.received.Load() }

// Waiting is how many points wait for their destinations.
func (r *Relay) Waiting() (points uint64) {
	for _, b := range r.branches() {
		points += b.queue.Waiting()
	}
	return points
}

// Probe goes where every point goes: through the tenants, the routing, and the
// queues and workers of all destinations. It returns when each has answered, which
// takes for ever where one is stuck. A destination that does not take its points is
// no such case.
func (r *Relay) Probe() {
	r.tenants.Status()
	g := r.enter()
	defer g.leave()
	var probing sync.WaitGroup
	for _, b := range slices.Clone(g.branches) {
		probing.Go(func() {
			b.queue.Stats()
			b.worker.State()
		})
	}
	probing.Wait()
}
