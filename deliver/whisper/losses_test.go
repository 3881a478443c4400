package whisper_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plumbago/plumbago/deliver"
	store "github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/internal/schema"
	"github.com/plumbago/plumbago/metric"
)

// lost asks c how many points it took and could not store.
func lost(c deliver.Conn) (points uint64, why string) {
	n, err := c.(deliver.Refuser).Refused()
	if err == nil {
		return n, ""
	}
	return n, err.Error()
}

// TestPointsThatGrowTooOldAreRefused lets points wait until their file covers them no
// more.
func TestPointsThatGrowTooOldAreRefused(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o := store.Options{Dir: dir, FlushEvery: 10 * time.Minute, RefusalsPath: filepath.Join(dir, "refused"), Schemas: &schema.Rules{
			Retentions: []schema.Retention{{Archives: []schema.Archive{{Step: 10, Points: 12}}}},
		}}
		s, err := store.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		c := dial(t, s)
		send(t, c, batch(line("a", 0.5, 0)))
		closeConn(t, c)
		c = dial(t, s)
		old := []string{line("a", 1.5, 119), line("a", 2, 119), line("a", 3, 110)}
		if n := send(t, c, batch(append(old, line("a", 4, 100))...)); n != 0 {
			t.Errorf("got %d points refused at once, want none", n)
		}
		if n, why := lost(c); n != 0 || why != "" {
			t.Errorf("got %d refused points because of %q before anything was written", n, why)
		}
		time.Sleep(15 * time.Second)
		closeConn(t, c)
		if n, why := lost(c); n != 3 || !strings.Contains(why, "farther back") || c.Acked() != 1 {
			t.Errorf("got %d refused points because of %q, with %d batches acknowledged", n, why, c.Acked())
		}
		kept, _ := os.ReadFile(o.RefusalsPath)
		if !strings.HasSuffix(string(kept), "\n"+strings.Join(old, "\n")+"\n") {
			t.Errorf("got %q among the refusals, want %q", kept, old)
		}
		c = dial(t, s)
		if n, _ := lost(c); n != 0 {
			t.Errorf("got %d refused points of another Conn", n)
		}
		closeConn(t, c)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestReceivedIsDeliveredQueuedAndDropped holds the identity where files take nothing.
func TestReceivedIsDeliveredQueuedAndDropped(t *testing.T) {
	dir := t.TempDir()
	s := open(t, store.Options{Dir: filepath.Join(dir, "whisper"), RefusalsPath: filepath.Join(dir, "refused"), FlushEvery: 20 * time.Millisecond})
	var damaged atomic.Bool
	store.OnWrite(s, func(path string) error {
		if damaged.Load() && strings.Contains(path, "bad") {
			return &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
		}
		return nil
	})
	r := newRelay(t, s, filepath.Join(dir, "queue"))
	r.add(t, line("bad.a", 1, 100), line("good", 1, 100))
	await(t, "the first points", func() bool { return r.Stats().Delivered == 2 })
	damaged.Store(true)
	for i := range int64(20) {
		r.add(t, line("bad.a", 2, 80-i), line("good", 2, 80-i), line("bad.new", 3, 80-i), line("late", 1, 1e6))
	}
	await(t, "all points", func() bool { st := r.Stats(); return st.Waiting+st.Confirming == 0 })
	st := r.end(t)
	if st.Delivered != 22 || st.Dropped[metric.Refused] != 60 {
		t.Errorf("got %+v, want 22 points delivered and 60 refused", st)
	}
	kept, err := os.ReadFile(filepath.Join(dir, "refused"))
	for what, want := range map[string]int{"bad.a 2 ": 20, "bad.new 3 ": 20, "late 1 ": 20} {
		if n := strings.Count(string(kept), "\n"+what); n != want || err != nil {
			t.Errorf("got %q %d times among the refusals and error %v, want %d", what, n, err, want)
		}
	}
}

func TestASampleOfManyLostPointsIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: filepath.Join(dir, "w"), RefusalsPath: filepath.Join(dir, "refused"), FlushEvery: time.Hour})
	store.OnWrite(s, func(string) error { return fs.ErrPermission })
	c := dial(t, s)
	const points = 20_000
	var lines []string
	for i := range points {
		lines = append(lines, line(fmt.Sprintf("bad%d", i%10), float64(i), int64(i%3000)))
	}
	send(t, c, batch(lines...))
	closeConn(t, c)
	if n, _ := lost(c); n != points || c.Acked() != 1 {
		t.Errorf("got %d points refused and %d batches acknowledged, want %d and 1", n, c.Acked(), points)
	}
	if st, err := os.Stat(filepath.Join(dir, "refused")); err != nil || st.Size() < 200<<10 || st.Size() > 300<<10 {
		t.Errorf("got %v and error %v, want a file of about 256 KiB", st, err)
	}
}

// TestADiskThatFailsAtOneFile goes on without it after the first time.
func TestADiskThatFailsAtOneFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, store.Options{Dir: filepath.Join(dir, "whisper"), FlushEvery: 20 * time.Millisecond})
	store.OnWrite(s, func(path string) error {
		if strings.HasSuffix(path, "/bad.wsp") {
			return unix.EIO
		}
		return nil
	})
	r := newRelay(t, s, filepath.Join(dir, "queue"))
	r.add(t, line("bad", 1, 0), line("good", 1, 0))
	await(t, "all points", func() bool { st := r.Stats(); return st.Waiting+st.Confirming == 0 })
	if st := r.end(t); st.Delivered != 1 || st.Dropped[metric.Refused] != 1 {
		t.Errorf("got %+v, want a point delivered and one refused", st)
	}
}

// TestASeriesThatCanHaveNoFile is refused at the time of writing too.
func TestASeriesThatCanHaveNoFile(t *testing.T) {
	s := open(t, store.Options{FlushEvery: time.Hour})
	c := dial(t, s)
	send(t, c, batch(line("a.b", 1, 0), line("c", 1, 0)))
	if err := os.WriteFile(filepath.Join(store.Dir(s), "a"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	closeConn(t, c)
	if n, _ := lost(c); n != 1 || c.Acked() != 1 || len(last(t, s, "c")) != 1 {
		t.Errorf("got %d points refused and %d batches acknowledged, want 1 and 1", n, c.Acked())
	}
}
