package queue_test

import (
	"context"
	"errors"
	"time"

	"pgregory.net/rapid"

	"github.com/plumbago/plumbago/internal/durable/durabletest"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

// fortune is what is known of a point.
type fortune struct {
	at     time.Time // when it was appended; zero: it was refused
	synced bool      // Sync returned nil for it
	acked  bool      // the far end has it
	done   bool      // released, and not to be expected; it may come again after a crash
}

// survivor is a queue on a disk whose power is cut, and what was promised of it.
type survivor struct {
	dir   string
	disk  *durabletest.Disk
	mount *durabletest.Mount
	o     queue.Options
	q     *queue.Queue

	points []fortune
	out    []queue.Block
	held   map[uint64][]int // the numbers of out's points, by Seq
	last   int              // number handed out last since the last Rewind

	harm    durabletest.Harm
	well    time.Time // since when the disk is
	doubted int       // points below were there when a sync failed
	lied    bool      // since the last power cut
	errs    uint64    // failed syncs seen
	refused uint64    // points that Append did not take, in this life
	freed   uint64    // points released, in this life
	blinded bool      // the disk could not be read, in this life
	damaged uint64    // points found damaged before that
}

func (s *survivor) open(t *rapid.T) {
	s.mount = s.disk.Mount()
	s.o.FS = s.mount
	q, err := queue.Open(s.dir, s.o)
	if err != nil {
		t.Fatalf("the queue does not open: %v", err)
	}
	s.q, s.refused, s.freed, s.errs, s.well = q, 0, 0, 0, time.Now()
	s.blinded = false
	s.forget()
}

func (s *survivor) forget() { s.out, s.held, s.last = nil, map[uint64][]int{}, -1 }

func (s *survivor) append(t *rapid.T) {
	n := rapid.IntRange(1, 60).Draw(t, "points")
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	before := s.q.Stats()
	err := s.q.Append(ctx, batch(len(s.points), n))
	taken := n
	if err != nil { // what comes of the end of the batch is counted
		after := s.q.Stats()
		refused := after.Dropped[metric.QueueFull] - before.Dropped[metric.QueueFull]
		s.refused += min(refused, uint64(n))
		taken -= min(int(refused), n)
	}
	for i := range n {
		f := fortune{}
		if i < taken {
			f.at = time.Now()
		}
		s.points = append(s.points, f)
	}
}

func (s *survivor) take(t *rapid.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	b, err := s.q.Next(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	s.took(t, b)
}

// took checks that a block is of points that were appended, and in order.
func (s *survivor) took(t *rapid.T, b queue.Block) {
	ns := numbers(b)
	for _, n := range ns {
		if n <= s.last {
			t.Fatalf("got point %d behind point %d", n, s.last)
		}
		s.last = n
		if n >= len(s.points) || s.points[n].at.IsZero() {
			t.Fatalf("got point %d, which was never taken", n)
		}
	}
	b.Lines = nil
	s.out = append(s.out, b)
	s.held[b.Seq] = ns
}

func (s *survivor) release(t *rapid.T) {
	if len(s.out) == 0 {
		t.Skip("nothing is out")
	}
	b := s.out[0]
	s.out = s.out[1:]
	s.q.Release(b)
	s.freed += uint64(b.Points)
	for _, n := range s.held[b.Seq] {
		s.points[n].done = true
	}
}

func (s *survivor) ack(t *rapid.T) {
	if len(s.out) == 0 {
		t.Skip("nothing is out")
	}
	b := rapid.SampledFrom(s.out).Draw(t, "block")
	s.q.Acked(b)
	for _, n := range s.held[b.Seq] {
		s.points[n].acked = true
	}
}

func (s *survivor) rewind(*rapid.T) {
	s.q.Rewind()
	s.forget()
}

func (s *survivor) sync(t *rapid.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	err := s.q.Sync(ctx)
	s.check(t)
	if err != nil || s.lied {
		return
	}
	for n := s.doubted; n < len(s.points); n++ {
		s.points[n].synced = !s.points[n].at.IsZero()
	}
}

// wait lets the queue do by itself what it does in time.
func (s *survivor) wait(t *rapid.T) {
	time.Sleep(rapid.SampledFrom([]time.Duration{25 * time.Millisecond, 600 * time.Millisecond, 7 * time.Second}).Draw(t, "time"))
}

func (s *survivor) hurt(t *rapid.T) {
	s.harm = rapid.SampledFrom([]durabletest.Harm{{}, {}, {Full: true}, {SyncFails: 1}, {SyncFails: -1}, {Lies: true}, {Broken: true}, {Blind: true}}).Draw(t, "harm")
	s.disk.Harm(s.harm)
	s.lied = s.lied || s.harm.Lies
	if s.harm.Blind && !s.blinded {
		s.blinded, s.damaged = true, s.q.Stats().Dropped[metric.Damaged]
	}
	s.well = time.Now()
}

// check holds the queue to the identity, and notes what failed since the last call.
func (s *survivor) check(t *rapid.T) {
	st := s.q.Stats()
	if st.Recovered+st.Appended != st.Delivered+st.Waiting+st.Confirming+dropped(st) {
		t.Fatalf("identity broken: %+v", st)
	}
	if st.SyncErrors != s.errs {
		s.errs, s.doubted, s.well = st.SyncErrors, len(s.points), time.Now()
	}
	if st.Failing != nil {
		s.well = time.Now()
	}
}

// kill is kill -9: the file system has all that was written.
func (s *survivor) kill(t *rapid.T) { s.crash(t, s.inFile, func() {}) }

// cut is a power cut: it has all that was synced.
func (s *survivor) cut(t *rapid.T) {
	s.crash(t, s.onDisk, func() {
		s.disk.Cut()
		s.lied, s.doubted = false, 0
	})
}

// inFile says whether a point is promised to survive a kill.
func (s *survivor) inFile(f fortune) bool {
	const flush = 20*time.Millisecond + time.Millisecond
	return f.synced || s.harm == durabletest.Harm{} && s.well.Before(f.at) && time.Since(f.at) > flush
}

// onDisk says whether it is to survive a power cut.
func (s *survivor) onDisk(f fortune) bool {
	const flushAndSync = 1021 * time.Millisecond
	return f.synced || s.o.Sync.Mode == queue.SyncEvery && !f.acked && !s.lied && s.harm == durabletest.Harm{} &&
		s.well.Before(f.at) && time.Since(f.at) > flushAndSync
}

// crash ends the queue's life without warning, and checks what the next one finds.
func (s *survivor) crash(t *rapid.T, promised func(fortune) bool, meanwhile func()) {
	s.check(t)
	want := map[int]bool{}
	for n, f := range s.points {
		if !f.at.IsZero() && !f.done && promised(f) {
			want[n] = true
		}
	}
	s.mount.Kill()
	given := s.given(s.q.Stats()) // what goes from the disk is counted before
	s.q.Close()
	meanwhile()
	s.harm = durabletest.Harm{}
	s.disk.Harm(s.harm)
	s.open(t)
	s.findAgain(t, want, given)
}

// given is how many points the queue has given up in this life, and has counted or
// will count when they come back, as those that are out if it dropped any: dropped
// for want of room or because they could not be read, or delivered before their
// release, since the far end has them.
func (s *survivor) given(st queue.Stats) int {
	uncounted := 0
	if s.blinded {
		uncounted = int(st.Dropped[metric.Damaged] - s.damaged)
	}
	if st.Dropped[metric.QueueFull] > s.refused {
		for _, b := range s.out {
			uncounted += b.Points
		}
	}
	return uncounted + int(st.Dropped[metric.QueueFull]+st.Dropped[metric.DiskError]+st.Delivered) - int(s.refused+s.freed)
}

// findAgain drains what a new life has, and checks that all is there that has to
// be, but for as many points as the last one gave up and counted.
func (s *survivor) findAgain(t *rapid.T, want map[int]bool, given int) {
	recovered := s.q.Stats().Recovered
	found := map[int]bool{}
	for uint64(len(found))+dropped(s.q.Stats()) < recovered {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		b, err := s.q.Next(ctx)
		cancel()
		if st := s.q.Stats(); err != nil && uint64(len(found))+dropped(st) < recovered {
			t.Fatalf("%d of %d points found, and no more come: %v, %+v", len(found), recovered, err, st)
		} else if err != nil {
			break // the rest turned out to be damaged
		}
		s.took(t, b)
		for _, n := range s.held[b.Seq] {
			found[n] = true
		}
	}
	missing := 0
	for n := range want {
		if !found[n] {
			missing++
		}
	}
	if missing > given {
		t.Fatalf("%d promised points are missing, and %d were given up: %+v", missing, given, s.q.Stats())
	}
	for n, f := range s.points {
		s.points[n].synced = f.synced && found[n]
		s.points[n].done = !found[n]
		s.points[n].acked = false
	}
	s.settleTimes()
	s.rewind(t)
}

// settleTimes has nothing promised for the time that passed before a crash.
func (s *survivor) settleTimes() {
	for n, f := range s.points {
		if !f.at.IsZero() {
			s.points[n].at = time.Unix(1, 0)
		}
	}
}

// reopen is a stop and a start. Where the disk is well nothing is lost, and
// nothing comes again that was released.
func (s *survivor) reopen(t *rapid.T) {
	before := s.q.Stats()
	err := s.q.Close()
	s.check(t)
	after := s.q.Stats()
	s.harm = durabletest.Harm{}
	s.disk.Harm(s.harm)
	if err == nil && after.Dropped[metric.DiskError] != before.Dropped[metric.DiskError] {
		t.Fatalf("Close gave up points and returned nil")
	}
	want := map[int]bool{}
	for n, f := range s.points {
		if !f.at.IsZero() && !f.done {
			want[n] = true
		}
	}
	given := s.given(after) + int(after.Dropped[metric.Damaged])
	s.open(t)
	if got := s.q.Stats().Recovered; err == nil && got != after.Waiting {
		t.Fatalf("got %d points recovered after %d were waiting", got, after.Waiting)
	}
	s.findAgain(t, want, given)
}
