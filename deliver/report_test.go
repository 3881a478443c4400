package deliver_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/backoff"
	"github.com/plumbago/plumbago/internal/logtest"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

var _ deliver.Source = (*queue.Queue)(nil)

func TestLogsAnOutageAndItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out logtest.Journal
		var up atomic.Bool
		dest := &fakeDest{dial: func(int) (*fakeConn, error) {
			if up.Load() {
				return &fakeConn{}, nil
			}
			return nil, errors.New("connection refused")
		}}
		b := run(t, dest, deliver.Options{Name: "local", Logger: slog.New(slog.NewTextHandler(&out, nil))})
		synctest.Wait()
		if got := out.Take(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `level=WARN msg="destination down" dest=local err="connection refused" retry_in=`) {
			t.Errorf("got %q, want one warning", got)
		}
		time.Sleep(10 * time.Minute)
		if lines := strings.Count(out.Take(), "\n"); lines < 5 || lines > 10 {
			t.Errorf("got %d lines in ten minutes, want about one a minute", lines)
		}
		up.Store(true)
		time.Sleep(time.Minute)
		if got := out.Take(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `level=INFO msg="destination up" dest=local took=10m`) {
			t.Errorf("got %q, want that it is up again", got)
		}
		b.end()
	})
}

func TestSumsUpAFlappingDestinationEachMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out logtest.Journal
		dest := &fakeDest{dial: func(int) (*fakeConn, error) { return &fakeConn{breaksAfter: 2 * time.Second}, nil }}
		b := run(t, dest, deliver.Options{Name: "local", Logger: slog.New(slog.NewTextHandler(&out, nil))})
		time.Sleep(10 * time.Minute)
		b.end()
		got := out.Take()
		if lines := strings.Count(got, "\n"); lines < 10 || lines > 22 {
			t.Errorf("got %d lines in ten minutes, want one or two a minute:\n%s", lines, got)
		}
		if n := strings.Count(got, " times=2"); n < 8 {
			t.Errorf("got %d lines with how often it broke, want one a minute:\n%s", n, got)
		}
	})
}

// scripted is a destination that is up and down for so long in turn, up first.
// Nothing is the end: so it stays.
func scripted(turns ...time.Duration) *fakeDest {
	began := time.Now()
	return &fakeDest{dial: func(int) (*fakeConn, error) {
		at := time.Since(began)
		for i, turn := range turns {
			if at < turn && i%2 == 0 {
				return &fakeConn{breaksAfter: turn - at}, nil
			}
			if at < turn {
				return nil, errors.New("connection refused")
			}
			at -= turn
		}
		if len(turns)%2 == 0 {
			return &fakeConn{}, nil
		}
		return nil, errors.New("connection refused")
	}}
}

func TestLogsWhatFollowsAnOutage(t *testing.T) {
	const s = time.Second
	tests := []struct {
		name  string
		turns []time.Duration
		after time.Duration
		want  []string // what lines end with, or hold
	}{
		{"refused at the start, then dead", []time.Duration{0, s, 20 * s}, 30 * s,
			[]string{"destination down", "destination up", "destination down"}},
		{"a second outage that lasts, and its end", []time.Duration{s, s, s, 20 * s}, 40 * s,
			[]string{"destination up", "destination down", "destination up", "destination down", "destination up"}},
		{"a third that goes on when the minute is over", []time.Duration{s, s, s, 8 * s, s}, 125 * s,
			[]string{"destination up", "destination down", "destination up", "destination down", "destination up", "destination down"}},
		{"a short one, and no more", []time.Duration{s, s, s, s}, 2 * 60 * s,
			[]string{"destination up", "destination down", "destination up", `"destination was down" dest=local err="connection refused" times=1`}},
		{"two short ones before one that lasts", []time.Duration{s, s, s, s, s, s, s}, 40 * s,
			[]string{"destination up", "destination down", "destination up", "times=3"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out logtest.Journal
				b := run(t, scripted(tt.turns...), deliver.Options{
					Name: "local", Logger: slog.New(slog.NewTextHandler(&out, nil)),
					Backoff: backoff.Backoff{Min: 100 * time.Millisecond, Max: 100 * time.Millisecond},
				})
				time.Sleep(tt.after)
				got := strings.Split(strings.TrimSpace(out.Take()), "\n")
				same := len(got) == len(tt.want)
				for i := 0; same && i < len(got); i++ {
					same = strings.Contains(got[i], tt.want[i])
				}
				if !same {
					t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
				}
				b.end()
				if rest := out.Take(); rest != "" {
					t.Errorf("got %q at the end, want nothing", rest)
				}
			})
		})
	}
}

func TestLogsAnOutageWithNoTryToCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out logtest.Journal
		dest := &fakeDest{dial: func(n int) (*fakeConn, error) {
			if n < 2 {
				return &fakeConn{breaksAfter: time.Second}, nil
			}
			return nil, deliver.RetryAfter(errors.New("come back later"), time.Hour)
		}}
		b := run(t, dest, deliver.Options{Name: "local", Logger: slog.New(slog.NewTextHandler(&out, nil))})
		time.Sleep(time.Minute)
		b.end()
		if got := out.Take(); !strings.Contains(got, `msg="destination down" dest=local err="come back later" retry_in=9m`) {
			t.Errorf("got\n%s\nwant that it is down, whenever the next try is", got)
		}
	})
}

func TestStateTellsWhatIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dest := &fakeDest{dial: func(n int) (*fakeConn, error) {
			if n > 0 {
				return nil, errors.New("no such host")
			}
			return &fakeConn{breaksAfter: time.Minute}, nil
		}}
		b := run(t, dest, deliver.Options{})
		synctest.Wait()
		if s := b.worker.State(); !s.Connected || s.LastError != "" {
			t.Errorf("got %+v, want connected", s)
		}
		time.Sleep(2 * time.Minute)
		s := b.worker.State()
		if s.Connected || s.Since != b.began.Add(time.Minute) || s.LastError != "no such host" || !s.RetryAt.After(time.Now()) {
			t.Errorf("got %+v, want it down for a minute with a try to come", s)
		}
		b.end()
		if s := b.worker.State(); !s.RetryAt.IsZero() {
			t.Errorf("got %+v, want no try to come after Run has returned", s)
		}
	})
}

func TestMetricsCountWhatIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := prometheus.NewPedanticRegistry()
		dest := &fakeDest{dial: func(n int) (*fakeConn, error) {
			switch n {
			case 0:
				return nil, errors.New("connection refused")
			case 1:
				return &fakeConn{breaksAfter: 2 * time.Second}, nil
			}
			return &fakeConn{ackAfter: time.Hour, send: refuse("bad 1 1")}, nil
		}}
		b := run(t, dest, deliver.Options{Name: "local", ReplayMargin: margin, Registerer: r})
		b.source.Add("bad 1 1")
		b.source.Add("a 1 1", "b 2 1")
		time.Sleep(10 * time.Second)
		lag := gather(t, r, "plumbago_deliver_ack_lag_seconds")
		if !strings.Contains(lag, `{dest="local"} 7.`) {
			t.Errorf("got %s, want the lag since the second connection", lag)
		}
		b.stop()
		b.end()
		want := `
# HELP plumbago_deliver_ack_seconds How long batches were under way until they were acknowledged.
# TYPE plumbago_deliver_ack_seconds histogram
plumbago_deliver_ack_seconds_bucket{dest="local",le="0.001"} 2
plumbago_deliver_ack_seconds_bucket{dest="local",le="0.0025"} 2
plumbago_deliver_ack_seconds_bucket{dest="local",le="0.005"} 2
plumbago_deliver_ack_seconds_bucket{dest="local",le="0.01"} 2
plumbago_deliver_ack_seconds_bucket{dest="local",le="0.025"} 2
plumbago_deliver_ack_seconds_bucket{dest="local",le="0.05"} 2
plumbago_deliver_ack_seconds_bucket{dest="local",le="0.1"} 2
plumbago_deliver_ack_seconds_bucket{dest="local",le="0.25"} 2
plumbago_deliver_ack_seconds_bucket{dest="local",le="0.5"} 2
plumbago_deliver_ack_seconds_bucket{dest="local",le="1"} 2
plumbago_deliver_ack_seconds_bucket{dest="local",le="2.5"} 2
plumbago_deliver_ack_seconds_bucket{dest="local",le="5"} 2
plumbago_deliver_ack_seconds_bucket{dest="local",le="10"} 2
plumbago_deliver_ack_seconds_bucket{dest="local",le="30"} 2
plumbago_deliver_ack_seconds_bucket{dest="local",le="+Inf"} 2
plumbago_deliver_ack_seconds_sum{dest="local"} 0
plumbago_deliver_ack_seconds_count{dest="local"} 2
# HELP plumbago_deliver_connect_errors_total Tries to connect that did not succeed.
# TYPE plumbago_deliver_connect_errors_total counter
plumbago_deliver_connect_errors_total{dest="local"} 1
# HELP plumbago_deliver_connected Whether there is a connection to the destination: 1 or 0.
# TYPE plumbago_deliver_connected gauge
plumbago_deliver_connected{dest="local"} 0
# HELP plumbago_deliver_connects_total Connections made.
# TYPE plumbago_deliver_connects_total counter
plumbago_deliver_connects_total{dest="local"} 2
# HELP plumbago_deliver_disconnects_total Connections that broke.
# TYPE plumbago_deliver_disconnects_total counter
plumbago_deliver_disconnects_total{dest="local"} 1
# HELP plumbago_deliver_refused_points_total Points that the destination refused for good; they are dropped.
# TYPE plumbago_deliver_refused_points_total counter
plumbago_deliver_refused_points_total{dest="local"} 1
# HELP plumbago_deliver_resent_points_total Points that a connection's end left unconfirmed, to be sent again.
# TYPE plumbago_deliver_resent_points_total counter
plumbago_deliver_resent_points_total{dest="local"} 5
# HELP plumbago_deliver_sent_bytes_total Bytes of canonical lines handed to the destination, those sent again included.
# TYPE plumbago_deliver_sent_bytes_total counter
plumbago_deliver_sent_bytes_total{dest="local"} 32
# HELP plumbago_deliver_sent_points_total Points handed to the destination, those sent again included.
# TYPE plumbago_deliver_sent_points_total counter
plumbago_deliver_sent_points_total{dest="local"} 5
# HELP plumbago_deliver_ack_lag_seconds How long the oldest batch without acknowledgement has been under way; 0 if there is none.
# TYPE plumbago_deliver_ack_lag_seconds gauge
plumbago_deliver_ack_lag_seconds{dest="local"} 0
`
		if err := testutil.GatherAndCompare(r, strings.NewReader(want)); err != nil {
			t.Error(err)
		}
	})
}

