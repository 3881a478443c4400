package queue

import (
	"time"

	"github.com/plumbago/plumbago/metric"
)

// telling is when the log last told of dropped points, and how many it has not
// told of: what is full under load drops all the time.
type telling struct {
	at     time.Time
	points uint64
}

// add returns how many points are to be told of now, once a minute at most.
func (t *telling) add(points uint64) (tell uint64) {
	t.points += points
	if now := time.Now(); t.points > 0 && now.Sub(t.at) >= toldEvery {
		tell, t.at, t.points = t.points, now, 0
	}
	return tell
}

// tellFull logs that a full queue dropped points.
func (q *Queue) tellFull(points uint64) {
	if n := q.fullTold.add(points); n > 0 {
		q.o.Logger.Warn("queue full: oldest points dropped", "points", n)
	}
}

// tellLost logs that points were dropped that the disk did not take.
func (q *Queue) tellLost(points uint64) {
	if n := q.lostTold.add(points); n > 0 {
		q.o.Logger.Error("disk took nothing and memory was full: oldest points dropped", "points", n)
	}
}

// tell logs what of the reason why was dropped without a word so far.
func (q *Queue) tell(points uint64, why metric.Reason) {
	switch why {
	case metric.QueueFull:
		q.tellFull(points)
	case metric.DiskError:
		q.tellLost(points)
	}
}
