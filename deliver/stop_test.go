package deliver_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/deliver"
)

func TestRunReturnsWhenAllIsDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{dial: func(n int) (*fakeConn, error) {
			if n == 0 {
				return &fakeConn{breaksAfter: time.Second}, nil
			}
			return &fakeConn{}, nil
		}}
		b := run(t, dest, deliver.Options{ReplayMargin: margin})
		b.source.Add("a 1 1")
		b.source.CloseInput()
		if err := <-b.done; err != nil {
			t.Errorf("got %v, want nil", err)
		}
		if took := time.Since(b.began); took < margin || took > 2*margin {
			t.Errorf("took %v, want the margin of the second connection", took)
		}
		b.released(1)
	})
}

func TestStopSendsWhatTheSourceStillHandsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{dial: func(int) (*fakeConn, error) { return &fakeConn{sending: 100 * time.Millisecond}, nil }}
		b := run(t, dest, deliver.Options{ReplayMargin: margin})
		for range 10 {
			b.source.Add("a 1 1")
		}
		time.Sleep(50 * time.Millisecond)
		b.end()
		b.released(10)
		if s := b.worker.State(); s.Connected {
			t.Errorf("got %+v, want it not to be connected", s)
		}
	})
}

func TestStopLeavesUnsentWhatWasNotConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{dial: func(int) (*fakeConn, error) {
			return &fakeConn{closing: func(context.Context) error { return errors.New("no answer") }}, nil
		}}
		b := run(t, dest, deliver.Options{ReplayMargin: margin})
		b.source.Add("a 1 1")
		time.Sleep(time.Second)
		b.end()
		if p := b.source.Progress(); p.Unsent != 1 || p.Released != 0 {
			t.Errorf("got %+v, want the block unsent again", p)
		}
	})
}

func TestStopIsBounded(t *testing.T) {
	never := 1000 * time.Hour
	tests := []struct {
		name string
		conn *fakeConn
		fill int
		max  time.Duration
	}{
		{"nothing to do and no end of the input", &fakeConn{}, 0, 2 * time.Second},
		{"more than can be sent", &fakeConn{sending: 300 * time.Millisecond}, 1000, 2300 * time.Millisecond},
		{"send that blocks", &fakeConn{sending: never}, 10, 3 * time.Second},
		{"close that blocks", &fakeConn{closing: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}, 10, 3 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dest := &fakeDest{dial: func(int) (*fakeConn, error) { return tt.conn, nil }}
				b := run(t, dest, deliver.Options{ReplayMargin: margin, DrainTimeout: 3 * time.Second})
				for range tt.fill {
					b.source.Add("a 1 1")
				}
				time.Sleep(time.Second)
				b.stop()
				stopped := time.Now()
				if err := <-b.done; err != nil {
					t.Errorf("got %v, want nil", err)
				}
				if took := time.Since(stopped); took > tt.max {
					t.Errorf("took %v, want at most %v", took, tt.max)
				}
				sent := len(tt.conn.got())
				time.Sleep(time.Hour)
				if n := len(tt.conn.got()); n != sent || len(dest.dialled()) != 1 {
					t.Errorf("sent %d batches and dialled %d times after Run had returned", n-sent, len(dest.dialled())-1)
				}
			})
		})
	}
}

func TestStopDoesNotConnectAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{dial: func(int) (*fakeConn, error) { return &fakeConn{sending: time.Second}, nil }}
		b := run(t, dest, deliver.Options{ReplayMargin: margin})
		for range 10 {
			b.source.Add("a 1 1")
		}
		time.Sleep(500 * time.Millisecond)
		b.stop()
		dest.conn(0).snap()
		stopped := time.Now()
		<-b.done
		if took := time.Since(stopped); took != 0 || len(dest.dialled()) != 1 {
			t.Errorf("took %v and %d connections, want to end with the one that broke", took, len(dest.dialled()))
		}
	})
}

func TestStopInAPauseEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{dial: func(int) (*fakeConn, error) { return nil, errors.New("connection refused") }}
		b := run(t, dest, deliver.Options{})
		b.source.Add("a 1 1")
		time.Sleep(time.Hour)
		tries := len(dest.dialled())
		stopped := time.Now()
		b.end()
		if took := time.Since(stopped); took != 0 || len(dest.dialled()) != tries {
			t.Errorf("took %v and %d more tries, want neither", took, len(dest.dialled())-tries)
		}
	})
}

func TestAWorkerThatYieldsTakesNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancelCause(context.Background())
		dest := &fakeDest{dial: func(int) (*fakeConn, error) { return &fakeConn{sending: 100 * time.Millisecond}, nil }}
		b := runIn(ctx, t, dest, deliver.Options{ReplayMargin: margin})
		for range 10 {
			b.source.Add("a 1 1")
		}
		time.Sleep(250 * time.Millisecond)
		stop(deliver.ErrYield)
		began := time.Now()
		if err := <-b.done; err != nil {
			t.Errorf("got %v, want nil", err)
		}
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("took %v, want the time of what was being sent", took)
		}
		if p := b.source.Progress(); p.Released != 3 || p.Unsent != 7 {
			t.Errorf("got %+v, want 3 released and 7 unsent", p)
		}
	})
}

func TestAWorkerThatYieldsWaitsAThirdOfTheTimeAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancelCause(context.Background())
		dest := &fakeDest{dial: func(int) (*fakeConn, error) {
			return &fakeConn{closing: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}, nil
		}}
		b := runIn(ctx, t, dest, deliver.Options{ReplayMargin: margin, DrainTimeout: 3 * time.Second})
		b.source.Add("a 1 1")
		time.Sleep(time.Second)
		stop(deliver.ErrYield)
		began := time.Now()
		if err := <-b.done; err != nil {
			t.Errorf("got %v, want nil", err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %v, want 1s", took)
		}
		if p := b.source.Progress(); p.Unsent != 1 {
			t.Errorf("got %+v, want the block unsent again", p)
		}
	})
}
