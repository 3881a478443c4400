package heavy

import (
	"sync/atomic"
	"time"
)

// Pace says how small a part of a flow is enough to look at, so that about so many
// points a second are: all of them while there are fewer. Its Step may be asked at
// any time; one goroutine at a time says what it took.
type Pace struct {
	step   atomic.Int64 // less than 1 is 1
	budget float64      // points looked at a second

	began time.Time // of what follows
	taken int       // points looked at
	stood uint64    // for so many points
}

// NewPace makes one of so many points a second.
func NewPace(budget int) *Pace { return &Pace{budget: float64(max(budget, 1))} }

// Step is how many points one that is looked at stands for.
func (p *Pace) Step() int { return int(max(1, p.step.Load())) }

// Took says that n points were looked at, standing for so many.
func (p *Pace) Took(n int, stood uint64, now time.Time) {
	if p.began.IsZero() {
		p.began = now
	}
	p.taken += n
	p.stood += stood
	elapsed := now.Sub(p.began).Seconds()
	if elapsed < 1 && float64(p.taken) < p.budget {
		return
	}
	rate := float64(p.stood) / max(elapsed, 0.001)
	p.step.Store(int64(rate / p.budget))
	p.began, p.taken, p.stood = now, 0, 0
}
