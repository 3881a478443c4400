package queue

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/plumbago/plumbago/metric"
)

// runKeeper does the upkeep: once a second, and when a segment is done with.
func (q *Queue) runKeeper() {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	q.tick()
	for {
		select {
		case <-q.stop:
			return
		case <-tick.C:
			q.tick()
		case <-q.keepWake:
			q.report(q.collect())
			q.pause(collectPause)
		}
	}
}

// pause waits, so that a cursor is not saved for each of many segments.
func (q *Queue) pause(d time.Duration) {
	select {
	case <-q.stop:
	case <-time.After(d):
	}
}

func (q *Queue) tick() {
	q.obeyRequest()
	q.expire()
	q.noteOldest()
	q.tidy()
	q.report(q.collect())
	q.keepReserve()
	q.trimQuarantine()
}

// tidy has a current segment that is of no use ended, and the log told of the
// last points dropped.
func (q *Queue) tidy() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.currentSpent(time.Now()) {
		wake(q.flushWake)
	}
	q.tellFull(0)
	q.tellLost(0)
}

// report logs the first of a row of equal failures of the upkeep.
func (q *Queue) report(err error) {
	switch {
	case err == nil:
		q.keepFailing = ""
	case q.keepFailing != err.Error():
		q.keepFailing = err.Error()
		q.o.Logger.Error("upkeep of the queue", "err", err, "retry_in", tickEvery)
	}
}

// collect removes the segments that are done with, after saving the cursor.
func (q *Queue) collect() error {
	q.keepMu.Lock()
	defer q.keepMu.Unlock()
	q.mu.Lock()
	gone, dirty := q.markDead(), q.dirty
	q.mu.Unlock()
	if len(gone) == 0 && !dirty {
		return nil
	}
	if err := q.saveCursor(); err != nil {
		return err
	}
	var errs []error
	for _, seg := range gone {
		errs = append(errs, q.remove(seg))
	}
	return errors.Join(errs...)
}

// markDead returns the segments that nothing will be delivered from any more.
func (q *Queue) markDead() (gone []*segment) {
	for _, seg := range q.segments {
		if seg != q.current && !seg.dead && !q.covered(seg) {
			seg.dead = true
		}
		if seg.dead {
			gone = append(gone, seg)
		}
	}
	return gone
}

// covered says whether a span has a point of the segment.
func (q *Queue) covered(seg *segment) bool {
	for _, s := range q.spans {
		if s.released < seg.end && s.end > seg.first {
			return true
		}
	}
	return false
}

