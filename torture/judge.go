package main

import (
	"fmt"
	"time"
)

// life is the time that tells in which life of the gateway a try fell.
func (t try) life() time.Time {
	if t.dialled.IsZero() {
		return t.began
	}
	return t.dialled
}

// verdict is what became of a stream's points at one far end.
type verdict struct {
	risky      int // missing: sent while the gateway was killed or stopped
	unexpected int // missing, and allowed only where so many were counted as dropped
	example    string
}

// judge compares what was sent with what arrived, everything being at rest.
func (t *torturer) judge() {
	t.gateway.mu.Lock()
	defer t.gateway.mu.Unlock()
	for _, f := range t.fars {
		missing, example := 0, ""
		f.arrivals.mu.Lock()
		for _, s := range t.streams {
			v := t.compare(s, f)
			t.report.allowed(f.name, s.Stream, v.risky)
			missing += v.unexpected
			if example == "" {
				example = v.example
			}
			if f.behind(s.Stream, s.bound()) {
				t.report.violate("%s got points of %s that nobody sent", f.name, s.Stream)
			}
		}
		for _, w := range f.wrong {
			t.report.violate("%s", w)
		}
		f.arrivals.mu.Unlock()
		if dropped := t.dropped(f); float64(missing) > dropped {
			t.report.violate("%s lacks %d points, and %.0f were counted as dropped: the first %s", f.name, missing, dropped, example)
		} else if missing > 0 {
			t.report.allowed(f.name, "dropped as counted", missing)
		}
	}
}

// dropped is how many points were counted as dropped for a far end in all lives,
// and may have been between a life's last scrape and its end.
func (t *torturer) dropped(f *far) (n float64) {
	for _, l := range t.gateway.lives {
		n += l.dropped(f.name)
		if f.limited && l.end != lives {
			n += l.unseenDrops(f.name)
		}
	}
	t.gateway.lost.mu.Lock()
	defer t.gateway.lost.mu.Unlock()
	return n + t.gateway.lost.atClose[f.name]
}

// compare is false for none of the points that had to arrive.
func (t *torturer) compare(s *stream, f *far) (v verdict) {
	if s.Protocol == "udp" {
		return v // nothing is promised of datagrams
	}
	tries := s.ledger()
	for n, l := range t.gateway.lives {
		from, to := 0, len(tries)
		if n+1 < len(t.gateway.lives) {
			next := t.gateway.lives[n+1].started
			for to = 0; to < len(tries) && tries[to].life().Before(next); to++ {
			}
		}
		mine := tries[from:to]
		tries = tries[to:]
		t.compareLife(&v, s, f, l, mine)
	}
	return v
}

func (t *torturer) compareLife(v *verdict, s *stream, f *far, l *life, tries []try) {
	risky := make([]bool, len(tries))
	if s.Protocol != "http" { // which is answered when the points are on disk
		risky = l.atRisk(s.listener, tries)
	}
	for i, try := range tries {
		if try.done.IsZero() || f.comes && !t.members.surely(try.began, try.done) {
			continue
		}
		for p := try.first; p < try.end; p++ {
			switch {
			case f.has(s.Stream, p):
			case risky[i]:
				v.risky++
			default:
				v.unexpected++
				if v.example == "" {
					v.example = fmt.Sprintf("%s %d, sent from %s to %s, in the life from %s to %s", s.Stream, p,
						clock(try.began), clock(try.done), clock(l.started), clock(l.gone))
				}
			}
		}
	}
}

func clock(at time.Time) string { return at.Format("15:04:05.000") }
