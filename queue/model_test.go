package queue_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/plumbago/plumbago/internal/durable/durabletest"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

// model is what a queue is: points numbered in order of arrival, of which those
// in done are finished with and those in out are with the worker.
type model struct {
	dir   string
	o     queue.Options
	q     *queue.Queue
	next  int
	done  map[int]bool
	out   []queue.Block
	acked map[uint64]bool // those of out that are, by Seq
	gone  map[uint64]bool // those of out that a DropAll leaves no way back
}

// TestModel lets rapid look for a sequence of calls after which a point is
// lost, comes twice without a Rewind, or is in two places at once.
func TestModel(t *testing.T) {
	rounds := 4 // of a hundred sequences
	if testing.Short() {
		rounds = 1
	}
	for range rounds {
		rapid.Check(t, sequence(memDir(t)))
	}
}

func sequence(root string) func(*rapid.T) {
	return func(t *rapid.T) {
		dir, err := os.MkdirTemp(root, "")
		if err != nil {
			t.Fatal(err)
		}
		m := &model{dir: filepath.Join(dir, "q"), done: map[int]bool{}, acked: map[uint64]bool{}, gone: map[uint64]bool{}}
		m.o = queue.Options{MaxBytes: 16 << 20, SegmentBytes: 1500, BlockBytes: 600, FS: durabletest.NoSync(), ReplayRate: -1,
			Flush: time.Millisecond, InOrder: rapid.Bool().Draw(t, "in order")}
		m.open(t)
		defer func() { m.q.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"append": m.append, "next": m.take, "release": m.release, "drop": m.drop, "drop all": m.dropAll, "ack": m.ack,
			"rewind": m.rewind, "sync": m.sync, "reopen": m.reopen, "": m.check,
		})
		m.finish(t)
	}
}

func (m *model) open(t *rapid.T) {
	q, err := queue.Open(m.dir, m.o)
	if err != nil {
		t.Fatal(err)
	}
	m.q = q
}

func (m *model) append(t *rapid.T) {
	n := rapid.IntRange(1, 60).Draw(t, "points")
	if err := m.q.Append(context.Background(), batch(m.next, n)); err != nil {
		t.Fatal(err)
	}
	m.next += n
}

func (m *model) take(t *rapid.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	b, err := m.q.Next(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	m.took(t, b)
}

// took checks that none of a block's points was handed out before.
func (m *model) took(t *rapid.T, b queue.Block) {
	out := map[int]bool{}
	for _, o := range m.out {
		for i := range o.Points {
			out[int(o.Seq)+i] = true
		}
	}
	for i, n := range numbers(b) {
		if n != int(b.Seq)+i {
			t.Fatalf("got point %d in the place of %d", n, int(b.Seq)+i)
		}
		if m.done[n] || out[n] {
			t.Fatalf("got point %d twice", n)
		}
	}
	b.Lines = nil
	m.out = append(m.out, b)
}

// finishSome ends one of the blocks that are out; the first, or any if it need
// not be in order.
func (m *model) finishSome(t *rapid.T, i int, with func(queue.Block)) {
	b := m.out[i]
	m.out = slices.Delete(m.out, i, i+1)
	with(b)
	m.finished(int(b.Seq), b.Points)
}

func (m *model) finished(first, points int) {
	for i := range points {
		m.done[first+i] = true
	}
}

func (m *model) release(t *rapid.T) {
	if len(m.out) == 0 {
		t.Skip("nothing is out")
	}
	m.finishSome(t, 0, m.q.Release)
}

func (m *model) drop(t *rapid.T) {
	if len(m.out) == 0 {
		t.Skip("nothing is out")
	}
	i := rapid.IntRange(0, len(m.out)-1).Draw(t, "which")
	m.finishSome(t, i, func(b queue.Block) {
		points := rapid.IntRange(0, b.Points).Draw(t, "points")
		before := m.q.Stats()
		m.q.Drop(b, points, metric.Refused)
		after := m.q.Stats()
		if lost := int(after.Dropped[metric.Refused] - before.Dropped[metric.Refused]); lost != points {
			t.Fatalf("got %d dropped, want %d", lost, points)
		}
		if arrived := int(after.Delivered - before.Delivered); arrived != b.Points-points {
			t.Fatalf("got %d delivered, want %d", arrived, b.Points-points)
		}
	})
}

func (m *model) dropAll(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "seldom") > 0 {
		return
	}
	m.q.DropAll(metric.Operator)
	out := map[int]bool{}
	for _, b := range m.out {
		m.gone[b.Seq] = true
		for i := range b.Points {
			out[int(b.Seq)+i] = true
		}
	}
	for n := range m.next {
		if !out[n] {
			m.done[n] = true
		}
	}
}

func (m *model) ack(t *rapid.T) {
	if len(m.out) == 0 {
		t.Skip("nothing is out")
	}
	b := rapid.SampledFrom(m.out).Draw(t, "block")
	m.q.Acked(b)
	m.acked[b.Seq] = true
}

func (m *model) rewind(*rapid.T) {
	m.q.Rewind()
	m.takenBack()
}

func (m *model) takenBack() {
	for _, b := range m.out {
		if m.gone[b.Seq] {
			m.finished(int(b.Seq), b.Points)
		}
	}
	m.out, m.acked, m.gone = nil, map[uint64]bool{}, map[uint64]bool{}
}

func (m *model) sync(t *rapid.T) {
	if err := m.q.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (m *model) reopen(t *rapid.T) {
	if err := m.q.Close(); err != nil {
		t.Fatal(err)
	}
	m.takenBack() // closing takes back what is out
	m.check(t)
	m.open(t)
	if s := m.q.Stats(); int(s.Recovered) != m.next-len(m.done) {
		t.Fatalf("got %d recovered, want %d", s.Recovered, m.next-len(m.done))
	}
}

func (m *model) check(t *rapid.T) {
	s := m.q.Stats()
	if s.Recovered+s.Appended != s.Delivered+s.Waiting+s.Confirming+dropped(s) {
		t.Fatalf("identity broken: %+v", s)
	}
	confirming := 0
	for _, b := range m.out {
		if m.acked[b.Seq] {
			confirming += b.Points
		}
	}
	if int(s.Confirming) != confirming || int(s.Waiting) != m.next-len(m.done)-confirming {
		t.Fatalf("got %d waiting and %d confirming, want %d and %d", s.Waiting, s.Confirming, m.next-len(m.done)-confirming, confirming)
	}
}

// finish takes the rest: then every point has come.
func (m *model) finish(t *rapid.T) {
	m.rewind(t)
	m.q.CloseInput()
	for {
		b, err := m.q.Next(context.Background())
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		m.took(t, b)
		m.release(t)
	}
	if len(m.done) != m.next {
		t.Fatalf("got %d points in the end, want %d: %+v", len(m.done), m.next, m.q.Stats())
	}
}
