package whisper_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/plumbago/plumbago/deliver"
	store "github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/internal/backoff"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

// relay is a queue and the worker that delivers what is in it.
type relay struct {
	*queue.Queue
	worker *deliver.Worker
	cancel context.CancelFunc
	done   chan error
}

func newRelay(t *testing.T, s *store.Store, dir string) *relay {
	t.Helper()
	q, err := queue.Open(dir, queue.Options{Name: "local"})
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Queue: q, done: make(chan error, 1)}
	r.worker = deliver.New(s, q, deliver.Options{Name: "local", Backoff: backoff.Backoff{Min: 5 * time.Millisecond, Max: 20 * time.Millisecond}})
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() { r.done <- r.worker.Run(ctx) }()
	return r
}

// end stops the worker and closes the queue.
func (r *relay) end(t *testing.T) queue.Stats {
	t.Helper()
	r.CloseInput()
	r.cancel()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
	stats := r.Stats()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	return stats
}

func (r *relay) add(t *testing.T, lines ...string) {
	t.Helper()
	if err := r.Append(context.Background(), batch(lines...)); err != nil {
		t.Fatal(err)
	}
}

// await waits until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("in vain: ", what)
		}
	}
}

func TestAFullDiskStopsWritingAndIsCaughtUpWith(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(store.Options{Dir: filepath.Join(dir, "whisper"), Schemas: rules(), FlushEvery: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	var full atomic.Bool
	full.Store(true)
	store.OnSync(s, func() error {
		if full.Load() {
			return unix.ENOSPC
		}
		return nil
	})
	r := newRelay(t, s, filepath.Join(dir, "queue"))
	const points = 30
	for i := range points {
		r.add(t, line("a", float64(i), 10*int64(points-i)))
	}
	await(t, "an outage", func() bool { return r.worker.State().Failures > 0 || r.worker.State().LastError != "" })
	if e := r.worker.State().LastError; !strings.Contains(e, "no space left on device") {
		t.Errorf("got the error %q, want that there is no space", e)
	}
	if st := r.Stats(); st.Delivered != 0 {
		t.Errorf("got %d points delivered to a full disk", st.Delivered)
	}
	full.Store(false)
	await(t, "all points delivered", func() bool { return r.Stats().Delivered == points })
	if got := last(t, s, "a"); len(got) != points {
		t.Errorf("got %d values, want %d", len(got), points)
	}
	r.end(t)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestStopWritesWhatWaits(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	s, err := store.Open(store.Options{Dir: filepath.Join(dir, "whisper"), Schemas: rules(), FlushEvery: time.Hour, MaxCreates: 10})
	if err != nil {
		t.Fatal(err)
	}
	r := newRelay(t, s, filepath.Join(dir, "queue"))
	const series = 200
	for i := range series {
		r.add(t, line(fmt.Sprintf("a.s%d", i), 1, 0), line("late", 1, 1e6))
	}
	await(t, "all points taken", func() bool { return len(names(t, s)) == series })
	st := r.end(t)
	if st.Delivered != series || st.Dropped[metric.Refused] != series || st.Waiting+st.Confirming != 0 {
		t.Errorf("got %+v, want %d points delivered and as many refused", st, series)
	}
	if n := countFiles(t, s, "a.*"); n != series {
		t.Errorf("got %d files, want %d", n, series)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestStopInTheMiddleLosesNothing(t *testing.T) {
	dir := t.TempDir()
	o := store.Options{Dir: filepath.Join(dir, "whisper"), Schemas: rules(), FlushEvery: time.Hour}
	s := open(t, o)
	c := dial(t, s)
	for i := range 3000 {
		send(t, c, batch(line(fmt.Sprintf("a.s%d", i), 1, 0)))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	err := c.Close(ctx)
	await(t, "the end of writing", func() bool {
		again, err := s.Dial(context.Background())
		return err == nil && again.Close(context.Background()) == nil
	})
	n := countFiles(t, s, "a.*")
	if uint64(n) < c.Acked() || n == 3000 && err != nil {
		t.Errorf("got %d files, %d acknowledged and error %v", n, c.Acked(), err)
	}
	if n < 3000 && err == nil {
		t.Errorf("got no error with %d files of 3000", n)
	}
}

func TestDialOfADiskThatCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "w")
	s := open(t, store.Options{Dir: dir})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Dial(context.Background()); err == nil {
		c.Close(context.Background())
		t.Error("got a connection to a folder that is gone")
	}
}

func TestTwoStoresMayUseTheSameMetrics(t *testing.T) {
	r := prometheus.NewRegistry()
	for range 2 {
		s := open(t, store.Options{Registerer: r, Name: "local"})
		c := dial(t, s)
		send(t, c, batch(line("a", 1, 10), line("a", 2, 0), line("b", 3, 0)))
		closeConn(t, c)
	}
	want := `
# HELP plumbago_whisper_creates_total Files created.
# TYPE plumbago_whisper_creates_total counter
plumbago_whisper_creates_total{dest="local"} 4
# HELP plumbago_whisper_points_total Points written to files.
# TYPE plumbago_whisper_points_total counter
plumbago_whisper_points_total{dest="local"} 6
# HELP plumbago_whisper_updates_total Writes to files, each of all points of a series that waited.
# TYPE plumbago_whisper_updates_total counter
plumbago_whisper_updates_total{dest="local"} 4
`
	if err := testutil.GatherAndCompare(r, strings.NewReader(want), "plumbago_whisper_creates_total", "plumbago_whisper_points_total", "plumbago_whisper_updates_total"); err != nil {
		t.Error(err)
	}
}
