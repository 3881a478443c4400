package backoff_test

import (
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/backoff"
)

func TestNextGrowsWithinItsBounds(t *testing.T) {
	tests := []struct {
		name     string
		backoff  backoff.Backoff
		min, max time.Duration
	}{
		{"zero value", backoff.Backoff{}, 200 * time.Millisecond, 5 * time.Second},
		{"given bounds", backoff.Backoff{Min: time.Second, Max: 5 * time.Second}, time.Second, 5 * time.Second},
		{"bounds the wrong way round", backoff.Backoff{Min: time.Minute, Max: time.Second}, time.Second, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			low := tt.min
			for i := range 80 {
				got := tt.backoff.Next()
				if high := min(2*low, tt.max); got < low || got > high {
					t.Fatalf("wait %d: got %v, want %v to %v", i, got, low, high)
				}
				low = max(min(2*low, tt.max/2), tt.min)
			}
		})
	}
}

func TestNextIsNeverTwiceTheSameForLong(t *testing.T) {
	var b backoff.Backoff
	seen := map[time.Duration]bool{}
	for range 40 {
		seen[b.Next()] = true
	}
	if len(seen) < 30 {
		t.Errorf("got %d different waits in 40, want nearly all different", len(seen))
	}
}

func TestResetStartsAgain(t *testing.T) {
	var b backoff.Backoff
	for range 10 {
		b.Next()
	}
	b.Reset()
	if got := b.Next(); got > 2*backoff.DefaultMin {
		t.Errorf("got %v after Reset, want at most %v", got, 2*backoff.DefaultMin)
	}
	if got := b.Longest(); got != backoff.DefaultMax {
		t.Errorf("got longest %v, want %v", got, backoff.DefaultMax)
	}
}
