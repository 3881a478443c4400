package relay

import (
	"slices"
	"time"
)

// leavePatience is how long a reload waits for batches that are under way, which
// is far more than they take, unless a queue makes them wait for room.
const leavePatience = 100 * time.Millisecond

// drain lets branches that no point is routed to any more deliver what they
// have, and then ends them. What is left when the relay stops waits on disk.
func (r *Relay) drain(removed []*branch) {
	if len(removed) == 0 {
		return
	}
	for _, b := range removed {
		b.queue.LastCall()
		r.mu.Lock()
		r.draining[b.QueueDir] = b
		r.mu.Unlock()
	}
	before := slices.Clone(r.left)
	gone := awaitIdle(before, leavePatience)
	for _, b := range removed {
		if gone {
			b.queue.CloseInput()
		}
		r.drains.Go(func() { r.endDrained(b, before) })
	}
}

// endDrained waits until no batch under way in the graphs before can be for b,
// and b has delivered everything, and ends it.
func (r *Relay) endDrained(b *branch, before []*graph) {
	for !awaitIdle(before, time.Second) {
	}
	r.ifDraining(b, b.queue.CloseInput)
	b.awaitEnd()
	r.ifDraining(b, func() { r.endDraining(b) })
}

// ifDraining calls f, with changing held, unless b was taken back into use or
// the relay stops.
func (r *Relay) ifDraining(b *branch, f func()) {
	r.changing.Lock()
	defer r.changing.Unlock()
	if r.running && r.drainingIn(b.QueueDir) == b {
		f()
	}
}

// drainedEvery is how often it is looked whether a branch that drains has
// nothing left, which its worker cannot see while its destination is down.
const drainedEvery = time.Second

// awaitEnd returns when the worker has ended, and ends it if there is nothing
// left for it to do.
func (b *branch) awaitEnd() {
	for {
		if b.queue.Empty() {
			b.stop()
		}
		select {
		case <-b.ended:
			return
		case <-time.After(drainedEvery):
		}
	}
}

func (r *Relay) drainingIn(dir string) *branch {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.draining[dir]
}

// endDraining ends a branch that has drained, with changing held.
func (r *Relay) endDraining(b *branch) {
	b.halt()
	if err := b.close(); err != nil {
		r.log.Error("queue not closed", "dest", b.Name, "err", err)
	}
	r.forget(b)
}

// forget takes b out of those that drain, if it is one.
func (r *Relay) forget(b *branch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.draining[b.QueueDir] == b {
		delete(r.draining, b.QueueDir)
	}
}
