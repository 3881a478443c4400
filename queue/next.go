package queue

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/plumbago/plumbago/metric"
)

// Block is what Next hands out: some points in order of arrival. Its memory
// is valid until the next call of Next, Rewind or Close.
type Block struct {
	metric.Batch
	Seq     uint64 // sequence number of its first point
	Backlog bool   // it waited behind live points
	id      uint64
}

// Next hands out the next block that was not handed out yet. It waits for one
// while there is none; after CloseInput it returns io.EOF instead, once
// everything has been handed out. After Close it returns ErrClosed.
func (q *Queue) Next(ctx context.Context) (Block, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.takeHeld()
	for {
		if err := ctx.Err(); err != nil {
			return Block{}, err
		}
		if q.closed {
			q.live.scan.close()
			q.backlog.scan.close()
			return Block{}, ErrClosed
		}
		if q.rewound {
			q.decideBacklog()
		}
		if q.failing != nil {
			q.letGo(&q.live)
			q.letGo(&q.backlog)
		}
		s, wait := q.choose(time.Now())
		if s == nil && q.inputEnd && q.exhausted() {
			return Block{}, io.EOF
		}
		if s == nil {
			q.await(ctx, wait)
			continue
		}
		if d, ok := q.serve(ctx, s); ok {
			return d, nil
		}
	}
}

// Acked says that the far end has the block: it need not be synced any more.
func (q *Queue) Acked(b Block) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if h := q.find(b.id); h != nil && !h.acked && !h.done {
		h.acked = true
		q.waiting -= h.points()
		q.confirming += h.points()
	}
}

// Release says that the block is delivered: it will not be handed out again.
// Blocks are released in the order in which Next handed them out.
func (q *Queue) Release(b Block) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := q.finishBlock(b); n > 0 {
		q.delivered += n
		q.settle()
	}
}

// Drop is Release for a block of which so many points were never delivered, for
// the reason why; the others were.
func (q *Queue) Drop(b Block, points int, why metric.Reason) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := q.finishBlock(b); n > 0 {
		lost := min(uint64(max(points, 0)), n)
		q.dropped[why] += lost
		q.delivered += n - lost
		q.settle()
	}
}

// finishBlock takes a block out of the tally and returns how many points it had.
func (q *Queue) finishBlock(b Block) uint64 {
	h := q.find(b.id)
	if h == nil || h.done {
		return 0
	}
	h.done = true
	if h.acked {
		q.confirming -= h.points()
	} else {
		q.waiting -= h.points()
	}
	return h.points()
}

// Rewind takes back everything that is handed out and neither released nor
// dropped: Next hands it out again. Call it whenever a session with the far end
// begins: if by the next call of Next much is waiting, the live points go first
// and the backlog follows beside them, unless Options.InOrder.
func (q *Queue) Rewind() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.takeHeld()
	q.takeBack()
	q.rewound = true
	q.afterRelease()
}

// letGo closes a file that was removed: it takes up room until then.
func (q *Queue) letGo(r *reader) {
	there := func(seg *segment) bool { return segmentName(seg.first) == r.scan.name }
	if r.scan.file != nil && !slices.ContainsFunc(q.segments, there) {
		r.scan.close()
	}
}

// takeHeld ends the loan of memory to the worker.
func (q *Queue) takeHeld() {
	if c := q.held; c != nil {
		q.held, c.held = nil, false
		q.recycle(c)
	}
}

// decideBacklog splits what waits off the live span if it is large.
func (q *Queue) decideBacklog() {
	q.rewound = false
	live := q.liveSpan()
	if !q.o.InOrder && live.sent < q.sealed() {
		q.lookUpTime(live)
	}
	q.splitLive(time.Now())
}

// await waits for something new, d at most, with the mutex free meanwhile.
func (q *Queue) await(ctx context.Context, d time.Duration) {
	q.mu.Unlock()
	defer q.mu.Lock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-q.ready:
	case <-ctx.Done():
	case <-timer.C:
	}
}

// choose returns the span whose turn it is, or nil and how long none has one.
func (q *Queue) choose(now time.Time) (*span, time.Duration) {
	live, backlog := q.liveSpan(), q.firstBacklog()
	if backlog == nil {
		q.backlog.rest()
		return q.ifAvailable(live), time.Hour
	}
	if q.o.InOrder {
		return q.ifAvailable(backlog), time.Hour
	}
	pause := max(q.paceAt.Sub(now), 0)
	backlogReady := pause == 0 && q.available(backlog)
	if q.available(live) && !(backlogReady && q.turns >= liveShare-1) {
		q.turns++
		return live, 0
	}
	if backlogReady {
		q.turns = 0
		return backlog, 0
	}
	if pause == 0 {
		pause = time.Hour
	}
	return nil, pause
}

