package queue

import (
	"math"
	"slices"
	"time"

	"github.com/plumbago/plumbago/metric"
)

// endless is the end of the live span.
const endless = math.MaxUint64

// span is a range of points that are still to be delivered:
//
//	released … handed out … sent … not handed out … end
//
// A queue has its spans in order and apart; the last is the live one, endless.
type span struct {
	released, sent, end uint64

	seen  uint64 // sent, when time was looked up
	since int64  // when the point seen came, by the clock; 0 if unknown
}

func (s *span) live() bool { return s.end == endless }

// handed is a stretch of a span that Next handed out, or that was dropped while
// stretches before it were still out.
type handed struct {
	seq, end uint64
	span     *span
	time     int64
	acked    bool
	done     bool          // released or dropped: nothing will become of it
	lost     metric.Reason // it is no longer stored: Rewind drops it, for this reason
}

func (h handed) points() uint64 { return h.end - h.seq }

// tally is where the points are. Its sums are the identity.
type tally struct {
	recovered, appended   uint64
	delivered             uint64
	waiting, confirming   uint64
	dropped               map[metric.Reason]uint64
	tornBytes             uint64
	writeErrors, syncErrs uint64
	quarantined           uint64
}

func (t *tally) drop(n uint64, why metric.Reason) {
	t.waiting -= n
	t.dropped[why] += n
}

func (q *Queue) liveSpan() *span { return q.spans[len(q.spans)-1] }

// limit returns the end of s, or of what there is so far.
func (q *Queue) limit(s *span) uint64 { return min(s.end, q.next) }

// handOut notes that Next hands out the points of s up to end.
func (q *Queue) handOut(s *span, end uint64, ms int64) (id uint64) {
	q.handed = append(q.handed, handed{seq: s.sent, end: end, span: s, time: ms})
	s.sent = end
	return q.handedBase + uint64(len(q.handed)) - 1
}

// find returns what was handed out as id; nil if it was taken back since.
func (q *Queue) find(id uint64) *handed {
	if i := id - q.handedBase; id >= q.handedBase && i < uint64(len(q.handed)) {
		return &q.handed[i]
	}
	return nil
}

// settle moves the spans past everything at the front that is done.
func (q *Queue) settle() {
	n := 0
	for ; n < len(q.handed) && q.handed[n].done; n++ {
		h := q.handed[n]
		h.span.released = h.end
		q.dirty = true
		if h.span.released == h.span.end {
			q.removeSpan(h.span)
		}
	}
	q.handed = q.handed[n:]
	q.handedBase += uint64(n)
	if n > 0 {
		q.afterRelease()
	}
}

func (q *Queue) removeSpan(s *span) {
	q.spans = slices.DeleteFunc(q.spans, func(x *span) bool { return x == s })
}

// skip drops the points of s that are not handed out, up to end.
func (q *Queue) skip(s *span, end uint64, why metric.Reason) {
	q.drop(end-s.sent, why)
	q.handed = append(q.handed, handed{seq: s.sent, end: end, span: s, done: true})
	s.sent = end
	q.settle()
}

// cut drops the points from up to end: those not handed out now, the others if
// they are taken back.
func (q *Queue) cut(from, end uint64, why metric.Reason) (dropped uint64) {
	before := q.dropped[why]
	for i := range q.handed {
		if h := &q.handed[i]; h.seq < end && h.end > from && !h.done {
			h.lost = why
		}
	}
	for _, s := range slices.Clone(q.spans) {
		a, b := max(from, s.sent), min(end, q.limit(s))
		switch {
		case a >= b:
		case a == s.sent:
			q.skip(s, b, why)
		default:
			q.drop(b-a, why)
			q.insertAfter(s, &span{released: b, sent: b, end: s.end})
			s.end = a
		}
	}
	return q.dropped[why] - before
}

// confirm counts as delivered what the far end has acknowledged of the points
// from up to end: they are not kept for a replay any longer.
func (q *Queue) confirm(from, end uint64) {
	for i := range q.handed {
		if h := &q.handed[i]; h.acked && !h.done && h.seq >= from && h.end <= end {
			h.done = true
			q.confirming -= h.points()
			q.delivered += h.points()
		}
	}
	q.dirty = true
	q.settle()
}

func (q *Queue) insertAfter(s, fresh *span) {
	q.spans = slices.Insert(q.spans, slices.Index(q.spans, s)+1, fresh)
	q.dirty = true
}

// takeBack makes everything that is handed out unsent. What is no longer stored
// is dropped, and leaves a hole that no span covers.
func (q *Queue) takeBack() {
	for _, h := range q.handed {
		if h.done {
			continue
		}
		if h.acked {
			q.confirming -= h.points()
			q.waiting += h.points()
		}
		if h.lost != "" {
			q.drop(h.points(), h.lost)
			if !q.closed {
				q.tell(h.points(), h.lost)
			}
		}
	}
	q.spans = q.remaining()
	q.handedBase += uint64(len(q.handed))
	q.handed = nil
	q.dirty = true
}

// remaining returns the spans as they would be if everything that is handed out
// were taken back.
func (q *Queue) remaining() (rest []*span) {
	for _, s := range q.spans {
		from := s.released
		for _, h := range q.handed {
			if h.span == s && (h.done || h.lost != "") {
				rest = appendSpan(rest, from, h.seq)
				from = h.end
			}
		}
		rest = appendSpan(rest, from, s.end)
	}
	return rest
}

func appendSpan(to []*span, from, end uint64) []*span {
	if from >= end {
		return to
	}
	return append(to, &span{released: from, sent: from, end: end})
}

// splitLive makes what waits in the live span a backlog, if it is large.
func (q *Queue) splitLive(now time.Time) {
	live, end := q.liveSpan(), q.sealed()
	if q.o.InOrder || live.sent != live.released || live.sent >= end || !q.large(live, end, now) {
		return
	}
	if i := len(q.spans) - 2; i >= 0 && q.spans[i].end == live.released {
		q.spans[i].end = end
	} else if len(q.spans) < maxSpans {
		q.spans = slices.Insert(q.spans, i+1, &span{live.released, live.sent, end, live.seen, live.since})
	} else {
		return
	}
	live.released, live.sent, live.since = end, end, 0
	q.dirty = true
}

// sealed returns the end of the points in sealed blocks.
func (q *Queue) sealed() uint64 {
	if q.open != nil {
		return q.open.seq
	}
	return q.next
}

// large says whether the points from live.sent up to end are a backlog worth
// handing out beside the live ones.
func (q *Queue) large(live *span, end uint64, now time.Time) bool {
	if live.seen == live.sent && live.since > 0 && q.clock.age(live.since, now) > backlogAge {
		return true
	}
	var size int64
	for _, seg := range q.segments {
		if seg.end <= live.sent || seg.dead {
			continue
		}
		size += seg.size - seg.place(live.sent).off
	}
	return size > backlogBytes
}
