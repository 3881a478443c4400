package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/logtest"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

// countBad refuses the lines of a batch that begin with bad.
func countBad(lines string) (n int) {
	for line := range strings.Lines(lines) {
		if strings.HasPrefix(line, "bad") {
			n++
		}
	}
	return n
}

func TestRunAccountsForPointsThatAreRefused(t *testing.T) {
	q, err := queue.Open(t.TempDir(), queue.Options{Name: "far"})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	dest := &fakeDest{dial: func(int) (*fakeConn, error) { return &fakeConn{refuses: countBad}, nil }}
	r := prometheus.NewRegistry()
	w := deliver.New(dest, q, deliver.Options{Name: "far", Registerer: r})
	if err := q.Append(context.Background(), batch("a 1 1\nbad 2 1\nbad 3 1\nb 4 1\nc 5 1\n", 5)); err != nil {
		t.Fatal(err)
	}
	q.CloseInput()
	if err := w.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if s := q.Stats(); s.Delivered != 3 || s.Dropped[metric.Refused] != 2 || s.Waiting+s.Confirming != 0 {
		t.Errorf("got %+v, want 3 points delivered and 2 refused", s)
	}
	want := `
# HELP plumbago_deliver_refused_points_total Points that the destination refused for good; they are dropped.
# TYPE plumbago_deliver_refused_points_total counter
plumbago_deliver_refused_points_total{dest="far"} 2
# HELP plumbago_deliver_sent_points_total Points handed to the destination, those sent again included.
# TYPE plumbago_deliver_sent_points_total counter
plumbago_deliver_sent_points_total{dest="far"} 5
`
	if err := testutil.GatherAndCompare(r, strings.NewReader(want), "plumbago_deliver_refused_points_total", "plumbago_deliver_sent_points_total"); err != nil {
		t.Error(err)
	}
}

func TestRunCountsAPointThatIsRefusedAgainOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := prometheus.NewRegistry()
		dest := &fakeDest{dial: func(int) (*fakeConn, error) { return &fakeConn{refuses: countBad}, nil }}
		b := run(t, dest, deliver.Options{ReplayMargin: margin, Registerer: r})
		b.source.Add("a 1 1", "bad 2 1")
		b.source.Add("b 1 1")
		time.Sleep(3 * time.Second)
		if p := b.source.Progress(); p.Acked != 2 || p.Dropped != 0 {
			t.Errorf("got %+v, want both blocks acknowledged and none given back within the margin", p)
		}
		dest.conn(0).snap()
		time.Sleep(2 * margin)
		if p := b.source.Progress(); p.Dropped != 1 || p.Refused != 1 || p.Released != 1 || p.Taken != 4 {
			t.Errorf("got %+v, want one point of one block dropped, the other block released, and each sent twice", p)
		}
		b.end()
		if got := counter(t, r, "plumbago_deliver_refused_points_total"); got != 1 {
			t.Errorf("got %d points counted as refused, want 1", got)
		}
	})
}

// counter reads a counter of one destination.
func counter(t *testing.T, r prometheus.Gatherer, name string) int {
	t.Helper()
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.GetName() == name {
			return int(f.Metric[0].Counter.GetValue())
		}
	}
	return -1
}

func TestRunWaitsForTheRestOfABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{dial: func(int) (*fakeConn, error) { return &fakeConn{refuses: countBad, ackAfter: time.Minute}, nil }}
		b := run(t, dest, deliver.Options{})
		b.source.Add("bad 1 1", "a 2 1")
		time.Sleep(time.Minute - time.Second)
		if p := b.source.Progress(); p.Acked+p.Dropped != 0 {
			t.Errorf("got %+v, want nothing before the acknowledgement", p)
		}
		time.Sleep(2 * time.Second)
		if p := b.source.Progress(); p.Refused != 1 || p.Dropped != 1 {
			t.Errorf("got %+v, want the block given back after it", p)
		}
		b.end()
	})
}

func TestRunDropsNoMorePointsThanThereAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{dial: func(int) (*fakeConn, error) {
			return &fakeConn{refuses: func(string) int { return 7 }}, nil
		}}
		b := run(t, dest, deliver.Options{})
		b.source.Add("a 1 1", "b 1 1")
		time.Sleep(time.Second)
		if p := b.source.Progress(); p.Dropped != 1 || p.Refused != 2 || p.Acked != 1 {
			t.Errorf("got %+v, want both points dropped of a block that was acknowledged", p)
		}
		b.end()
	})
}

func TestRunLogsASampleOfWhatIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out logtest.Journal
		dest := &fakeDest{dial: func(int) (*fakeConn, error) { return &fakeConn{refuses: countBad}, nil }}
		b := run(t, dest, deliver.Options{Name: "local", Logger: slog.New(slog.NewTextHandler(&out, nil))})
		for range 150 {
			b.source.Add("a 1 1", "bad 2 1", "bad 3 1")
			time.Sleep(time.Second)
		}
		b.end()
		if got := out.Take(); strings.Count(got, `level=WARN msg="points refused" dest=local points=2 err="no such value"`) != 3 {
			t.Errorf("got\n%s\nwant one warning a minute", got)
		}
	})
}

func TestRefusedIsNotTheBatch(t *testing.T) {
	if err := deliver.Refused(0, errors.New("no")); err != nil {
		t.Errorf("got %v of no points, want nil", err)
	}
	if err := deliver.Refused(-1, errors.New("no")); err != nil {
		t.Errorf("got %v of fewer, want nil", err)
	}
	err := deliver.Refused(1, deliver.Permanent(errors.New("no")))
	if err == nil || err.Error() != "no" || deliver.IsPermanent(err) {
		t.Errorf("got %v, want the cause's text without its mark", err)
	}
	if deliver.Misconfigured(nil) != nil || deliver.IsPermanent(deliver.Misconfigured(errors.New("no"))) {
		t.Error("got an error that only a person can cure for the batch's fault, or one made of nil")
	}
}

func TestRunTellsAtOnceOfWhatAPersonMustCure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out logtest.Journal
		cause := deliver.Misconfigured(errors.New("the key is not accepted"))
		dest := &fakeDest{dial: func(n int) (*fakeConn, error) {
			if n > 0 {
				return nil, cause
			}
			return &fakeConn{send: func(string) error { return cause }}, nil
		}}
		b := run(t, dest, deliver.Options{Name: "local", Logger: slog.New(slog.NewTextHandler(&out, nil))})
		b.source.Add("a 1 1")
		synctest.Wait()
		got := out.Take()
		if n := strings.Count(got, "level=ERROR"); n != 1 || !strings.Contains(got, `err="the key is not accepted" retry_in=5s`) {
			t.Errorf("got %q, want one error that it is down", got)
		}
		time.Sleep(time.Minute - time.Second)
		if got := out.Take(); got != "" {
			t.Errorf("got %q within the minute, want nothing more", got)
		}
		if p := b.source.Progress(); p.Unsent != 1 || p.Dropped != 0 {
			t.Errorf("got %+v, want the points kept", p)
		}
		b.end()
	})
}

func TestRunTakesNoEndAfterAnAnswerForAnOutage(t *testing.T) {
	const ms, s = time.Millisecond, time.Second
	tests := []struct {
		name        string
		answers     bool
		lives       time.Duration // from the first batch on, or at all without one
		batches     int
		least, most int // outages in ten seconds
	}{
		{"all was answered", true, ms, 5, 0, 0},
		{"ended with its answer", true, 0, 5, 0, 0},
		{"idle for a while", true, s, 0, 0, 0},
		{"ended at once, again and again", true, ms, 0, 3, 30},
		{"something may be missing", false, s, 5, 5, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := prometheus.NewRegistry()
				dest := &fakeDest{dial: func(int) (*fakeConn, error) {
					c := &fakeConn{answers: tt.answers}
					if tt.batches == 0 {
						c.breaksAfter = tt.lives
					}
					c.send = func(string) error {
						if tt.lives == 0 {
							c.snap()
						} else {
							time.AfterFunc(tt.lives, c.snap)
						}
						return nil
					}
					return c, nil
				}}
				b := run(t, dest, deliver.Options{Registerer: r})
				var want, got []string
				for i := range tt.batches {
					want = append(want, fmt.Sprint("a ", i, " 1"))
					b.source.Add(want[i])
					time.Sleep(2 * s)
				}
				time.Sleep(time.Duration(10-2*tt.batches) * s)
				b.end()
				for i := range dest.connections() {
					got = append(got, dest.conn(i).got()...)
				}
				if !slices.Equal(got, want) {
					t.Errorf("got %q sent, want %q, each once", got, want)
				}
				if n := counter(t, r, "plumbago_deliver_disconnects_total"); n < tt.least || n > tt.most {
					t.Errorf("got %d outages, want %d to %d", n, tt.least, tt.most)
				}
			})
		})
	}
}
