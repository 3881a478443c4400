package tenant

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// bucket bounds the points a second of a tenant.
type bucket struct {
	mu      sync.Mutex // one at a time: what a look shows is still there for the hand
	limiter *rate.Limiter
	latest  time.Time // that the limiter was told of
}

// refit puts l in force and returns the bucket, which is a full one if b is nil.
func (b *bucket) refit(l Limits) *bucket {
	if b == nil {
		return &bucket{limiter: rate.NewLimiter(rate.Limit(l.PointsPerSecond), l.Burst)}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.notBefore(time.Now())
	b.limiter.SetLimitAt(now, rate.Limit(l.PointsPerSecond))
	b.limiter.SetBurstAt(now, l.Burst)
	return b
}

// notBefore returns now, or the latest time if that is later: a limiter told of an
// earlier one would fill for the time between them twice.
func (b *bucket) notBefore(now time.Time) time.Time {
	if b.latest.Before(now) {
		b.latest = now
	}
	return b.latest
}

// take takes up to n tokens, as many as there are, and returns how many.
func (b *bucket) take(now time.Time, n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	now = b.notBefore(now)
	n = min(n, max(0, int(b.limiter.TokensAt(now))))
	if n > 0 {
		b.limiter.AllowN(now, n)
	}
	return n
}

// owe takes n tokens whether they are there or not.
func (b *bucket) owe(now time.Time, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now = b.notBefore(now)
	if burst := b.limiter.Burst(); n > burst {
		b.limiter.SetBurstAt(now, n) // the limiter never lends more than a burst
		defer b.limiter.SetBurstAt(now, burst)
	}
	b.limiter.ReserveN(now, n)
}

// wait returns how long until n tokens are there, or a full burst if that is less.
func (b *bucket) wait(now time.Time, n int) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now = b.notBefore(now)
	missing := float64(min(n, b.limiter.Burst())) - b.limiter.TokensAt(now)
	if missing < 1e-6 { // what rounding takes
		return 0
	}
	seconds := missing / float64(b.limiter.Limit())
	return time.Duration(min(seconds, maxWait.Seconds())*float64(time.Second)) + 1
}

// maxWait is the longest wait told of.
const maxWait = 24 * time.Hour
