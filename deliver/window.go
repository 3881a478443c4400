package deliver

import (
	"time"

	"github.com/plumbago/plumbago/queue"
)

// maxUnreleased bounds the blocks that a worker has taken and not given back.
const maxUnreleased = 1 << 16

// window holds what one connection has taken from the source and not given back
// yet, in order: first what is acknowledged, then what is not.
type window struct {
	records []record
	first   int // index of the oldest
	unacked int // index of the oldest that is not acknowledged
}

// record remembers a block, without its points.
type record struct {
	block   queue.Block
	sentAt  time.Time
	ackedAt time.Time // valid below window.unacked
	refused int       // points that the far end will never take
	unsent  bool      // the Conn did not take it: Acked does not count it
}

// refuse notes that up to so many further points of r were refused, and returns how
// many it could have lost.
func (r *record) refuse(points uint64) uint64 {
	points = min(points, uint64(r.block.Points-r.refused))
	r.refused += int(points)
	return points
}

func (w *window) empty() bool    { return w.first == len(w.records) }
func (w *window) full() bool     { return len(w.records)-w.first >= maxUnreleased }
func (w *window) allAcked() bool { return w.unacked == len(w.records) }

// push adds a block that is about to be sent.
func (w *window) push(b queue.Block, now time.Time) {
	b.Lines = nil
	if w.first > len(w.records)/2 {
		w.compact()
	}
	w.records = append(w.records, record{block: b, sentAt: now})
}

// pop forgets the record pushed last.
func (w *window) pop() { w.records = w.records[:len(w.records)-1] }

func (w *window) compact() {
	n := copy(w.records, w.records[w.first:])
	clear(w.records[n:])
	w.records = w.records[:n]
	w.unacked -= w.first
	w.first = 0
}

// newest returns the record pushed last.
func (w *window) newest() *record { return &w.records[len(w.records)-1] }

// nextUnacked returns the oldest record that is not acknowledged, nil if none.
func (w *window) nextUnacked() *record {
	if w.allAcked() {
		return nil
	}
	return &w.records[w.unacked]
}

// ack marks the record that nextUnacked returns.
func (w *window) ack(now time.Time) {
	w.records[w.unacked].ackedAt = now
	w.unacked++
}

// oldest returns the first record if it is acknowledged, nil otherwise.
func (w *window) oldest() *record {
	if w.first == w.unacked {
		return nil
	}
	return &w.records[w.first]
}

// drop forgets the record that oldest returns.
func (w *window) drop() { w.first++ }

// points counts the points of all records.
func (w *window) points() int {
	n := 0
	for _, r := range w.records[w.first:] {
		n += r.block.Points
	}
	return n
}