func refuse(bad string) func(string) error {
	return func(line string) error {
		if line == bad {
			return deliver.Permanent(errors.New("no"))
		}
		return nil
	}
}

func batch(lines string, points int) metric.Batch {
	return metric.Batch{Lines: []byte(lines), Points: points}
}

func gather(t *testing.T, r prometheus.Gatherer, name string) string {
	t.Helper()
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.GetName() == name {
			return name + `{dest="local"} ` + time.Duration(f.Metric[0].Gauge.GetValue()*1e9).String()
		}
	}
	return ""
}

func TestErrorsKeepTheirMarks(t *testing.T) {
	cause := errors.New("cause")
	marked := deliver.RetryAfter(deliver.Permanent(cause), time.Second)
	if !deliver.IsPermanent(marked) || !errors.Is(marked, cause) || marked.Error() != "cause" {
		t.Errorf("got %v, want a permanent error with the cause's text", marked)
	}
	if deliver.IsPermanent(deliver.RetryAfter(cause, time.Second)) || deliver.IsPermanent(nil) {
		t.Error("got a permanent error, want none: unmarked means temporary")
	}
	if deliver.Permanent(nil) != nil || deliver.RetryAfter(nil, time.Second) != nil {
		t.Error("got an error made of nil")
	}
}

func TestRunTakesFromARealQueue(t *testing.T) {
	q, err := queue.Open(t.TempDir(), queue.Options{Name: "local"})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	dest := &fakeDest{}
	w := deliver.New(dest, q, deliver.Options{Name: "local"})
	if err := q.Append(context.Background(), batch("a 1 1\nb 2 1\n", 2)); err != nil {
		t.Fatal(err)
	}
	q.CloseInput()
	if err := w.Run(context.Background()); err != nil {
		t.Errorf("Run: got %v, want nil", err)
	}
	if got := dest.conn(0).got(); len(got) != 1 || got[0] != "a 1 1\nb 2 1" {
		t.Errorf("got %q sent, want both points", got)
	}
	if s := q.Stats(); s.Delivered != 2 || s.Waiting != 0 {
		t.Errorf("got %+v, want 2 points delivered", s)
	}
}
