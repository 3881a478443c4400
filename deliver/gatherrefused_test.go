package deliver_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/delivertest"
)

// gatheringDest makes connections that gather.
type gatheringDest struct {
	poster *fakePoster
	g      deliver.Gathering
}

func (d gatheringDest) Dial(context.Context) (deliver.Conn, error) {
	return deliver.Gather(d.poster, d.g), nil
}

func TestPointsRefusedLaterAreDroppedExactly(t *testing.T) {
	tests := []struct {
		name    string
		answers []error // of the posts of three blocks of two points each
		dropped int
	}{
		{"none", nil, 0},
		{"some", []error{deliver.Refused(3, errors.New("too old"))}, 3},
		{"all", []error{deliver.Refused(6, errors.New("too old"))}, 6},
		{"more than there are", []error{deliver.Refused(60, errors.New("too old"))}, 6},
		{"in a batch that is sent again", []error{errors.New("503"), deliver.Refused(1, errors.New("too old"))}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &fakePoster{takes: time.Second, answer: func(n int, _ string) error {
					if n < len(tt.answers) {
						return tt.answers[n]
					}
					return nil
				}}
				d := gatheringDest{p, deliver.Gathering{Interval: time.Second, MaxBytes: 1000}}
				source := runGathering(t, d, 3)
				if got := source.Progress(); got.Refused != tt.dropped || got.Unsent > 0 || got.Released+got.Dropped != 3 {
					t.Errorf("got %+v, want all given back but for %d points", got, tt.dropped)
				}
			})
		})
	}
}

// runGathering runs a worker until blocks of two points each are delivered.
func runGathering(t *testing.T, d deliver.Destination, blocks int) *delivertest.Source {
	t.Helper()
	source := delivertest.NewSource()
	for range blocks {
		source.Add("a 1 10", "b 2 10")
	}
	w := deliver.New(d, source, deliver.Options{Name: "far"})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	after(time.Minute)
	stop()
	if err := <-done; err != nil {
		t.Errorf("Run: got %v, want nil", err)
	}
	for _, f := range source.Faults() {
		t.Errorf("against the rules of deliver.Source: %s", f)
	}
	return source
}

func TestTheEndOfTheSourceWaitsForNoInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakePoster{}
		source := delivertest.NewSource()
		source.Add("a 1 10")
		source.CloseInput()
		w := deliver.New(gatheringDest{p, deliver.Gathering{Interval: time.Hour, MaxBytes: 1000}}, source, deliver.Options{Name: "far"})
		if err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(bubbleBegan); got > time.Second {
			t.Errorf("Run returned after %v, want at once", got)
		}
		p.checkPosts(t, "0:1")
	})
}
