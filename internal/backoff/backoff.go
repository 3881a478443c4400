// Package backoff spaces out tries that keep failing.
package backoff

import (
	"math/rand/v2"
	"time"
)

// The bounds of a Backoff that names none.
const (
	DefaultMin = 200 * time.Millisecond
	DefaultMax = 5 * time.Second
)

// Backoff gives the waits between failing tries: each about twice the one
// before, none under Min or over Max, and random within a factor of two, so
// that many who failed together do not come back together. The zero value is
// ready to use. It is for one goroutine.
type Backoff struct {
	Min time.Duration // 0 means DefaultMin
	Max time.Duration // 0 means DefaultMax

	ceiling time.Duration // of the last wait; 0 after Reset
}

// Next returns how long to wait before the next try.
func (b *Backoff) Next() time.Duration {
	least, most := b.bounds()
	b.ceiling = min(max(2*b.ceiling, 2*least), most)
	floor := max(b.ceiling/2, least)
	return floor + rand.N(b.ceiling-floor+1)
}

// Reset makes the next wait a short one again.
func (b *Backoff) Reset() { b.ceiling = 0 }

// Longest returns the longest wait there is.
func (b *Backoff) Longest() time.Duration {
	_, most := b.bounds()
	return most
}

func (b *Backoff) bounds() (least, most time.Duration) {
	least, most = b.Min, b.Max
	if least <= 0 {
		least = DefaultMin
	}
	if most <= 0 {
		most = DefaultMax
	}
	return min(least, most), most
}
