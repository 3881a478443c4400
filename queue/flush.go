package queue

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/plumbago/plumbago/metric"
)

// runFlusher writes blocks to the file, one after another, until the queue is
// closed and all are written or the disk refuses one.
func (q *Queue) runFlusher() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		q.mu.Lock()
		c, wait := q.pickToWrite(time.Now())
		ended := c == nil && q.closed
		q.mu.Unlock()
		if ended {
			return
		}
		if c != nil {
			q.write(c)
			continue
		}
		timer.Reset(wait)
		select {
		case <-q.flushWake:
		case <-timer.C:
		}
	}
}

// pickToWrite returns the block to write now, or how long there is nothing to do.
func (q *Queue) pickToWrite(now time.Time) (*chunk, time.Duration) {
	if q.again {
		q.writeAgain()
	}
	if q.currentSpent(now) {
		q.endCurrent()
	}
	if d := q.retryAt.Sub(now); q.failing != nil && d > 0 && !q.pressed && !q.closed {
		q.sealForWorker(now)
		return nil, d
	}
	c := q.firstUnwritten()
	if c == nil && q.open != nil {
		if d := q.flushAt().Sub(now); d > 0 && !q.inputEnd {
			return nil, d
		}
		q.flushNow = false
		q.seal()
		c = q.firstUnwritten()
	}
	if c == nil {
		q.flushNow = false
		return nil, time.Hour
	}
	c.writing = true
	q.lastFlush = now
	return c, 0
}

// currentSpent says that the current segment only takes up room: nothing in it
// is wanted any more, and nothing is written to it, or nothing can be.
func (q *Queue) currentSpent(now time.Time) bool {
	seg := q.current
	return seg != nil && seg.size > 0 && (q.failing != nil || now.Sub(q.lastFlush) >= spentAfter) &&
		!q.covered(seg)
}

// sealForWorker lets a worker that keeps up with a disk that fails have the
// open block.
func (q *Queue) sealForWorker(now time.Time) {
	if q.open != nil && q.liveSpan().sent == q.open.seq && now.Sub(q.lastFlush) >= q.o.Flush {
		q.lastFlush = now
		q.seal()
	}
}

func (q *Queue) firstUnwritten() *chunk {
	for _, c := range q.chunks {
		if !c.written {
			return c
		}
	}
	return nil
}

// writtenTo returns the end of what is in the file, as far as it will ever be.
func (q *Queue) writtenTo() uint64 {
	if c := q.firstUnwritten(); c != nil {
		return c.seq
	}
	return q.sealed()
}

// write puts a block at the end of the current segment.
func (q *Queue) write(c *chunk) {
	record := c.record()
	seg, err := q.prepareSegment(c.seq, int64(len(record)))
	if err == nil {
		if _, err = seg.file.WriteAt(record, seg.size); err == nil && q.o.Sync.Mode == SyncAlways {
			err = q.syncRecord(seg)
		}
		if err != nil {
			q.cutBack(seg)
		}
	}
	if err != nil {
		q.writeFailed(c, err)
		return
	}
	q.writeDone(c, seg, len(record))
}

// prepareSegment returns the segment for a record of size bytes, with room made
// for it. Only the flusher calls it: it alone changes current and its size.
func (q *Queue) prepareSegment(seq uint64, size int64) (*segment, error) {
	if err := q.keepBound(size); err != nil {
		return nil, err
	}
	if seg := q.current; seg != nil {
		if seg.size == 0 || seg.size+size <= int64(q.o.SegmentBytes) {
			return seg, nil
		}
		q.roll()
	}
	if err := q.removeStale(seq); err != nil {
		return nil, err
	}
	file, err := q.o.FS.OpenFile(q.path(segmentName(seq)), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.current = &segment{first: seq, end: seq, file: file}
	q.segments = append(q.segments, q.current)
	q.newNames = true
	return q.current, nil
}

// roll ends the current segment.
func (q *Queue) roll() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.endCurrent()
}

func (q *Queue) endCurrent() {
	seg := q.current
	if seg == nil {
		return
	}
	q.current = nil
	if seg.suspect || seg.synced == seg.size {
		seg.closeFile()
	}
	q.dropEmpty()
	wake(q.keepWake)
}

// dropEmpty takes out the segments that hold nothing, but for the current one.
func (q *Queue) dropEmpty() {
	q.segments = slices.DeleteFunc(q.segments, func(s *segment) bool {
		if s.size > 0 || s == q.current {
			return false
		}
		q.stale = append(q.stale, s.first)
		return true
	})
}

