package queue

import (
	"context"
	"slices"
	"time"

	"github.com/plumbago/plumbago/metric"
)

// Append copies b into the queue. The points are in the file within
// Options.Flush; Sync waits for that and for the disk.
//
// It waits while all memory is waiting to be written, and with Wait until b
// fits, or LastCall. It returns ErrFull where the policy is Reject, ErrClosed after
// CloseInput, or ctx's error; in each case the points that were not taken have
// been counted as dropped.
func (q *Queue) Append(ctx context.Context, b metric.Batch) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	rest, err := b, q.admit(ctx, b)
	for err == nil && rest.Points > 0 {
		if err = q.ensureOpen(ctx); err == nil {
			rest = q.fill(rest)
		}
	}
	if err != nil {
		q.appended += uint64(rest.Points)
		q.dropped[metric.QueueFull] += uint64(rest.Points)
	}
	return err
}

// fill copies what fits into the open block, and seals it if that is not all.
func (q *Queue) fill(b metric.Batch) (rest metric.Batch) {
	rest = q.open.take(b)
	n := uint64(b.Points - rest.Points)
	q.next += n
	q.appended += n
	q.waiting += n
	if rest.Points > 0 {
		q.seal()
	}
	return rest
}

// seal hands the open block to the flusher.
func (q *Queue) seal() {
	c := q.open
	c.listed = true
	q.open, q.chunks = nil, append(q.chunks, c)
	wake(q.flushWake)
	if q.failing != nil {
		wake(q.ready) // the worker may have it although it is not written
	}
}

// admit returns when there is room for b, as the policy sees it.
func (q *Queue) admit(ctx context.Context, b metric.Batch) error {
	for {
		switch {
		case q.inputEnd:
			return ErrClosed
		case q.o.WhenFull == DropOldest || q.o.WhenFull == Wait && q.lastCall || !q.full(b):
			return nil
		case q.o.WhenFull == Reject:
			return ErrFull
		}
		if err := q.waitForRoom(ctx); err != nil {
			return err
		}
	}
}

// full says that b would take the queue over its bound. An empty queue takes
// anything.
func (q *Queue) full(b metric.Batch) bool {
	if q.waiting+q.confirming == 0 {
		return false
	}
	if q.failing != nil && q.o.WhenFull == Reject && !q.spareChunk() {
		return true
	}
	size := q.bytes + int64(len(b.Lines)) + headerBytes
	for _, c := range q.chunks {
		if !c.written {
			size += int64(len(c.buf))
		}
	}
	if q.open != nil {
		size += int64(len(q.open.buf))
	}
	return size > q.o.MaxBytes && size-q.goingBytes(size-q.o.MaxBytes) > q.o.MaxBytes
}

// goingBytes gives up acknowledged segments until want bytes are about to go,
// and returns how many of these need not be waited for: an eighth of the bound
// at most, in case they cannot be removed.
func (q *Queue) goingBytes(want int64) (going int64) {
	for _, seg := range q.segments {
		seg.dead = seg.dead || seg != q.current && !q.covered(seg)
		if seg.dead {
			going += seg.size
		}
	}
	for going < want {
		seg := q.giveUpAcked()
		if seg == nil {
			break
		}
		going += seg.size
	}
	if going > 0 {
		wake(q.keepWake)
	}
	return min(going, q.o.MaxBytes/8)
}

const headerBytes = int64(headerSize)

// waitForRoom waits, with the mutex free meanwhile, until there may be room.
func (q *Queue) waitForRoom(ctx context.Context) error {
	q.waiters++
	room := q.room
	q.mu.Unlock()
	defer q.mu.Lock()
	select {
	case <-room:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ensureOpen returns with an open block.
func (q *Queue) ensureOpen(ctx context.Context) error {
	for q.open == nil {
		if q.inputEnd {
			return ErrClosed
		}
		if c := q.takeChunk(); c != nil {
			c.reset(q.next, q.clock.stamp(q.next, time.Now()), headerSize+q.o.BlockBytes)
			q.open = c
			wake(q.flushWake)
			return nil
		}
		if q.failing != nil && q.o.WhenFull == Reject {
			return ErrFull
		}
		if q.failing != nil && q.relieve() {
			continue
		}
		if err := q.waitForRoom(ctx); err != nil {
			return err
		}
	}
	return nil
}

// relieve makes memory free on a disk that takes nothing, as the policy wants
// it. It is false where there is nothing to do but wait.
func (q *Queue) relieve() bool {
	if q.o.WhenFull != DropOldest {
		return false
	}
	if !q.hopeless {
		q.pressed = true
		wake(q.flushWake)
		return false
	}
	c := q.leastWanted()
	if c == nil {
		return false
	}
	q.confirm(c.seq, c.end())
	q.tellLost(q.cut(c.seq, c.end(), metric.DiskError))
	q.forget(c)
	return true
}

// leastWanted returns the block in memory to give up when the disk takes none:
// one that the far end has, or else the oldest.
func (q *Queue) leastWanted() (oldest *chunk) {
	for _, c := range q.chunks {
		if c.written || c.writing {
			continue
		}
		if !q.unackedBetween(c.seq, c.end()) {
			return c
		}
		if oldest == nil {
			oldest = c
		}
	}
	return oldest
}

// spareChunk says whether a block could be opened without waiting.
func (q *Queue) spareChunk() bool {
	return q.open != nil || len(q.free) > 0 || q.made < maxChunks || len(q.chunks) > 0 && q.chunks[0].written
}

// takeChunk returns memory for a block: free, new, or taken from those that are
// kept for the worker only. nil if all is waiting to be written.
func (q *Queue) takeChunk() *chunk {
	if len(q.free) == 0 && q.made < maxChunks {
		q.made++
		return newChunk(headerSize + q.o.BlockBytes)
	}
	if len(q.free) == 0 && len(q.chunks) > 0 && q.chunks[0].written {
		q.removeChunk(0)
	}
	if n := len(q.free); n > 0 {
		c := q.free[n-1]
		q.free = q.free[:n-1]
		return c
	}
	return nil
}

// removeChunk takes a block out of the list. Its memory is free, unless the
// worker has it.
func (q *Queue) removeChunk(i int) {
	c := q.chunks[i]
	copy(q.chunks[i:], q.chunks[i+1:])
	q.chunks = q.chunks[:len(q.chunks)-1]
	c.listed = false
	q.recycle(c)
}

// forget takes a block out of the list if it is there: dropping its points may
// have done that already.
func (q *Queue) forget(c *chunk) {
	if i := slices.Index(q.chunks, c); i >= 0 {
		q.removeChunk(i)
	}
}

func (q *Queue) recycle(c *chunk) {
	if !c.listed && !c.held && !c.writing {
		q.free = append(q.free, c)
		q.makeRoom()
	}
}