func (q *Queue) remove(seg *segment) error {
	err := q.o.FS.Remove(q.path(segmentName(seg.first)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	seg.closeFile()
	q.bytes -= seg.size
	q.segments = slices.DeleteFunc(q.segments, func(x *segment) bool { return x == seg })
	q.makeRoom()
	wake(q.ready) // the worker may have it open
	return nil
}

// afterRelease does what moving the spans makes possible.
func (q *Queue) afterRelease() {
	if len(q.segments) > 0 && q.segments[0] != q.current && !q.covered(q.segments[0]) {
		wake(q.keepWake)
	}
	if q.waiting+q.confirming == 0 {
		q.makeRoom()
	}
	if q.failing != nil {
		q.forgetReleased()
	}
}

// forgetReleased frees the blocks that need not be written any more: they were
// delivered while the disk took nothing.
func (q *Queue) forgetReleased() {
	for i := len(q.chunks) - 1; i >= 0; i-- {
		c := q.chunks[i]
		if !c.written && !c.writing && !q.covered(&segment{first: c.seq, end: c.end()}) {
			q.removeChunk(i)
		}
	}
}

// expire drops what is older than MaxAge and not handed out.
func (q *Queue) expire() {
	if q.o.MaxAge <= 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range slices.Clone(q.spans) {
		for slices.Contains(q.spans, s) && s.sent < min(s.end, q.sealed()) && q.expireSome(s) {
		}
	}
}

// expireSome drops points of s that are in one block or segment. It is false
// when the next point is young enough, or was taken meanwhile.
func (q *Queue) expireSome(s *span) bool {
	from, to := s.sent, s.sent
	if c := q.chunkAt(from); c != nil {
		if q.tooOld(q.cameAt(c), time.Now()) {
			to = min(c.end(), s.end)
		}
	} else if seg := q.segmentAt(from); seg != nil && seg.first <= from {
		want := q.request(s, seg)
		q.mu.Unlock()
		to = q.oldUntil(want)
		q.mu.Lock()
	}
	if to == from || s.sent != from || s.end < to || !slices.Contains(q.spans, s) {
		return false
	}
	q.skip(s, to, metric.TooOld)
	return true
}

// oldUntil returns the end of the records at want.pos that are too old.
func (q *Queue) oldUntil(want request) (pos uint64) {
	pos = want.pos
	q.scan(want, func(h header) bool {
		if want.clock.came(h.seq, h.time) >= want.notBefore {
			return false
		}
		pos = min(h.end(), want.limit)
		return pos < want.limit
	})
	return pos
}

// scan shows the headers of the records from want.pos on, until f is false.
func (q *Queue) scan(want request, f func(header) bool) {
	file, err := q.o.FS.OpenFile(q.path(want.name), os.O_RDONLY, 0)
	if err != nil {
		return
	}
	var s scanner
	s.open(want.name, file, 64<<10, want.from)
	s.size = want.size
	defer s.close()
	for pos := want.pos; ; {
		h, ok := s.locate(pos, want.end)
		if !ok || !f(h) {
			return
		}
		pos = h.end()
	}
}

// lookUpTime finds out when the next point of s came.
func (q *Queue) lookUpTime(s *span) {
	pos := s.sent
	if s.seen == pos && s.since != 0 {
		return
	}
	var ms int64
	if c := q.chunkAt(pos); c != nil {
		ms = q.cameAt(c)
	} else if q.open != nil && q.open.seq <= pos {
		ms = q.cameAt(q.open)
	} else if seg := q.segmentAt(pos); seg != nil {
		want := q.request(s, seg)
		q.mu.Unlock()
		q.scan(want, func(h header) bool { ms = want.clock.came(h.seq, h.time); return false })
		q.mu.Lock()
	}
	s.seen, s.since = pos, ms
}

// noteOldest looks up what Stats needs to know the age of the oldest point.
func (q *Queue) noteOldest() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range slices.Clone(q.spans) {
		if s.sent < q.limit(s) {
			q.lookUpTime(s)
		}
	}
}

// oldestTime returns when the oldest undelivered point came, as far as is
// known without looking into files; 0 if there is none.
func (q *Queue) oldestTime() (oldest int64) {
	older := func(ms int64) {
		if ms > 0 && (oldest == 0 || ms < oldest) {
			oldest = ms
		}
	}
	for _, h := range q.handed {
		if !h.done {
			older(h.time)
			break
		}
	}
	for _, s := range q.spans {
		if s.sent < q.limit(s) {
			older(s.since)
		}
	}
	return oldest
}

// obeyRequest drops everything if RequestDrop asks for it.
func (q *Queue) obeyRequest() {
	name := q.path(requestName)
	if _, err := q.o.FS.ReadFile(name); err != nil {
		return
	}
	n := q.DropAll(metric.Operator)
	q.o.Logger.Warn("queue dropped as asked", "points", n)
	q.report(q.o.FS.Remove(name))
}

// DropAll drops every point that is not handed out, for the reason why, and
// returns how many. What is handed out is dropped if it comes back by Rewind.
func (q *Queue) DropAll(why metric.Reason) (points uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open != nil {
		q.seal()
	}
	n := q.cut(0, q.next, why)
	wake(q.keepWake)
	return n
}