// removeStale removes the files of such segments, but for the one that is to be
// written anew: behind a newer segment their remains would count as its end.
func (q *Queue) removeStale(except uint64) error {
	for ; len(q.stale) > 0; q.stale = q.stale[1:] {
		if q.stale[0] == except {
			continue
		}
		err := q.o.FS.Remove(q.path(segmentName(q.stale[0])))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// keepBound drops the oldest segments until size more bytes are within MaxBytes.
func (q *Queue) keepBound(size int64) error {
	if q.o.WhenFull != DropOldest {
		return nil
	}
	for tried := false; ; tried = true {
		q.mu.Lock()
		over := q.bytes+size > q.o.MaxBytes
		if over && tried && !q.dropOldestSegment() {
			over = false // the current one alone is as much
		}
		q.mu.Unlock()
		if !over {
			return nil
		}
		if err := q.collect(); err != nil {
			return err
		}
	}
}

// dropOldestSegment gives up a segment that is not being written, if there is
// one: one that the far end has, or else the oldest.
func (q *Queue) dropOldestSegment() bool {
	if q.giveUpAcked() != nil {
		return true
	}
	for _, seg := range q.segments {
		if seg.dead || seg == q.current {
			continue
		}
		seg.dead = true
		q.confirm(seg.first, seg.end)
		q.tellFull(q.cut(0, seg.end, metric.QueueFull))
		return true
	}
	return false
}

// giveUpAcked gives up the oldest segment of which the far end has acknowledged
// all that is not delivered, and returns it; nil if there is none. Such points are
// kept for a replay only: they make room before any that the far end lacks.
func (q *Queue) giveUpAcked() *segment {
	for _, seg := range q.segments {
		if seg.dead || seg == q.current || q.unackedBetween(seg.first, seg.end) {
			continue
		}
		seg.dead = true
		q.confirm(seg.first, seg.end)
		return seg
	}
	return nil
}

// cutBack removes what a failed write may have left behind the segment's end.
// If that fails too, the next write begins a new segment.
func (q *Queue) cutBack(seg *segment) {
	err := seg.file.Truncate(seg.size)
	q.mu.Lock()
	defer q.mu.Unlock()
	if err != nil || seg.suspect {
		q.endCurrent()
	}
}

func (q *Queue) writeDone(c *chunk, seg *segment, size int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c.seg, c.off = seg, seg.size
	c.written, c.writing = true, false
	seg.grow(header{seq: c.seq, points: c.points}, size)
	q.bytes += int64(size)
	if q.o.Sync.Mode == SyncAlways {
		seg.synced, q.syncedTo = seg.size, c.end()
	}
	if q.failing != nil {
		q.o.Logger.Info("disk takes writes again")
		q.failing, q.hopeless, q.pressed = nil, false, false
	}
	q.dropUnwanted(c)
	q.makeRoom() // if it stays in memory, it may be pushed out
	if len(q.syncers) > 0 {
		wake(q.syncWake)
	}
	wake(q.ready)
}

// dropUnwanted takes a written block out of memory if no span wants it from there.
func (q *Queue) dropUnwanted(c *chunk) {
	for _, s := range q.spans {
		if s.sent < c.end() && s.end > c.seq {
			return
		}
	}
	for i := range q.chunks {
		if q.chunks[i] == c {
			q.removeChunk(i)
			return
		}
	}
}

func (q *Queue) writeFailed(c *chunk, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c.writing = false
	q.writeErrors++
	if q.failing == nil {
		q.o.Logger.Error("queue cannot be written: points stay in memory", "err", err, "retry_in", retryEvery)
	}
	q.failing, q.retryAt = err, time.Now().Add(retryEvery)
	if q.pressed && !q.closed {
		q.pressed = errors.Is(err, syscall.ENOSPC) && q.dropOldestSegment()
		q.hopeless = !q.pressed
		wake(q.keepWake)
		q.makeRoom()
	}
	q.answerSyncers(q.next, err)
	wake(q.ready)
	if q.closed {
		q.abandon()
	}
}

// abandon drops what is still to be written: the queue is being closed, and the
// disk refuses. What is handed out is dropped when it is taken back.
func (q *Queue) abandon() {
	if q.open != nil {
		q.seal()
	}
	q.abandoned, q.lostBefore = true, q.dropped[metric.DiskError]
	for _, c := range slices.Clone(q.chunks) {
		if !c.written {
			q.confirm(c.seq, c.end())
			q.cut(c.seq, c.end(), metric.DiskError)
			q.forget(c)
		}
	}
}
