package heavy_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/heavy"
	"pgregory.net/rapid"
)

var start = time.Unix(1_700_000_040, 0) // a minute begins

// TestNothingIsLostWhileThereArePlaces compares with exact counts.
func TestNothingIsLostWhileThereArePlaces(t *testing.T) {
	s, exact := heavy.New(100), map[string]uint64{}
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		key, n := fmt.Sprint(random.IntN(100)), uint64(1+random.IntN(9))
		s.Add([]byte(key), n, start)
		exact[key] += n
	}
	top := s.Top(1000, start)
	if len(top) != len(exact) {
		t.Fatalf("got %d keys, want %d", len(top), len(exact))
	}
	for _, e := range top {
		if e.Count != exact[e.Key] || e.Error != 0 {
			t.Errorf("%s: got %d, wrong by %d at most, want %d", e.Key, e.Count, e.Error, exact[e.Key])
		}
	}
}

// TestTheErrorIsBounded: each count is between what is true and what is true plus
// its error, which is at most Total/places, and who has more than that is held.
func TestTheErrorIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.IntRange(1, 20).Draw(t, "places")
		s, exact := heavy.New(places), map[string]uint64{}
		for range rapid.IntRange(1, 500).Draw(t, "adds") {
			key := fmt.Sprint(rapid.IntRange(0, 40).Draw(t, "key"))
			n := uint64(rapid.IntRange(1, 5).Draw(t, "points"))
			s.Add([]byte(key), n, start)
			exact[key] += n
		}
		bound := s.Total / uint64(places)
		held := map[string]bool{}
		for _, e := range s.Top(places+1, start) {
			held[e.Key] = true
			if truth := exact[e.Key]; e.Count < truth || e.Count-e.Error > truth || e.Error > bound {
				t.Fatalf("%s: got %d, wrong by %d at most; it is %d, and the bound is %d", e.Key, e.Count, e.Error, truth, bound)
			}
		}
		if len(held) > places {
			t.Fatalf("got %d keys in %d places", len(held), places)
		}
		for key, n := range exact {
			if n > bound && !held[key] {
				t.Fatalf("%s has %d of %d points and is not held in %d places", key, n, s.Total, places)
			}
		}
	})
}

// TestTheHeavyAreFoundAmongMany: a few keys have half of a flow, the other half has
// a hundred times more keys than there are places.
func TestTheHeavyAreFoundAmongMany(t *testing.T) {
	s := heavy.New(64)
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 200_000 {
		key := fmt.Sprintf("light.%d", random.IntN(6400))
		if i%2 == 0 {
			key = fmt.Sprintf("heavy.%d", i/2%8)
		}
		s.Add([]byte(key), 1, start.Add(time.Duration(i)*time.Microsecond))
	}
	for _, e := range s.Top(8, start.Add(time.Second)) {
		if !strings.HasPrefix(e.Key, "heavy.") || e.Count-e.Error > 12_500 || e.Count < 12_500 {
			t.Errorf("got %+v, want a heavy one of 12,500 points", e)
		}
	}
}

func TestRatesAndTimes(t *testing.T) {
	s := heavy.New(10)
	add := func(key string, points uint64, after time.Duration) { s.Add([]byte(key), points, start.Add(after)) }
	add("gone", 600, 0)
	add("old", 100_000, 0)
	for i := range 10 {
		add("steady", 60, time.Duration(i)*time.Minute)
		add("old", 6, time.Duration(i)*time.Minute)
	}
	add("new", 100, 9*time.Minute+20*time.Second)
	got := s.Top(10, start.Add(9*time.Minute+30*time.Second))
	want := []struct {
		key         string
		rate        float64
		first, last time.Duration
	}{
		{"new", 10, 9*time.Minute + 20*time.Second, 9*time.Minute + 20*time.Second},
		{"steady", 120. / 90, 0, 9 * time.Minute},
		{"old", 12. / 90, 0, 9 * time.Minute},
		{"gone", 0, 0, 0},
	}
	for i, w := range want {
		e := got[i]
		if e.Key != w.key || math.Abs(e.Rate-w.rate) > 0.01 || !e.First.Equal(start.Add(w.first)) || !e.Last.Equal(start.Add(w.last)) {
			t.Errorf("at %d got %+v, want %+v", i, e, w)
		}
	}
}

// TestLongKeysAreCut: memory is bounded whatever keys are like.
func TestLongKeysAreCut(t *testing.T) {
	s := heavy.New(1)
	s.Add([]byte(strings.Repeat("x", 10_000)), 1, start)
	if got := s.Top(1, start)[0].Key; len(got) != 128 {
		t.Errorf("got %d bytes, want 128", len(got))
	}
}

// TestPaceLooksAtEnoughAndNotMore simulates a flow that changes.
func TestPaceLooksAtEnoughAndNotMore(t *testing.T) {
	const budget = 1000
	p, now := heavy.NewPace(budget), start
	for _, rate := range []int{100, 1_000_000, 10_000, 100} {
		looked := 0
		const tick, seconds = time.Millisecond, 30
		carry := 0
		for range seconds * int(time.Second/tick) {
			now = now.Add(tick)
			carry += rate
			step := p.Step()
			n := carry / 1000 / step
			if n > 0 {
				p.Took(n, uint64(n*step), now)
				carry -= n * step * 1000
				looked += n
			}
		}
		want := min(rate, budget) * seconds
		if looked < want/2 || looked > want*5/2 {
			t.Errorf("at %d points a second got %d looked at in %d s, want about %d", rate, looked, seconds, want)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	keys := make([][]byte, 1<<16)
	random := rand.New(rand.NewPCG(5, 6))
	zipf := rand.NewZipf(random, 1.1, 1, 100_000)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "servers.host-%d", zipf.Uint64())
	}
	s, i := heavy.New(2048), 0
	b.ReportAllocs()
	for b.Loop() {
		s.Add(keys[i&(1<<16-1)], 1, start)
		i++
	}
}
