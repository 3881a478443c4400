package queue_test

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/internal/durable/durabletest"
	"github.com/plumbago/plumbago/queue"
)

// segmentSyncs counts the syncs of segments on a disk.
type segmentSyncs struct {
	mu sync.Mutex
	n  int
}

func (s *segmentSyncs) count(op durabletest.Op, name string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op == durabletest.Sync && filepath.Ext(name) == ".seg" {
		s.n++
	}
	return 0, nil
}

func (s *segmentSyncs) get() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

func TestWhatIsAckedIsNotSynced(t *testing.T) {
	for _, acked := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			disk, syncs := durabletest.New(), &segmentSyncs{}
			disk.Fail(syncs.count)
			q := open(t, memDir(t), queue.Options{MaxBytes: 1 << 20, FS: disk})
			for i := range 100 {
				add(t, q, i, 1)
				blocks, _ := take(t, q, 1)
				if acked {
					q.Acked(blocks[0])
				}
				time.Sleep(50 * time.Millisecond)
			}
			if got := syncs.get(); acked && got != 0 || !acked && (got < 4 || got > 12) {
				t.Errorf("acked %v: got %d syncs in 5 s, want none if acked, else about one in each interval", acked, got)
			}
		})
	}
}

func TestAnUnackedPointIsSyncedWithinTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk, syncs := durabletest.New(), &segmentSyncs{}
		disk.Fail(syncs.count)
		q := open(t, memDir(t), queue.Options{MaxBytes: 1 << 20, FS: disk})
		for i := range 20 {
			time.Sleep(time.Duration(rand.IntN(1500)) * time.Millisecond)
			before := syncs.get()
			add(t, q, i, 1)
			time.Sleep(1021 * time.Millisecond)
			if syncs.get() == before {
				t.Fatal("not synced within flush and interval")
			}
		}
	})
}

func TestCallersOfSyncShareOne(t *testing.T) {
	disk, syncs := durabletest.New(), &segmentSyncs{}
	disk.Fail(func(op durabletest.Op, name string) (int, error) {
		if op == durabletest.Sync {
			time.Sleep(time.Millisecond) // a disk
		}
		return syncs.count(op, name)
	})
	q := open(t, memDir(t), queue.Options{MaxBytes: 1 << 20, FS: disk})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 20 {
				if q.Append(context.Background(), batch(0, 1)) != nil || q.Sync(context.Background()) != nil {
					t.Error("append or sync failed")
				}
			}
		})
	}
	wg.Wait()
	if got := syncs.get(); got > 200 {
		t.Errorf("got %d syncs for 1000 calls of 50 callers, want them shared", got)
	}
}

func TestCallersOfSyncGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk, syncs := durabletest.New(), &segmentSyncs{}
		disk.Fail(syncs.count)
		q := open(t, memDir(t), queue.Options{MaxBytes: 1 << 20, FS: slowDisk{disk, func() error { return nil }}})
		checkAlone(t, q)
		before := syncs.get()
		var all sync.WaitGroup
		for i := range 1000 {
			all.Go(func() {
				if took := addAndSync(t, q, i); took > 6*time.Millisecond {
					t.Errorf("caller %d: got %v, want at most the time to gather and of two syncs", i, took)
				}
			})
			time.Sleep(700 * time.Microsecond)
		}
		all.Wait()
		if got := syncs.get() - before; got > 350 {
			t.Errorf("got %d syncs for 1000 callers, more than 5 of them in the time to gather, want them shared", got)
		}
		time.Sleep(1100 * time.Millisecond)
		checkAlone(t, q)
	})
}

// slowDisk is a disk on which a sync of a segment takes syncTime, and then does what
// it is told.
type slowDisk struct {
	queue.FS
	then func() error
}

const syncTime = time.Millisecond

func (d slowDisk) OpenFile(name string, flag int, perm fs.FileMode) (queue.File, error) {
	f, err := d.FS.OpenFile(name, flag, perm)
	if filepath.Ext(name) != ".seg" {
		return f, err
	}
	return slowFile{f, d.then}, err
}

