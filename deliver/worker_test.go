package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/delivertest"
	"github.com/plumbago/plumbago/internal/backoff"
	"github.com/plumbago/plumbago/queue"
)

const margin = 5 * time.Second

func TestRunReleasesAfterTheMargin(t *testing.T) {
	tests := []struct {
		name             string
		margin, ackAfter time.Duration
		early, late      time.Duration // not released, and released
	}{
		{"acknowledged at once", margin, 0, margin - time.Millisecond, margin + 100*time.Millisecond},
		{"acknowledged late", margin, 2 * time.Second, margin + 2*time.Second - time.Millisecond, margin + 2100*time.Millisecond},
		{"no margin", 0, 2 * time.Second, 2*time.Second - time.Millisecond, 2100 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dest := &fakeDest{dial: func(int) (*fakeConn, error) { return &fakeConn{ackAfter: tt.ackAfter}, nil }}
				b := run(t, dest, deliver.Options{ReplayMargin: tt.margin})
				b.source.Add("a 1 1")
				b.source.Add("b 2 1")
				time.Sleep(tt.early)
				b.released(0)
				time.Sleep(tt.late - tt.early)
				b.released(2)
				b.end()
			})
		})
	}
}

func TestRunAcknowledgesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{dial: func(int) (*fakeConn, error) { return &fakeConn{ackAfter: time.Second}, nil }}
		b := run(t, dest, deliver.Options{ReplayMargin: margin})
		b.source.Add("a 1 1")
		time.Sleep(999 * time.Millisecond)
		if p := b.source.Progress(); p.Acked != 0 {
			t.Errorf("got %+v before the acknowledgement, want none", p)
		}
		time.Sleep(100 * time.Millisecond)
		if p := b.source.Progress(); p.Acked != 1 {
			t.Errorf("got %+v, want 1 acknowledged", p)
		}
		b.end()
	})
}

func TestRunSendsAgainWhatWasNotReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{}
		b := run(t, dest, deliver.Options{ReplayMargin: margin})
		b.source.Add("old 1 1")
		time.Sleep(3 * time.Second)
		b.source.Add("new 1 1")
		time.Sleep(3 * time.Second)
		dest.conn(0).snap()
		time.Sleep(time.Second)
		if got, want := dest.conn(1).got(), []string{"new 1 1"}; !slices.Equal(got, want) {
			t.Errorf("got %q on the second connection, want %q", got, want)
		}
		b.end()
		b.released(2)
	})
}

func TestRunNoticesABrokenConnectionAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{}
		b := run(t, dest, deliver.Options{ReplayMargin: margin})
		time.Sleep(time.Hour)
		dest.conn(0).snap()
		synctest.Wait()
		if s := b.worker.State(); s.Connected || s.Since != time.Now() {
			t.Errorf("got %+v, want it to be down by now", s)
		}
		b.end()
	})
}

func TestRunDoesNothingWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{}
		b := run(t, dest, deliver.Options{ReplayMargin: margin})
		b.source.Add("a 1 1")
		time.Sleep(time.Minute)
		before := dest.conn(0).polled()
		if before > 10 {
			t.Errorf("asked %d times for acknowledgements of one block that had it at once", before)
		}
		time.Sleep(time.Hour)
		if after := dest.conn(0).polled(); after != before {
			t.Errorf("asked %d times for acknowledgements in an idle hour", after-before)
		}
		b.end()
	})
}