// firstBacklog returns the oldest span before the live one with anything to hand out.
func (q *Queue) firstBacklog() *span {
	for _, s := range q.spans[:len(q.spans)-1] {
		if s.sent < s.end {
			return s
		}
	}
	return nil
}

func (q *Queue) ifAvailable(s *span) *span {
	if q.available(s) {
		return s
	}
	return nil
}

// available says whether the next point of s can be handed out: from the file,
// or from memory if the file does not take it.
func (q *Queue) available(s *span) bool {
	if s.sent >= min(s.end, q.sealed()) {
		return false
	}
	return s.sent < q.writtenTo() || q.failing != nil
}

// exhausted says that there is nothing left to hand out, and never will be.
func (q *Queue) exhausted() bool {
	for _, s := range q.spans {
		if s.sent < q.limit(s) {
			return false
		}
	}
	return true
}

// pace moves the time at which the backlog may go on.
func (q *Queue) pace(now time.Time, points int) {
	if q.o.ReplayRate < 0 {
		return
	}
	if earliest := now.Add(-replayBurst); q.paceAt.Before(earliest) {
		q.paceAt = earliest
	}
	q.paceAt = q.paceAt.Add(time.Duration(float64(points) / float64(q.o.ReplayRate) * float64(time.Second)))
}

// serve hands out points of s, or finds out that they are lost; then it is false.
func (q *Queue) serve(ctx context.Context, s *span) (Block, bool) {
	c := q.chunkAt(s.sent)
	if c == nil {
		return q.serveFromFile(ctx, s)
	}
	if q.tooOld(q.cameAt(c), time.Now()) {
		q.skip(s, min(c.end(), s.end), metric.TooOld)
		return Block{}, false
	}
	if s.live() {
		q.live.rest()
	}
	c.held, q.held = true, c
	from, end := s.sent, min(c.end(), s.end)
	d := q.deliver(s, end, window(c.lines(), c.seq, c.end(), from, end), q.cameAt(c))
	if c.written {
		q.dropUnwanted(c)
	}
	return d, true
}

// deliver notes that lines, the points of s up to end, are handed out.
func (q *Queue) deliver(s *span, end uint64, lines []byte, ms int64) Block {
	d := Block{Seq: s.sent, Backlog: !s.live()}
	d.Batch = metric.Batch{Lines: lines, Points: int(end - s.sent)}
	if d.Backlog {
		q.pace(time.Now(), d.Points)
	}
	d.id = q.handOut(s, end, ms)
	return d
}

// chunkAt returns the block in memory with the point pos, or nil.
func (q *Queue) chunkAt(pos uint64) *chunk {
	for _, c := range q.chunks {
		if c.seq <= pos && pos < c.end() {
			return c
		}
	}
	return nil
}

// cameAt returns when the points of a block in memory came.
func (q *Queue) cameAt(c *chunk) int64 { return q.clock.came(c.seq, c.time) }

func (q *Queue) tooOld(ms int64, now time.Time) bool {
	return q.o.MaxAge > 0 && q.clock.age(ms, now) > q.o.MaxAge
}

// serveFromFile reads the next points of s from their segment, with the mutex
// free meanwhile. What cannot be read, or is too old, is dropped.
func (q *Queue) serveFromFile(ctx context.Context, s *span) (Block, bool) {
	seg := q.segmentAt(s.sent)
	if end := min(s.end, q.writtenTo()); seg == nil || seg.first > s.sent {
		if seg != nil {
			end = min(end, seg.first)
		}
		q.lostInFile(s, end, "missing")
		return Block{}, false
	}
	r := &q.live
	if !s.live() {
		r = &q.backlog
	}
	from, want := s.sent, q.request(s, seg)
	q.mu.Unlock()
	got := r.read(want)
	q.mu.Lock()
	if s.sent != from || s.end < got.end || q.segmentAt(from) != seg {
		return Block{}, false // dropped meanwhile
	}
	switch {
	case got.err != nil:
		q.o.Logger.Error("segment cannot be opened", "err", got.err, "retry_in", retryEvery)
		q.await(ctx, retryEvery)
		return Block{}, false
	case got.lost != "":
		q.skip(s, got.end, got.lost)
		return Block{}, false
	}
	return q.deliver(s, got.end, got.lines, q.clock.came(from, got.time)), true
}

func (q *Queue) lostInFile(s *span, end uint64, why string) {
	q.o.Logger.Error("queued points lost", "points", end-s.sent, "err", why)
	q.skip(s, end, metric.Damaged)
}
