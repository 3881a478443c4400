package queue_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/plumbago/plumbago/internal/durable/durabletest"
	"github.com/plumbago/plumbago/queue"
)

// TestWhatIsPromisedSurvives lets rapid look for a history of calls, kills, power
// cuts and failing disks after which a point is missing that FORMAT.md says is
// there, or anything comes that was not appended.
func TestWhatIsPromisedSurvives(t *testing.T) {
	rounds := 2 // of a hundred histories
	if testing.Short() {
		rounds = 1
	}
	for range rounds {
		dir := filepath.Join(memDir(t), "q")
		rapid.Check(t, func(rt *rapid.T) { inBubble(t, func() { history(rt, dir) }) })
	}
}

// inBubble runs f on a clock of its own. rapid ends a history by panics.
func inBubble(t *testing.T, f func()) {
	var ended any
	synctest.Test(t, func(*testing.T) {
		defer func() { ended = recover() }()
		f()
	})
	if ended != nil {
		panic(ended)
	}
}

func history(t *rapid.T, dir string) {
	s := &survivor{dir: dir, disk: durabletest.NewDisk(rapid.Uint64().Draw(t, "disk"))}
	s.o = queue.Options{SegmentBytes: 1500, BlockBytes: 600, ReplayRate: -1, InOrder: true,
		MaxBytes: rapid.SampledFrom([]int64{16 << 10, 16 << 20}).Draw(t, "bound"),
		WhenFull: rapid.SampledFrom([]queue.Policy{queue.DropOldest, queue.Wait, queue.Reject}).Draw(t, "policy")}
	s.o.Sync.Mode = rapid.SampledFrom([]queue.SyncMode{queue.SyncEvery, queue.SyncEvery, queue.SyncAlways, queue.SyncNever}).Draw(t, "sync mode")
	s.open(t)
	defer func() { s.q.Close() }()
	t.Repeat(map[string]func(*rapid.T){
		"append": s.append, "next": s.take, "release": s.release, "ack": s.ack, "rewind": s.rewind, "sync": s.sync,
		"wait": s.wait, "harm": s.hurt, "kill": s.kill, "power cut": s.cut, "reopen": s.reopen, "": s.check,
	})
	s.cut(t)
}

// TestAfterAFailedSyncMemoryIsWrittenAgain: the pages of a sync that failed are
// gone although they read well; a later sync that succeeds must not trust them.
func TestAfterAFailedSyncMemoryIsWrittenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := durabletest.NewDisk(1)
		o := queue.Options{MaxBytes: 1 << 20, SegmentBytes: 2000, BlockBytes: 1000, InOrder: true, FS: disk.Mount()}
		dir := filepath.Join(memDir(t), "q")
		q := open(t, dir, o)
		for i := range 10 {
			add(t, q, i*20, 20)
			time.Sleep(25 * time.Millisecond)
		}
		disk.Harm(durabletest.Harm{SyncFails: 5})
		if q.Sync(t.Context()) == nil {
			t.Error("got no error of a sync that failed")
		}
		disk.Harm(durabletest.Harm{})
		if err := q.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.FS.(*durabletest.Mount).Kill()
		shut(t, q)
		disk.Cut()
		o.FS = disk.Mount()
		q = open(t, dir, o)
		q.CloseInput()
		wantRange(t, drain(t, q), 0, 200)
	})
}

// TestAFailedSyncEndangersNothingThatWasSynced: written again to a segment that is
// never synced, points would be lost that a sync had promised.
func TestAFailedSyncEndangersNothingThatWasSynced(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			disk := durabletest.NewDisk(seed)
			o := queue.Options{MaxBytes: 1 << 20, BlockBytes: 1000, InOrder: true, FS: disk.Mount()}
			dir := filepath.Join(memDir(t), "q")
			q := open(t, dir, o)
			add(t, q, 0, 20)
			if err := q.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
			disk.Harm(durabletest.Harm{SyncFails: -1})
			add(t, q, 20, 20)
			if q.Sync(t.Context()) == nil {
				t.Error("got no error of a sync that failed")
			}
			time.Sleep(100 * time.Millisecond)
			o.FS.(*durabletest.Mount).Kill()
			shut(t, q)
			disk.Cut()
			disk.Harm(durabletest.Harm{})
			o.FS = disk.Mount()
			q = open(t, dir, o)
			q.CloseInput()
			if ns := drain(t, q); len(ns) < 20 {
				t.Errorf("seed %d: got points %s, want the first 20 at least", seed, brief(ns))
			}
		})
	}
}
