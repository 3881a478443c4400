package queue

import (
	"context"
	"errors"
	"time"
)

type syncWaiter struct {
	target uint64
	done   chan error
}

// Sync returns nil when every point whose Append had returned before the call
// is on the disk, surely, or done with; but for points of which an earlier Sync
// said that the disk refused them. Callers that wait at the same time share one
// sync of the disk. An error says that the disk refused; the points are kept, and
// tried again as far back as memory holds them.
func (q *Queue) Sync(ctx context.Context) error {
	q.mu.Lock()
	if q.syncedTo >= q.next || q.waiting+q.confirming == 0 {
		q.mu.Unlock()
		return nil
	}
	if q.closed {
		q.mu.Unlock()
		return ErrClosed
	}
	w := syncWaiter{q.next, make(chan error, 1)}
	q.addSyncer(w)
	q.mu.Unlock()
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// runSyncer syncs for those who wait in Sync, and in mode SyncEvery what is
// neither acked nor synced for half of the interval: so nothing is for all of it.
func (q *Queue) runSyncer() {
	tick := time.NewTicker(max(q.o.Sync.Every/2, time.Millisecond))
	defer tick.Stop()
	var before uint64 // what was written at the last tick
	for {
		select {
		case <-q.stop:
			return
		case <-q.syncWake:
			if q.syncerReady() {
				q.sync()
			}
		case <-tick.C:
			due := before
			q.mu.Lock()
			before = q.writtenTo()
			q.company.tick(len(q.syncers))
			sync := q.o.Sync.Mode == SyncEvery && q.unackedBetween(q.syncedTo, due)
			q.mu.Unlock()
			if sync {
				q.sync()
			}
		}
	}
}

// syncerReady says whether a sync would satisfy anybody.
func (q *Queue) syncerReady() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	to := q.writtenTo()
	for _, w := range q.syncers {
		if w.target <= to {
			return true
		}
	}
	return false
}

// unackedBetween says whether the far end may lack a point from up to end.
func (q *Queue) unackedBetween(from, end uint64) bool {
	for _, s := range q.spans {
		if max(from, s.sent) < min(end, s.end) {
			return true
		}
	}
	for _, h := range q.handed {
		if !h.acked && !h.done && h.seq < end && h.end > from {
			return true
		}
	}
	return false
}

// sync makes what is written durable, for all that is wanted of it.
func (q *Queue) sync() error {
	q.syncMu.Lock()
	defer q.syncMu.Unlock()
	q.mu.Lock()
	target, names := q.writtenTo(), q.newNames
	if q.again {
		target = min(target, q.syncedTo) // the rest may lie in a suspect segment
	}
	q.newNames = false
	segments, sizes := q.unsynced()
	q.mu.Unlock()
	var errs []error
	for i, seg := range segments {
		err := q.timeSync(seg.file.Datasync)
		q.syncedSegment(seg, sizes[i], err)
		errs = append(errs, err)
	}
	if names {
		errs = append(errs, q.o.FS.SyncDir(q.dir))
	}
	err := errors.Join(errs...)
	q.syncDone(target, names, err)
	return err
}

// syncRecord syncs what was just written to seg, before anybody knows of it.
func (q *Queue) syncRecord(seg *segment) error {
	q.syncMu.Lock()
	defer q.syncMu.Unlock()
	err := q.timeSync(seg.file.Datasync)
	q.mu.Lock()
	names := q.newNames
	q.newNames = false
	q.mu.Unlock()
	if err == nil && names {
		err = q.o.FS.SyncDir(q.dir)
	}
	if err != nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.newNames = q.newNames || names
		q.syncErrs++
		seg.suspect = true
	}
	return err
}

func (q *Queue) timeSync(datasync func() error) error {
	start := time.Now()
	err := datasync()
	q.fsync.observe(time.Since(start))
	return err
}

// unsynced returns the segments that need a sync, and up to where.
func (q *Queue) unsynced() (segments []*segment, sizes []int64) {
	for _, seg := range q.segments {
		if seg.file == nil || seg.dead || seg.suspect || seg.synced == seg.size || !q.covered(seg) {
			continue
		}
		seg.syncing = true
		segments, sizes = append(segments, seg), append(sizes, seg.size)
	}
	return segments, sizes
}

func (q *Queue) syncedSegment(seg *segment, size int64, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	seg.syncing = false
	seg.suspect = err != nil
	if err == nil {
		seg.synced = size
	}
	if seg.dead || seg != q.current && (seg.suspect || seg.synced == seg.size) {
		seg.closeFile()
	}
}

func (q *Queue) syncDone(target uint64, names bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err == nil {
		q.syncedTo = max(q.syncedTo, target)
	} else {
		q.syncErrs++
		q.newNames = q.newNames || names
		q.o.Logger.Error("queue cannot be synced: what memory holds is written again", "err", err)
		q.again = true
		target = q.writtenTo() // what was written meanwhile lies in a suspect segment too
		wake(q.flushWake)
	}
	q.answerSyncers(target, err)
}

// writeAgain has what memory still holds of the suspect segments written to a
// new one: after a failed sync the pages may be gone although the next sync
// succeeds. Only the flusher calls it.
func (q *Queue) writeAgain() {
	q.again = false
	i := len(q.chunks)
	for i > 0 && q.rewritable(i-1) {
		i--
	}
	for _, c := range q.chunks[i:] {
		if c.written {
			c.written = false
			q.syncedTo = min(q.syncedTo, c.seq)
			c.seg.shorten(c.seq, c.off, &q.bytes)
		}
	}
	if q.current != nil && q.current.suspect {
		q.endCurrent()
	}
	q.dropEmpty()
	wake(q.syncWake)
}

// rewritable says whether the i-th block and all behind it can be written again,
// and are to be: what a sync had kept before stays where it is safe, since the
// segment ends, for who opens the queue, where the new one begins.
func (q *Queue) rewritable(i int) bool {
	c := q.chunks[i]
	if i+1 < len(q.chunks) && q.chunks[i+1].seq != c.end() || i+1 == len(q.chunks) && q.sealed() != c.end() {
		return false
	}
	return !c.written || c.seg.suspect && c.off >= c.seg.synced
}

// shorten ends the segment before the record of the point seq at off.
func (s *segment) shorten(seq uint64, off int64, total *int64) {
	if off >= s.size {
		return
	}
	*total -= s.size - off
	s.size, s.end, s.synced = off, seq, min(s.synced, off)
	for len(s.marks) > 0 && s.marks[len(s.marks)-1].off >= off {
		s.marks = s.marks[:len(s.marks)-1]
	}
}

// answerSyncers tells those who wait for points up to target.
func (q *Queue) answerSyncers(target uint64, err error) {
	rest := q.syncers[:0]
	for _, w := range q.syncers {
		if w.target <= target {
			w.done <- err
		} else {
			rest = append(rest, w)
		}
	}
	q.syncers = rest
}

func (q *Queue) failSyncers(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.answerSyncers(endless, err)
}
