package queue_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

func TestMain(m *testing.M) {
	if child() {
		return
	}
	goleak.VerifyTestMain(m)
}

// open opens a queue that is closed when the test ends, and checks its identity then.
func open(t testing.TB, dir string, o queue.Options) *queue.Queue {
	t.Helper()
	if o.Name == "" {
		o.Name = "test"
	}
	q, err := queue.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, q) })
	return q
}

func shut(t testing.TB, q *queue.Queue) {
	t.Helper()
	q.Close()
	identity(t, q)
}

// identity checks that every point is in one place.
func identity(t testing.TB, q *queue.Queue) {
	t.Helper()
	s := q.Stats()
	sum := s.Delivered + s.Waiting + s.Confirming + dropped(s)
	if s.Recovered+s.Appended != sum {
		t.Fatalf("identity broken: recovered and appended %d, accounted for %d: %+v", s.Recovered+s.Appended, sum, s)
	}
}

func dropped(s queue.Stats) (n uint64) {
	for _, d := range s.Dropped {
		n += d
	}
	return n
}

// batch returns n points named by the numbers from first on.
func batch(first, n int) metric.Batch {
	var b []byte
	for i := range n {
		b = fmt.Appendf(b, "p.%07d %d 1700000000\n", first+i, first+i)
	}
	return metric.Batch{Lines: b, Points: n}
}

func add(t testing.TB, q *queue.Queue, first, n int) {
	t.Helper()
	if err := q.Append(t.Context(), batch(first, n)); err != nil {
		t.Fatal(err)
	}
}

// numbers returns the numbers of a block's points.
func numbers(b queue.Block) (ns []int) {
	for l := range b.All() {
		n, _ := strconv.Atoi(strings.TrimPrefix(string(l.Name), "p."))
		ns = append(ns, n)
	}
	if len(ns) != b.Points {
		panic(fmt.Sprintf("block says %d points and has %d", b.Points, len(ns)))
	}
	return ns
}

// drain takes everything until the end of the input, and releases it.
func drain(t testing.TB, q *queue.Queue) (ns []int) {
	t.Helper()
	for {
		b, err := q.Next(t.Context())
		if err == io.EOF {
			return ns
		}
		if err != nil {
			t.Fatal(err)
		}
		ns = append(ns, numbers(b)...)
		q.Acked(b)
		q.Release(b)
	}
}

// take takes blocks until it has n points, without releasing them.
func take(t testing.TB, q *queue.Queue, n int) (blocks []queue.Block, ns []int) {
	t.Helper()
	for len(ns) < n {
		b, err := q.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		blocks, ns = append(blocks, b), append(ns, numbers(b)...)
	}
	return blocks, ns
}

// wantRange checks that ns is first, first+1, … up to end.
func wantRange(t testing.TB, ns []int, first, end int) {
	t.Helper()
	if len(ns) != end-first {
		t.Fatalf("got %d points %s, want %d from %d to %d", len(ns), brief(ns), end-first, first, end)
	}
	for i, n := range ns {
		if n != first+i {
			t.Fatalf("point %d: got %d, want %d", i, n, first+i)
		}
	}
}

func brief(ns []int) string {
	if len(ns) == 0 {
		return "[]"
	}
	return fmt.Sprintf("[%d … %d]", ns[0], ns[len(ns)-1])
}

func TestWhatIsAppendedComesOutInOrder(t *testing.T) {
	q := open(t, t.TempDir(), queue.Options{InOrder: true}) // else what a slow machine writes for a second is a backlog
	for i := range 100 {
		add(t, q, i*1000, 1000)
	}
	q.CloseInput()
	wantRange(t, drain(t, q), 0, 100_000)
	if s := q.Stats(); s.Delivered != 100_000 || s.Waiting != 0 {
		t.Errorf("got %+v, want 100000 delivered", s)
	}
}

func TestWhatIsNotReleasedComesAgainAfterReopening(t *testing.T) {
	dir := t.TempDir()
	q := open(t, dir, queue.Options{BlockBytes: 4 << 10})
	add(t, q, 0, 10_000)
	blocks, ns := take(t, q, 5000)
	for _, b := range blocks[:3] {
		q.Release(b)
	}
	done := int(blocks[3].Seq)
	wantRange(t, ns, 0, len(ns))
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}

	q = open(t, dir, queue.Options{})
	if s := q.Stats(); int(s.Recovered) != 10_000-done {
		t.Errorf("got %d recovered, want %d", s.Recovered, 10_000-done)
	}
	q.CloseInput()
	wantRange(t, drain(t, q), done, 10_000)
}

func TestASecondOpenIsRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, queue.Options{})
	_, err := queue.Open(dir, queue.Options{})
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got error %v, want one saying that the queue is in use", err)
	}
}

func TestRewindHandsOutAgain(t *testing.T) {
	q := open(t, t.TempDir(), queue.Options{BlockBytes: 4 << 10})
	add(t, q, 0, 1000)
	blocks, _ := take(t, q, 1000)
	q.Release(blocks[0])
	q.Acked(blocks[1])
	q.Rewind()
	identity(t, q)
	q.Release(blocks[1]) // too late: it was taken back
	q.CloseInput()
	wantRange(t, drain(t, q), int(blocks[1].Seq), 1000)
}

func TestSyncReturnsWhenDurable(t *testing.T) {
	q := open(t, t.TempDir(), queue.Options{})
	add(t, q, 0, 10)
	if err := q.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// memDir returns a directory in memory where the system has one, for tests that
// open and close a thousand times.
func memDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "plumbago-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
