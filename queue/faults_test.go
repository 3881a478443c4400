package queue_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/internal/durable"
	"github.com/plumbago/plumbago/internal/durable/durabletest"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

// TestNothingIsLostToADiskThatFailsForAWhile lets each single operation on the
// disk fail, alone and with those that follow.
func TestNothingIsLostToADiskThatFailsForAWhile(t *testing.T) {
	for _, mode := range []queue.SyncMode{queue.SyncEvery, queue.SyncAlways} {
		for _, err := range []error{syscall.ENOSPC, syscall.EIO} {
			for _, run := range []int{1, 4, 1 << 30} {
				t.Run(fmt.Sprintf("mode %d %v %d", mode, err, run), func(t *testing.T) {
					dir := memDir(t)
					n := 0
					for failAt(t, filepath.Join(dir, fmt.Sprint(n)), mode, durabletest.Nth(n, run, n%300, err), n) {
						n++
					}
					if n < 30 {
						t.Errorf("got %d operations on the disk, want more to fail", n)
					}
				})
			}
		}
	}
}

// failAt is false when nothing failed because there are fewer operations.
func failAt(t *testing.T, dir string, mode queue.SyncMode, fail func(durabletest.Op, string) (int, error), n int) (failed bool) {
	synctest.Test(t, func(t *testing.T) {
		disk := durabletest.New()
		disk.Fail(func(op durabletest.Op, name string) (int, error) {
			short, err := fail(op, name)
			failed = failed || err != nil
			return short, err
		})
		o := queue.Options{MaxBytes: 1 << 20, SegmentBytes: 800, BlockBytes: 400, InOrder: true, FS: disk}
		o.Sync.Mode = mode
		q := open(t, dir, o)
		got := appendAndTake(t, q)
		disk.Fail(nil)
		time.Sleep(3 * time.Second)
		if err := q.Sync(t.Context()); err != nil {
			t.Fatalf("fault %d: sync after the disk recovered: %v", n, err)
		}
		if err := q.Close(); err != nil {
			t.Fatalf("fault %d: %v", n, err)
		}
		if s := q.Stats(); dropped(s) > 0 {
			t.Fatalf("fault %d: got %v dropped, want none", n, s.Dropped)
		}
		o.FS = nil
		q = open(t, dir, o)
		q.CloseInput()
		got = append(got, drain(t, q)...)
		if s := q.Stats(); dropped(s) > 0 {
			t.Fatalf("fault %d: got %v dropped after reopening, want none", n, s.Dropped)
		}
		if want := 120; !slices.IsSorted(got) || len(slices.Compact(got)) != want || len(got) != want {
			t.Fatalf("fault %d: got %d points %v, want %d", n, len(got), got, want)
		}
	})
	return failed
}

// appendAndTake appends 120 points and takes some of them, while the disk fails.
func appendAndTake(t *testing.T, q *queue.Queue) (got []int) {
	for i := range 15 {
		add(t, q, i*8, 8)
		time.Sleep(30 * time.Millisecond)
		if i%5 == 2 {
			soon, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			q.Sync(soon)
			cancel()
		}
		if i%3 == 2 {
			soon, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			if b, err := q.Next(soon); err == nil {
				got = append(got, numbers(b)...)
				q.Acked(b)
				q.Release(b)
			}
			cancel()
		}
		identity(t, q)
	}
	return got
}

// TestAFullDiskDrains fills the disk for good: what is live passes through
// memory, what is too much is dropped by the policy, and a gateway that starts
// on the full disk delivers.
func TestAFullDiskDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, disk := memDir(t), durabletest.New()
		o := queue.Options{MaxBytes: 1 << 20, SegmentBytes: 4000, BlockBytes: 2000, InOrder: true, FS: disk}
		q := open(t, dir, o)
		for i := range 10 {
			add(t, q, i*60, 60)
		}
		if err := q.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		disk.Fail(func(op durabletest.Op, _ string) (int, error) {
			if op == durabletest.Write || op == durabletest.Create {
				return 0, syscall.ENOSPC
			}
			return 0, nil
		})
		add(t, q, 600, 60)
		blocks, ns := take(t, q, 660)
		wantRange(t, ns, 0, 660)
		for _, b := range blocks {
			q.Release(b)
		}
		for i := 11; i < 100; i++ {
			add(t, q, i*60, 60)
			time.Sleep(10 * time.Millisecond)
		}
		s := q.Stats()
		if s.Dropped[metric.DiskError] == 0 || s.Failing == nil {
			t.Errorf("got %+v, want points dropped for disk_error, and the queue failing", s)
		}
		identity(t, q)
		disk.Fail(nil)
		time.Sleep(2 * time.Second)
		q.CloseInput()
		ns = drain(t, q)
		if last := ns[len(ns)-1]; last != 5999 {
			t.Errorf("got points up to %d, want the latest", last)
		}
	})
}

