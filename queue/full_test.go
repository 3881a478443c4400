package queue_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/internal/durable/durabletest"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

// journal keeps what is logged.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(j, nil)) }

// told returns the points that messages with the word are about, one each.
func (j *journal) told(word string) (points []int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range bytes.Lines(j.buf.Bytes()) {
		var entry struct {
			Msg    string
			Points int
		}
		if json.Unmarshal(line, &entry) == nil && strings.Contains(entry.Msg, word) {
			points = append(points, entry.Points)
		}
	}
	return points
}

func sum(ns []int) (n int) {
	for _, x := range ns {
		n += x
	}
	return n
}

// noSpace is a disk that is full for whatever is written.
func noSpace(op durabletest.Op, _ string) (int, error) {
	if op == durabletest.Write || op == durabletest.Create {
		return 0, syscall.ENOSPC
	}
	return 0, nil
}

func TestGivingUpABlockInMemoryCostsThatBlockOnly(t *testing.T) {
	for _, handed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			disk, log := durabletest.New(), &journal{}
			q := open(t, memDir(t), queue.Options{BlockBytes: 2000, InOrder: true, FS: disk, Logger: log.logger()})
			disk.Fail(noSpace)
			for i := range 100 {
				add(t, q, i*60, 60)
				if handed && i == 2 {
					take(t, q, 1)
				}
				time.Sleep(10 * time.Millisecond)
			}
			q.Rewind()
			time.Sleep(2 * time.Minute)
			s := q.Stats()
			lost := int(s.Dropped[metric.DiskError])
			told := log.told("memory was full")
			if lost == 0 || sum(told) != lost || len(told) > 3 {
				t.Errorf("got %d dropped and %v told of, want all of them in a few words", lost, told)
			}
			disk.Fail(nil)
			time.Sleep(2 * time.Second)
			q.CloseInput()
			wantRange(t, drain(t, q), lost, 6000)
			if got := q.Stats().Dropped[metric.Damaged]; got > 0 {
				t.Errorf("got %d points damaged, want none", got)
			}
		})
	}
}

func TestAcknowledgedPointsMakeRoomFirst(t *testing.T) {
	for _, p := range []queue.Policy{queue.DropOldest, queue.Wait, queue.Reject} {
		synctest.Test(t, func(t *testing.T) {
			o, log := tight(p), &journal{}
			o.Logger = log.logger()
			q := open(t, memDir(t), o)
			start, blocks := time.Now(), []queue.Block(nil)
			for i := range 100 {
				add(t, q, i*30, 30)
				got, _ := take(t, q, 30)
				for _, b := range got {
					q.Acked(b)
				}
				blocks = append(blocks, got...)
				time.Sleep(150 * time.Millisecond)
				if size := q.Stats().Bytes; size > o.MaxBytes*9/8 {
					t.Fatalf("policy %d: got %d bytes, want no more than an eighth over the bound", p, size)
				}
			}
			s := q.Stats()
			if took := time.Since(start); took > 16*time.Second || dropped(s) > 0 || len(log.told("queue full")) > 0 {
				t.Errorf("policy %d: got %v dropped in %v, told %v", p, s.Dropped, took, log.told("queue full"))
			}
			if s.Delivered == 0 || s.Confirming == 0 || s.Waiting > 0 {
				t.Errorf("policy %d: got %+v, want some delivered, the rest confirming", p, s)
			}
			identity(t, q)
			for _, b := range blocks[:len(blocks)-2] {
				q.Release(b)
			}
			q.Rewind()
			q.CloseInput()
			wantRange(t, drain(t, q), int(blocks[len(blocks)-2].Seq), 3000)
		})
	}
}

func TestPointsThatTheFarEndLacksStillFillTheBound(t *testing.T) {
	q := open(t, memDir(t), tight(queue.Reject))
	var err error
	n := 0
	for ; err == nil && n < 3000; n += 30 {
		if err = q.Append(t.Context(), batch(n, 30)); n == 0 {
			blocks, _ := take(t, q, 30)
			q.Acked(blocks[0])
		}
	}
	if err == nil {
		t.Error("got no refusal")
	}
}

func TestCloseSaysWhatAFullDiskCosts(t *testing.T) {
	for _, before := range []bool{true, false} { // was the disk known to fail before?
		synctest.Test(t, func(t *testing.T) {
			disk, log := durabletest.New(), &journal{}
			q := open(t, memDir(t), queue.Options{BlockBytes: 2000, InOrder: true, FS: disk, Logger: log.logger()})
			disk.Fail(noSpace)
			for i := range 5 {
				add(t, q, i*60, 60)
			}
			want := uint64(300)
			if before {
				time.Sleep(1500 * time.Millisecond)
				blocks, _ := take(t, q, 2)
				blocks2, _ := take(t, q, 1)
				q.Acked(blocks[0])
				want -= uint64(blocks[0].Points)
				_ = blocks2 // lost: nobody knows whether it arrived
			}
			err := q.Close()
			if err == nil || !strings.Contains(err.Error(), "points could not be written and are lost: ") ||
				!strings.Contains(err.Error(), "no space left on device") {
				t.Errorf("got error %v, want one that counts the points", err)
			}
			s := q.Stats()
			if s.Dropped[metric.DiskError] != want || s.Waiting+s.Confirming > 0 {
				t.Errorf("got %+v, want %d dropped for disk_error and nothing left", s, want)
			}
			if told := log.told("they are lost"); !slices.Equal(told, []int{int(want)}) {
				t.Errorf("got %v told of, want %d", told, want)
			}
		})
	}
}

