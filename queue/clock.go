package queue

import (
	"slices"
	"time"
)

// clock tells for how long points have waited, whatever becomes of the system's
// time meanwhile: in one life it goes on evenly. Records bear the system's time, so
// the clock remembers from which point on that was ahead of it, and by how much.
//
// Its times are Unix milliseconds, those of the system when the queue was opened.
type clock struct {
	began  time.Time
	shifts []shift // ascending; never changed in place, since readers have copies
}

// shift is by how many milliseconds the system's time is ahead in the records from
// the point from on.
type shift struct {
	from  uint64
	ahead int64
}

const (
	leastShift = 1000 // milliseconds; what time servers correct is less, and no matter
	mostShifts = 64
)

// at returns the clock's time.
func (c *clock) at(now time.Time) int64 {
	return c.began.Add(now.Sub(c.began)).UnixMilli()
}

// stamp returns the system's time, for a record whose first point is seq.
func (c *clock) stamp(seq uint64, now time.Time) int64 {
	ms := max(0, now.UnixMilli())
	c.note(seq, ms-c.at(now))
	return ms
}

// note remembers by how much the system's time is ahead from seq on.
func (c *clock) note(seq uint64, ahead int64) {
	if d := ahead - c.ahead(seq); -leastShift < d && d < leastShift {
		return
	}
	old := c.shifts[max(0, len(c.shifts)-mostShifts+1):]
	c.shifts = append(slices.Clone(old), shift{seq, ahead})
}

func (c *clock) ahead(seq uint64) int64 {
	for _, s := range slices.Backward(c.shifts) {
		if seq >= s.from {
			return s.ahead
		}
	}
	return 0
}

// came returns when the point seq came, from a record that says ms.
func (c *clock) came(seq uint64, ms int64) int64 { return ms - c.ahead(seq) }

// age is how long ago ms was; nothing, if a life before had its time ahead of this one's.
func (c *clock) age(ms int64, now time.Time) time.Duration {
	return max(0, time.UnixMilli(c.at(now)).Sub(time.UnixMilli(ms)))
}
