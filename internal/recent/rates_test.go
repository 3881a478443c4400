package recent_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/recent"
	"pgregory.net/rapid"
)

const nanos = start * int64(time.Second)

// passed counts how many of points at now may pass.
func passed(r *recent.Rates, hash uint64, points int, now int64) (n int) {
	for range points {
		if r.Allow(hash, now) {
			n++
		}
	}
	return n
}

func TestAllow(t *testing.T) {
	for _, c := range []struct {
		name      string
		perSecond float64
		atOnce    int
		inTen     int // of points that come in ten seconds
	}{
		{"one", 1, 1, 11},
		{"less than one", 0.1, 1, 11},
		{"none", 0, 1, 11},
		{"less than none", -5, 1, 11},
		{"one and a half", 1.5, 1, 16},
		{"three", 3, 3, 33},
		{"thousand", 1000, 1000, 11_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := recent.NewRates(c.perSecond)
			if got := passed(r, hash(1), 2*c.atOnce+5, nanos); got != c.atOnce {
				t.Errorf("at once: got %d, want %d", got, c.atOnce)
			}
			r = recent.NewRates(c.perSecond)
			got := 0
			for now := nanos; now <= nanos+10e9; now += 10e6 {
				got += passed(r, hash(1), 20, now)
			}
			if got < c.inTen-1 || c.inTen+1 < got {
				t.Errorf("in ten seconds: got %d, want %d", got, c.inTen)
			}
		})
	}
}

func TestAllowPassesAsManyAgainAfterASecond(t *testing.T) {
	r := recent.NewRates(10)
	for _, after := range []time.Duration{0, time.Second, time.Hour, 400 * 24 * time.Hour, 365 * 30 * 24 * time.Hour} {
		if got := passed(r, hash(1), 30, nanos+int64(after)); got != 10 {
			t.Errorf("after %v: got %d, want 10", after, got)
		}
	}
}

func TestAllowWhenTheClockIsSetBack(t *testing.T) {
	r := recent.NewRates(10)
	passed(r, hash(1), 30, nanos)
	for _, now := range []int64{nanos - 3600e9, 0, -1e18, -1 << 63} {
		if got := passed(r, hash(1), 30, now); got != 10 {
			t.Errorf("at %d: got %d, want 10", now, got)
		}
	}
}

func TestAllowHoldsNoNameToAnothersCount(t *testing.T) {
	for _, c := range []struct {
		name string
		hash func(name int) uint64
	}{
		{"spread", hash},
		{"all in one place", func(name int) uint64 { return uint64(name) }},
		{"that differ in the middle", func(name int) uint64 { return uint64(name) << 20 }},
		{"and all of one end", func(name int) uint64 { return uint64(name)<<12 | 7 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				r, now := recent.NewRates(2), nanos
				times := map[int][]int64{}
				for range rapid.IntRange(1, 300).Draw(t, "points") {
					now += rapid.Int64Range(0, 500e6).Draw(t, "ns")
					name := rapid.IntRange(0, 10).Draw(t, "name")
					if !r.Allow(c.hash(name), now) && within(times[name], now-1e9) < 2 {
						t.Fatalf("name %d: got refused, want admitted: its last were at %v, this at %d", name, times[name], now)
					}
					times[name] = append(times[name], now)
				}
			})
		})
	}
}

// within counts the times after since.
func within(times []int64, since int64) (n int) {
	for _, at := range times {
		if at > since {
			n++
		}
	}
	return n
}

func TestAllowForgetsWhatIsDueForAnother(t *testing.T) {
	r := recent.NewRates(10)
	passed(r, 1, 30, nanos)
	passed(r, 2, 30, nanos)
	r.Confuse(1, 2) // as two that begin at once can
	if got := passed(r, 1, 30, nanos); got != 10 {
		t.Errorf("got %d passed, want 10", got)
	}
}

func TestAllowRemembersTheBusyAmongManyIdle(t *testing.T) {
	r := recent.NewRates(10)
	got := 0
	for i := range 300_000 { // 1000 times a second each another, 100 times a second one ten times
		now := nanos + int64(i)*1e6
		r.Allow(hash(i), now)
		if i%10 == 0 {
			got += passed(r, hash(-1), 10, now)
		}
	}
	if want := 10 * 300; got < want || want+want/50 < got {
		t.Errorf("got %d points of the busy name passed in 300 s, want about %d", got, want)
	}
}

func TestAllowManyAtOnce(t *testing.T) {
	const perSecond, names = 1000, 50
	r := recent.NewRates(perSecond)
	var counts [names]atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 20_000 {
				if name := i % names; r.Allow(hash(name), nanos) {
					counts[name].Add(1)
				}
			}
		})
	}
	all.Wait()
	for name := range counts {
		// A name that two begin at once may have two accounts, of which one is forgotten.
		if got := counts[name].Load(); got < perSecond || 2*perSecond < got {
			t.Errorf("name %d: got %d passed, want %d, or little more", name, got, perSecond)
		}
	}
}

func TestRatesAreOfFixedSize(t *testing.T) {
	before := heap()
	r := recent.NewRates(10)
	for name := range 300_000 {
		r.Allow(hash(name), nanos)
	}
	if got := heap() - before; got < 1<<20 || 1<<20+64<<10 < got {
		t.Errorf("got %d bytes, want about 1 MiB", got)
	}
	runtime.KeepAlive(r)
}
