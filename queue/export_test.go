package queue

import "time"

// Clock is the clock of a queue that was opened at began.
type Clock struct{ clock }

// NewClock makes one.
func NewClock(began time.Time) *Clock { return &Clock{clock{began: began}} }

// Set has the system's time be ahead by so much in the records from seq on.
func (c *Clock) Set(seq uint64, ahead time.Duration) { c.note(seq, ahead.Milliseconds()) }

// Age is how long ago the point seq came, of which a record says that it was at.
func (c *Clock) Age(seq uint64, at, now time.Time) time.Duration {
	return c.age(c.came(seq, at.UnixMilli()), now)
}

// Shifts is how many jumps of the system's time it remembers.
func (c *Clock) Shifts() int { return len(c.shifts) }
