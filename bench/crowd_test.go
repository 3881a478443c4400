//go:build linux

package main

import (
	"testing"
	"time"
)

func TestACrowdIsConnectedBeforeItSends(t *testing.T) {
	const connections, points = fewConnections + 44, 1200
	s := newTestSink(t, "line", points)
	l := load{To: s.addresses[0], Protocol: "line", Points: points, Series: 10, Connections: connections, Rate: 10_000, Chunk: 1}
	senders := l.senders()
	if err := connectAll(t.Context(), senders); err != nil {
		t.Fatal(err)
	}
	waitFor(t, s, func(count) bool { return opened(s) == connections })
	sent := l.send(t.Context(), senders, l.pieces())
	if sent.Points != points || sent.Reconnects != 0 || sent.Took < 100*time.Millisecond {
		t.Errorf("got %+v, want %d points on the same connections in about 120 ms", sent, points)
	}
	waitFor(t, s, func(c count) bool { return c.Unique == points })
	compareCounts(t, s.count(), count{Unique: points})
}

func opened(s *sink) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

func TestPiecesComeAfterTheRest(t *testing.T) {
	for _, rate := range []int{0, 1000} {
		l := load{Protocol: "line", Points: 100, Series: 10, Connections: 2, Rate: rate, Chunk: 10, Rest: time.Minute}
		for _, mine := range l.pieces() {
			for _, p := range mine {
				if p.due < time.Minute || p.due > time.Minute+110*time.Millisecond {
					t.Errorf("at %d/s the piece of point %d is due after %v, want it after the rest", rate, p.first, p.due)
				}
			}
		}
	}
}

// What a relay uses while its connections rest is told apart.
func TestTrialMeasuresARest(t *testing.T) {
	t.Parallel()
	s := scenario{points: 2000, rate: 20_000, chunk: 10, rest: 400 * time.Millisecond}
	r, err := measureFloor(t, s)
	if err != nil {
		t.Fatal(err)
	}
	compareCounts(t, r.Came, count{Unique: 2000})
	if r.Rested.RSS < 1<<20 || r.Rested.CPU < 0 || r.Rested.CPU >= r.Used.CPU || r.Took < s.rest {
		t.Errorf("at rest %+v, in all %+v in %v: cannot be", r.Rested, r.Used, r.Took)
	}
}

func TestTrialOfARing(t *testing.T) {
	t.Parallel()
	r, err := measureFloor(t, scenario{points: 2000, chunk: 10, ring: 4, rules: expressions()})
	if err != nil {
		t.Fatal(err)
	}
	compareCounts(t, r.Came, count{Unique: 2000})
}
