package queue_test

import (
	"testing"
	"time"

	"github.com/plumbago/plumbago/queue"
)

// TestAgesAreThoseOfOneLife sets the system's time while points come: each is as old
// as it is, whatever time its record bears.
func TestAgesAreThoseOfOneLife(t *testing.T) {
	const day = 24 * time.Hour
	began := time.Unix(1_700_000_000, 0)
	now := began.Add(time.Hour) // by the clock that goes on evenly
	for _, test := range []struct {
		name  string
		ahead time.Duration // from point 100 on
		seq   uint64
		at    time.Time // what the record says
		want  time.Duration
	}{
		{"before a jump ahead", 10 * day, 99, began.Add(50 * time.Minute), 10 * time.Minute},
		{"after a jump ahead", 10 * day, 100, began.Add(10*day + 50*time.Minute), 10 * time.Minute},
		{"before a jump back", -10 * day, 99, began.Add(50 * time.Minute), 10 * time.Minute},
		{"after a jump back", -10 * day, 100, began.Add(-10*day + 50*time.Minute), 10 * time.Minute},
		{"to the first second of 1970", time.Unix(0, 0).Sub(began), 100, time.Unix(59*60, 0), time.Minute},
		{"as time servers correct", 900 * time.Millisecond, 100, now.Add(-time.Minute), time.Minute},
		{"of a life before", 10 * day, 0, began.Add(-day), day + time.Hour},
		{"of a life whose time was ahead", 0, 0, began.Add(day), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := queue.NewClock(began)
			c.Set(100, test.ahead)
			if got := c.Age(test.seq, test.at, now); got != test.want {
				t.Errorf("got an age of %v, want %v", got, test.want)
			}
		})
	}
}

func TestOnlySoManyJumpsAreRemembered(t *testing.T) {
	c := queue.NewClock(time.Unix(1_700_000_000, 0))
	for n := range 10_000 {
		c.Set(uint64(n), time.Duration(n%7)*time.Hour)
	}
	if got := c.Shifts(); got > 64 {
		t.Errorf("got %d jumps remembered, want 64 at most", got)
	}
	if got, now := c.Age(9_999, time.Unix(1_700_000_000, 0).Add(3*time.Hour), time.Unix(1_700_000_060, 0)), time.Minute; got != now {
		t.Errorf("got an age of %v after many jumps, want %v", got, now)
	}
}

func TestRecordsBearTheSystemsTime(t *testing.T) {
	dir := memDir(t)
	q := open(t, dir, queue.Options{})
	before := time.Now().Truncate(time.Millisecond)
	add(t, q, 0, 1)
	shut(t, q)
	got, err := queue.Inspect(dir)
	if err != nil || got.Oldest.Before(before) || got.Oldest.After(time.Now()) {
		t.Errorf("got %v, %v from the file, want just now", got.Oldest, err)
	}
}