// TestADeliveredSegmentFreesAFullDisk has a disk that is full for as long as
// the first segment is there, which the queue is still writing to.
func TestADeliveredSegmentFreesAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, disk := memDir(t), durabletest.New()
		q := open(t, dir, queue.Options{BlockBytes: 2000, InOrder: true, FS: disk})
		add(t, q, 0, 60)
		time.Sleep(time.Second)
		first := filepath.Join(dir, segmentNames(t, dir)[0])
		disk.Fail(func(op durabletest.Op, name string) (int, error) {
			if _, err := os.Stat(first); err == nil && op == durabletest.Write && filepath.Ext(name) == ".seg" {
				return 0, syscall.ENOSPC
			}
			return 0, nil
		})
		add(t, q, 60, 60)
		time.Sleep(time.Second)
		if q.Stats().Failing == nil {
			t.Fatal("the disk does not fail")
		}
		blocks, _ := take(t, q, 60)
		for _, b := range blocks {
			q.Release(b)
		}
		add(t, q, 120, 60)
		time.Sleep(3 * time.Second)
		if s := q.Stats(); s.Failing != nil || s.WriteErrors == 0 {
			t.Errorf("got %+v, want the disk to take writes again", s)
		}
		q.CloseInput()
		wantRange(t, drain(t, q), 60, 180)
	})
}

func TestAnIdleQueueGivesItsLastSegmentBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := open(t, memDir(t), queue.Options{InOrder: true})
		for i := range 3 {
			add(t, q, i*60, 60)
			time.Sleep(time.Second)
			blocks, ns := take(t, q, 60)
			wantRange(t, ns, i*60, i*60+60)
			if q.Stats().Bytes == 0 {
				t.Error("got no bytes, want the points in a file")
			}
			q.Release(blocks[0])
			time.Sleep(7 * time.Second)
			if s := q.Stats(); s.Bytes > 0 || s.Segments > 0 {
				t.Errorf("got %d bytes in %d segments, want none", s.Bytes, s.Segments)
			}
		}
	})
}

func TestVerifyMindsOnlyWhatIsWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, disk := memDir(t), durabletest.New()
		q := open(t, dir, queue.Options{BlockBytes: 2000, InOrder: true, FS: disk})
		add(t, q, 0, 60)
		time.Sleep(time.Second)
		disk.Fail(noSpace)
		for i := 1; i < 100; i++ {
			add(t, q, i*60, 60)
			time.Sleep(10 * time.Millisecond)
		}
		disk.Fail(nil)
		time.Sleep(3 * time.Second)
		if s := q.Stats(); s.Dropped[metric.DiskError] == 0 || s.Segments != 1 {
			t.Fatalf("got %+v, want a gap in one segment", s)
		}
		q.Close()
		if found, err := queue.Verify(dir); err != nil || len(found) > 0 {
			t.Errorf("got %v, error %v; want no damage", found, err)
		}
	})
}

func TestVerifyMissesAWantedSegment(t *testing.T) {
	files, dir := small(t), memDir(t)
	var names []string
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(name) == ".seg" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if err := os.Remove(filepath.Join(dir, names[1])); err != nil {
		t.Fatal(err)
	}
	found, err := queue.Verify(dir)
	if err != nil || len(found) != 1 || found[0].Points == 0 || found[0].File != names[0] {
		t.Errorf("got %v, error %v; want the points missing behind %s", found, err, names[0])
	}
}

func TestARemovedSegmentIsNotHeldOpenOnAFullDisk(t *testing.T) {
	if _, err := os.ReadDir("/proc/self/fd"); err != nil {
		t.Skip(err)
	}
	synctest.Test(t, func(t *testing.T) {
		dir, disk := memDir(t), durabletest.New()
		o := queue.Options{BlockBytes: 2000, InOrder: true, FS: disk}
		q := open(t, dir, o)
		add(t, q, 0, 60)
		q.Close()
		q = open(t, dir, o)
		disk.Fail(func(op durabletest.Op, name string) (int, error) {
			if filepath.Ext(name) == ".seg" {
				return noSpace(op, name)
			}
			return 0, nil
		})
		add(t, q, 60, 60)
		time.Sleep(time.Second)
		q.CloseInput()
		wantRange(t, drain(t, q), 0, 120)
		time.Sleep(2 * time.Second)
		q.Next(t.Context())
		fds, _ := os.ReadDir("/proc/self/fd")
		for _, fd := range fds {
			name, _ := os.Readlink("/proc/self/fd/" + fd.Name())
			if strings.HasPrefix(name, dir) && strings.HasSuffix(name, ".seg (deleted)") {
				t.Errorf("%s is open", name)
			}
		}
	})
}