type slowFile struct {
	queue.File
	then func() error
}

func (f slowFile) Datasync() error {
	time.Sleep(syncTime)
	if err := f.then(); err != nil {
		return err
	}
	return f.File.Datasync()
}

// TestNobodyIsToldOfASyncThatFailed: what is written while a sync is under way that
// fails is as doubtful as what that was for.
func TestNobodyIsToldOfASyncThatFailed(t *testing.T) {
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			var broken, good atomic.Int64
			q := open(t, memDir(t), queue.Options{MaxBytes: 1 << 20, FS: slowDisk{durabletest.New(), func() error {
				if broken.Add(-1) >= 0 {
					return errors.New("broken")
				}
				good.Add(1)
				return nil
			}}})
			addAndSync(t, q, 0)
			broken.Store(1)
			good.Store(0)
			add(t, q, 1, 1)
			var first sync.WaitGroup
			first.Go(func() {
				if q.Sync(t.Context()) == nil {
					t.Error("got no error of a sync that failed")
				}
			})
			time.Sleep(syncTime / 2)
			add(t, q, 2, 1)
			if err := q.Sync(t.Context()); err == nil && good.Load() == 0 {
				t.Error("got no error, and there was no sync that succeeded")
			}
			first.Wait()
			addAndSync(t, q, 3)
			if good.Load() == 0 {
				t.Error("got no sync that succeeded since the one that failed")
			}
		})
	}
}

// checkAlone calls Sync again and again, with nobody else to wait for.
func checkAlone(t *testing.T, q *queue.Queue) {
	t.Helper()
	for i := range 10 {
		if took := addAndSync(t, q, i); took > syncTime {
			t.Errorf("call %d of one who is alone: got %v, want the time of a sync", i, took)
		}
	}
}

// addAndSync returns how long Sync took for a new point.
func addAndSync(t *testing.T, q *queue.Queue, n int) time.Duration {
	start := time.Now()
	if err := errors.Join(q.Append(t.Context(), batch(n, 1)), q.Sync(t.Context())); err != nil {
		t.Error(err)
	}
	return time.Since(start)
}

func TestSyncAlwaysSyncsBeforeHandingOut(t *testing.T) {
	disk, syncs := durabletest.New(), &segmentSyncs{}
	disk.Fail(syncs.count)
	o := queue.Options{MaxBytes: 1 << 20, FS: disk}
	o.Sync.Mode = queue.SyncAlways
	q := open(t, memDir(t), o)
	for i := range 10 {
		add(t, q, i, 1)
		take(t, q, 1)
		if got := syncs.get(); got <= i {
			t.Fatalf("got %d syncs after block %d was handed out", got, i)
		}
	}
}

// TestManyAtOnce has everything called at the same time, for the race detector
// and for order: what one goroutine appends comes out in its order.
func TestManyAtOnce(t *testing.T) {
	q := open(t, memDir(t), queue.Options{MaxBytes: 64 << 20, SegmentBytes: 64 << 10, BlockBytes: 8 << 10, InOrder: true})
	const writers, each = 4, 300
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if err := q.Append(context.Background(), batch(w*1_000_000+i*20, 20)); err != nil {
					t.Error(err)
				}
				if i%50 == 0 {
					q.Sync(context.Background())
				}
			}
		})
	}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for range 200 {
			identity(t, q)
		}
	}()
	go func() { wg.Wait(); q.CloseInput() }()
	next := [writers]int{}
	for n, rewinds := 0, 0; n < writers*each*20; {
		b, err := q.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if rewinds < 20 && rand.IntN(10) == 0 {
			rewinds++
			q.Rewind()
			continue
		}
		for _, got := range numbers(b) {
			if w := got / 1_000_000; got%1_000_000 != next[w] {
				t.Fatalf("got point %d of writer %d, want %d", got%1_000_000, w, next[w])
			}
			next[got/1_000_000]++
		}
		n += b.Points
		q.Acked(b)
		q.Release(b)
	}
	<-watched
}