func TestTheCursorIsSavedOnAFullDiskByTheReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, disk := memDir(t), durabletest.New()
		o := queue.Options{MaxBytes: 1 << 20, SegmentBytes: 4000, BlockBytes: 2000, InOrder: true, FS: disk}
		q := open(t, dir, o)
		add(t, q, 0, 600)
		if err := q.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond)
		before := len(segmentNames(t, dir))
		var spent atomic.Bool
		disk.SetFree(1)
		disk.Fail(func(op durabletest.Op, name string) (int, error) {
			if op == durabletest.Remove && filepath.Base(name) == "reserve" {
				spent.Store(true)
			}
			if op == durabletest.Write && !spent.Load() {
				return 0, syscall.ENOSPC
			}
			return 0, nil
		})
		blocks, _ := take(t, q, 500)
		for _, b := range blocks {
			q.Release(b)
		}
		time.Sleep(3 * time.Second)
		if !spent.Load() {
			t.Error("the reserve was not used")
		}
		if after := len(segmentNames(t, dir)); after >= before {
			t.Errorf("got %d segments, want fewer than %d", after, before)
		}
	})
}

// TestAFailedSyncHasMemoryWrittenAgain: what was written before a sync that
// failed may be gone from the disk although it reads well from memory.
func TestAFailedSyncHasMemoryWrittenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, disk := memDir(t), durabletest.New()
		o := queue.Options{MaxBytes: 1 << 20, SegmentBytes: 2000, BlockBytes: 1000, InOrder: true, FS: disk}
		q := open(t, dir, o)
		for i := range 10 {
			add(t, q, i*20, 20)
			time.Sleep(25 * time.Millisecond)
		}
		var failed []string
		segments := len(segmentNames(t, dir))
		disk.Fail(func(op durabletest.Op, name string) (int, error) {
			if op != durabletest.Sync || filepath.Ext(name) != ".seg" || len(failed) == segments {
				return 0, nil
			}
			failed = append(failed, name)
			return 0, syscall.EIO
		})
		written := disk.Calls(durabletest.Write)
		if err := q.Sync(t.Context()); err == nil {
			t.Error("got no error from the sync that failed")
		}
		time.Sleep(100 * time.Millisecond)
		if again := disk.Calls(durabletest.Write) - written; again != 10 {
			t.Errorf("got %d blocks written again after %d syncs failed, want all 10", again, len(failed))
		}
		if err := q.Sync(t.Context()); err != nil {
			t.Error(err)
		}
		q.CloseInput()
		wantRange(t, drain(t, q), 0, 200)
	})
}

// shyDisk cannot open its last segment for a while, and is slow in failing.
type shyDisk struct {
	durable.FS
	shy atomic.Bool // files that exist cannot be opened for writing
	bad atomic.Bool // a write takes two seconds and fails, and so does a sync, at once
}

func (d *shyDisk) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	if d.shy.Load() && flag == os.O_RDWR {
		return nil, syscall.EMFILE
	}
	f, err := d.FS.OpenFile(name, flag, perm)
	return shyFile{f, d}, err
}

type shyFile struct {
	durable.File
	disk *shyDisk
}

func (f shyFile) WriteAt(p []byte, off int64) (int, error) {
	if f.disk.bad.Load() {
		time.Sleep(2 * time.Second)
		return 0, syscall.EIO
	}
	return f.File.WriteAt(p, off)
}

func (f shyFile) Datasync() error {
	if f.disk.bad.Load() {
		return syscall.EIO
	}
	return f.File.Datasync()
}

func TestALastSegmentThatCannotBeOpenedIsNotWrittenOver(t *testing.T) {
	dir := memDir(t)
	disk := &shyDisk{FS: durable.OS()}
	o := queue.Options{InOrder: true, FS: disk}
	q := open(t, dir, o)
	add(t, q, 0, 100)
	q.Close()
	if err := os.Remove(filepath.Join(dir, "cursor")); err != nil {
		t.Fatal(err)
	}
	disk.shy.Store(true)
	q = open(t, dir, o)
	add(t, q, 100, 100)
	q.CloseInput()
	wantRange(t, drain(t, q), 0, 200)
	identity(t, q)
}

// Under the race detector this shows that the two look at the segment in turn.
func TestAWriteAndASyncFailAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &shyDisk{FS: durable.OS()}
		q := open(t, memDir(t), queue.Options{InOrder: true, FS: disk})
		add(t, q, 0, 10)
		time.Sleep(100 * time.Millisecond)
		disk.bad.Store(true)
		add(t, q, 10, 10)
		time.Sleep(3 * time.Second)
		disk.bad.Store(false)
		time.Sleep(3 * time.Second)
		q.CloseInput()
		wantRange(t, drain(t, q), 0, 20)
	})
}
