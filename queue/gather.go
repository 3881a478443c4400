package queue

import "time"

// addSyncer has w answered, and wakes whoever has to do something for it now.
func (q *Queue) addSyncer(w syncWaiter) {
	q.syncers = append(q.syncers, w)
	q.company.now = max(q.company.now, len(q.syncers))
	switch first := !q.flushNow; {
	case q.writtenTo() >= w.target:
		wake(q.syncWake)
	case first || len(q.syncers) >= q.company.usual():
		q.flushNow = true
		wake(q.flushWake)
	}
}

// gather is how long after a block the next one may be delayed so that more share
// the sync of it, and the work.
const gather = 4 * time.Millisecond

// flushAt is when the open block is to be written: where somebody waits in Sync, as
// soon as so many do as lately did at once, since more are then not to be expected.
// One who is alone never waits for others.
func (q *Queue) flushAt() time.Time {
	switch {
	case !q.flushNow:
		return q.lastFlush.Add(q.o.Flush)
	case len(q.syncers) >= q.company.usual():
		return q.lastFlush
	}
	return q.lastFlush.Add(min(gather, q.o.Flush))
}

// company is the most that waited in Sync at once, since the last tick and from the
// one before to that.
type company struct{ now, before int }

func (c company) usual() int { return max(c.now, c.before) }

func (c *company) tick(waiting int) { c.now, c.before = waiting, c.now }
