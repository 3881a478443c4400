package receive

import "time"

const (
	firstPause   = time.Millisecond
	longestPause = 8 * time.Millisecond
	// flowing is how close two reads must follow each other for the stream
	// to count as flowing.
	flowing = 25 * time.Millisecond
)

// pace makes a stream of small reads rest after each, so that the kernel's
// buffer fills: a system call and a wakeup cost more than the lines they bring.
// The rest comes after the points were handed on and grows while reads stay
// small. What arrives after a silence is never kept waiting, and no rest follows
// it: one who sends now and then would only be woken twice.
type pace struct {
	last  time.Time
	pause time.Duration
}

// after says how long to pause after a read of n bytes into a room of asked
// bytes.
func (p *pace) after(n, asked int) time.Duration {
	if n >= asked/4 {
		p.pause = 0
		return 0
	}
	return p.small(time.Now())
}

// small says how long to pause after a small read.
func (p *pace) small(now time.Time) time.Duration {
	if now.Sub(p.last) > flowing {
		p.pause = 0
	} else {
		p.pause = min(max(2*p.pause, firstPause), longestPause)
	}
	p.last = now
	return p.pause
}