func TestRunBacksOff(t *testing.T) {
	refused := errors.New("connection refused")
	tests := []struct {
		name     string
		err      error
		min, max time.Duration // between the first tries
	}{
		{"temporary", refused, 200 * time.Millisecond, 400 * time.Millisecond},
		{"with a wish", deliver.RetryAfter(refused, 7*time.Second), 7 * time.Second, 7 * time.Second},
		{"with a silly wish", deliver.RetryAfter(refused, 1000*time.Hour), 10 * time.Minute, 10 * time.Minute},
		{"permanent", deliver.Permanent(refused), 5 * time.Second, 5 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dest := &fakeDest{dial: func(int) (*fakeConn, error) { return nil, tt.err }}
				b := run(t, dest, deliver.Options{})
				time.Sleep(time.Hour)
				at := dest.dialled()
				if d := at[1].Sub(at[0]); d < tt.min || d > tt.max {
					t.Errorf("got %v between the first tries, want %v to %v", d, tt.min, tt.max)
				}
				if most := int(time.Hour/(5*time.Second/2)) + 10; len(at) > most {
					t.Errorf("got %d tries in an hour, want at most %d", len(at), most)
				}
				b.end()
			})
		})
	}
}

func TestRunConnectsSoonAfterAConnectionThatLived(t *testing.T) {
	for _, lived := range []time.Duration{time.Millisecond, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			dest := &fakeDest{dial: func(int) (*fakeConn, error) { return &fakeConn{breaksAfter: lived}, nil }}
			b := run(t, dest, deliver.Options{})
			time.Sleep(time.Hour)
			at := dest.dialled()
			last := at[len(at)-1].Sub(at[len(at)-2]) - lived
			if soon := last <= 400*time.Millisecond; soon != (lived > time.Second) {
				t.Errorf("connections live for %v: got a wait of %v after many", lived, last)
			}
			b.end()
		})
	}
}

func TestRunGetsOnWithAFarEndThatResetsAllTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{dial: func(n int) (*fakeConn, error) {
			if n < 20 {
				return &fakeConn{breaksAfter: 2 * time.Second}, nil
			}
			return &fakeConn{}, nil
		}}
		b := run(t, dest, deliver.Options{ReplayMargin: margin})
		for i := range 300 {
			b.source.Add(fmt.Sprintf("a %d 1", i))
			time.Sleep(100 * time.Millisecond)
		}
		if p := b.source.Progress(); p.Released < 250 {
			t.Errorf("got %+v after half a minute, want most released", p)
		}
		// The connection that lives long gives the whole margin back.
		time.Sleep(time.Minute)
		last := dest.connections() - 1
		dest.conn(last).snap()
		time.Sleep(time.Second)
		b.source.Add("last 1 1")
		time.Sleep(margin - time.Millisecond)
		b.released(300)
		time.Sleep(100 * time.Millisecond)
		b.released(301)
		b.end()
	})
}

func TestRunKeepsAMarginHoweverShortConnectionsLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{dial: func(int) (*fakeConn, error) { return &fakeConn{breaksAfter: 240 * time.Millisecond}, nil }}
		b := run(t, dest, deliver.Options{ReplayMargin: margin})
		b.source.Add("a 1 1")
		time.Sleep(time.Hour)
		b.released(0)
		b.end()
	})
}

func TestRunEndsOldConnectionsInGoodOrder(t *testing.T) {
	tests := []struct {
		name    string
		closing func(context.Context) error
		sent    []string // on the second connection
	}{
		{"everything arrived", nil, nil},
		{"the far end is late", func(context.Context) error { return errors.New("late") }, []string{"a 1 1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dest := &fakeDest{dial: func(int) (*fakeConn, error) { return &fakeConn{closing: tt.closing}, nil }}
				b := run(t, dest, deliver.Options{ReplayMargin: time.Hour, MaxConnectionAge: time.Minute})
				b.source.Add("a 1 1")
				time.Sleep(53 * time.Second)
				if n := dest.connections(); n != 1 {
					t.Fatalf("got %d connections before the age, want 1", n)
				}
				time.Sleep(14 * time.Second)
				if n := dest.connections(); n != 2 {
					t.Fatalf("got %d connections after the age, want 2", n)
				}
				if age := dest.conn(0).closed.Sub(b.began); dest.dialled()[1].Sub(b.began) != age {
					t.Errorf("got a pause after the end of an old connection")
				}
				if got := dest.conn(1).got(); !slices.Equal(got, tt.sent) {
					t.Errorf("got %q sent again, want %q", got, tt.sent)
				}
				if p := b.source.Progress(); p.Rewinds < 2 {
					t.Errorf("got %+v, want a rewind at the beginning of each connection", p)
				}
				if s := b.worker.State(); !s.Connected || s.Since != b.began {
					t.Errorf("got %+v, want connected since the start", s)
				}
				b.end()
			})
		})
	}
}

func TestRunDropsWhatIsRefusedInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{dial: func(int) (*fakeConn, error) {
			return &fakeConn{send: func(line string) error {
				if line == "bad 1 1" {
					return deliver.Permanent(errors.New("no such tenant"))
				}
				return nil
			}}, nil
		}}
		b := run(t, dest, deliver.Options{ReplayMargin: margin})
		b.source.Add("a 1 1")
		b.source.Add("bad 1 1")
		b.source.Add("b 1 1")
		time.Sleep(10 * time.Second)
		if p := b.source.Progress(); p.Dropped != 1 || p.Released != 2 {
			t.Errorf("got %+v, want 1 dropped and 2 released", p)
		}
		if got, want := dest.conn(0).got(), []string{"a 1 1", "b 1 1"}; !slices.Equal(got, want) || dest.connections() != 1 {
			t.Errorf("got %q on %d connections, want %q on 1", got, dest.connections(), want)
		}
		b.end()
	})
}

func TestRunTriesAgainAfterATemporaryError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{dial: func(n int) (*fakeConn, error) {
			return &fakeConn{send: func(string) error {
				if n == 0 {
					return deliver.RetryAfter(errors.New("busy"), 3*time.Second)
				}
				return nil
			}}, nil
		}}
		b := run(t, dest, deliver.Options{})
		b.source.Add("a 1 1")
		time.Sleep(3*time.Second - time.Millisecond)
		b.released(0)
		time.Sleep(2 * time.Millisecond)
		b.released(1)
		b.end()
	})
}

func TestRunEndsWithTheErrorOfTheSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := run(t, &fakeDest{}, deliver.Options{})
		failure := errors.New("disk gone")
		b.source.Fail(failure)
		if err := <-b.done; !errors.Is(err, failure) {
			t.Errorf("got %v, want %v", err, failure)
		}
		if b.dest.conn(0).closed.IsZero() {
			t.Error("the connection was not closed")
		}
	})
}

// lateSource is a source whose last block comes when it is too late to send it.
type lateSource struct {
	*delivertest.Source
	late func()
}

func (s lateSource) Next(ctx context.Context) (queue.Block, error) {
	b, err := s.Source.Next(ctx)
	if err == nil {
		s.late()
	}
	return b, err
}

func TestRunSendsNothingOnABrokenConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest, source := &fakeDest{}, delivertest.NewSource()
		ctx, stop := context.WithCancel(context.Background())
		source.Add("a 1 1")
		late := lateSource{source, func() {
			stop()
			dest.conn(0).snap()
			synctest.Wait()
		}}
		if err := deliver.New(dest, late, deliver.Options{}).Run(ctx); err != nil {
			t.Errorf("got %v, want nil", err)
		}
		if got := dest.conn(0).got(); len(got) != 0 {
			t.Errorf("got %q sent, want nothing", got)
		}
		if p := source.Progress(); p.Unsent != 1 {
			t.Errorf("got %+v, want the block unsent again", p)
		}
	})
}

func TestRunBoundsWhatIsUnreleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := run(t, &fakeDest{dial: func(int) (*fakeConn, error) { return &fakeConn{ackAfter: time.Hour}, nil }},
			deliver.Options{Backoff: backoff.Backoff{Min: time.Second}})
		for range 70_000 {
			b.source.Add("a 1 1")
		}
		time.Sleep(time.Second)
		if p := b.source.Progress(); p.Taken != 1<<16 {
			t.Errorf("got %d blocks taken, want %d", p.Taken, 1<<16)
		}
		b.stop()
		<-b.done
	})
}
