package main

import "time"

// flush is how long a point that was read may stay in memory only: the queue's
// default, and an allowance for a busy machine.
const flush = 20*time.Millisecond + 250*time.Millisecond

// ending is how a life of the gateway ended.
type ending int

const (
	lives   ending = iota
	killed         // kill -9
	stopped        // SIGTERM
)

// life is one process of the gateway, and what its metrics said.
type life struct {
	started, told, gone time.Time // told: when it was asked to stop
	end                 ending
	last                *scrape // nil: none yet
	wasHealthy          bool    // the last one: the disk took everything

	safe    map[string]float64 // points of each listener that are surely in the files
	pending []*scrape          // healthy ones in a row, the oldest less than flush old or the last such
}

// see takes a scrape. What a healthy one says was read is in the files when
// another healthy one comes flush later, if all between are healthy too.
func (l *life) see(s *scrape) {
	l.last, l.wasHealthy = s, s.healthy()
	if !l.wasHealthy {
		l.pending = nil
		return
	}
	l.pending = append(l.pending, s)
	for len(l.pending) > 0 && s.at.Sub(l.pending[0].at) >= flush {
		l.safe = l.pending[0].doors
		l.pending = l.pending[1:]
	}
}

// dropped is what the life counted as dropped for a destination, for want of room or
// for its age.
func (l *life) dropped(dest string) (n float64) {
	if l.last == nil {
		return 0
	}
	d := l.last.dests[dest].dropped
	return d["queue_full"] + d["disk_error"] + d["too_old"]
}

const (
	limitedBytes   = 2 << 20 // of a limited far end's queue
	leastLine      = 34      // bytes of a point
	limitedSegment = limitedBytes / 8
)

// unseenDrops bounds the points that a limited far end's queue can have dropped between
// the life's last scrape and its end: two of its segments if it was near its bound
// or that is long ago, and what it had found and not delivered, which may have been too old.
func (l *life) unseenDrops(dest string) (n float64) {
	if l.last == nil {
		return limitedBytes / leastLine
	}
	a := l.last.dests[dest]
	if a.bytes > limitedBytes/2 || a.failing || l.gone.Sub(l.last.at) > time.Second {
		n = 2 * limitedSegment / leastLine
	}
	return n + min(a.recovered, a.waiting)
}

// atRisk returns which tries of a stream may be lost with this life: those of its
// connections which it had not surely read into its files when it was killed, or
// when it was asked to stop. Nothing else may. tries are those of this life.
func (l *life) atRisk(listener string, tries []try) (risky []bool) {
	risky = make([]bool, len(tries))
	if l.end == lives {
		return risky
	}
	var sum float64
	for i, t := range tries {
		sum += float64(t.end - t.first)
		risky[i] = sum > l.safe[listener]
		if l.end == stopped && l.wasHealthy && !t.done.IsZero() && t.done.Before(l.told) {
			risky[i] = false // a stop reads what the kernel holds
		}
	}
	return risky
}
