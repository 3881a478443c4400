package delivertest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

// Source is a queue in memory that watches over the worker that uses it: it
// spoils the memory of a block as soon as the block is not valid any more, and
// notes every call that breaks the rules of deliver.Source.
type Source struct {
	mu      sync.Mutex
	blocks  []entry
	next    int // the block that Next hands out
	given   int // blocks released or dropped: always the first ones
	closed  bool
	failure error
	changed chan struct{} // closed when something comes in
	lent    []byte        // the memory of the block handed out last
	faults  []string
	taken   int
	rewinds int
}

type entry struct {
	lines          string
	seq            uint64 // of its first point
	points         int
	acked, dropped bool
	refused        int // points, if it was dropped
}

// NewSource makes an empty source.
func NewSource() *Source { return &Source{changed: make(chan struct{})} }

// Add puts a block at the end.
func (s *Source) Add(lines ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seq := uint64(0)
	if n := len(s.blocks); n > 0 {
		seq = s.blocks[n-1].seq + uint64(s.blocks[n-1].points)
	}
	s.blocks = append(s.blocks, entry{lines: strings.Join(lines, "\n") + "\n", seq: seq, points: len(lines)})
	s.wake()
}

// CloseInput makes Next return io.EOF after the last block.
func (s *Source) CloseInput() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.wake()
}

// Fail makes Next return err.
func (s *Source) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = err
	s.wake()
}

func (s *Source) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Progress counts blocks.
type Progress struct {
	Unsent   int // not handed out, or handed out again
	Acked    int // acknowledged, and not handed out again since
	Released int
	Dropped  int // with some points or all
	Refused  int // points of those
	Taken    int // handed out, again and again included
	Rewinds  int // calls, not blocks
}

// Progress returns how far the worker has got.
func (s *Source) Progress() Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := Progress{Unsent: len(s.blocks) - s.next, Taken: s.taken, Rewinds: s.rewinds}
	for i, e := range s.blocks {
		switch {
		case e.dropped:
			p.Dropped++
			p.Refused += e.refused
		case i < s.given:
			p.Released++
		}
		if e.acked {
			p.Acked++
		}
	}
	return p
}

// Faults returns what the worker did wrong.
func (s *Source) Faults() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.faults)
}

// Next implements deliver.Source.
func (s *Source) Next(ctx context.Context) (queue.Block, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spoil()
	for {
		switch {
		case ctx.Err() != nil:
			return queue.Block{}, ctx.Err()
		case s.failure != nil:
			return queue.Block{}, s.failure
		case s.next < len(s.blocks):
			return s.handOut(), nil
		case s.closed:
			return queue.Block{}, io.EOF
		}
		s.wait(ctx)
	}
}

func (s *Source) handOut() queue.Block {
	e := s.blocks[s.next]
	s.lent = []byte(e.lines)
	b := queue.Block{Seq: e.seq, Batch: metric.Batch{Lines: s.lent, Points: e.points}}
	s.next++
	s.taken++
	return b
}

func (s *Source) wait(ctx context.Context) {
	changed := s.changed
	s.mu.Unlock()
	defer s.mu.Lock()
	select {
	case <-changed:
	case <-ctx.Done():
	}
}

// Acked implements deliver.Source.
func (s *Source) Acked(b queue.Block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.number(b)
	s.check("Acked", b, n >= s.given && n < s.next)
	s.blocks[n].acked = true
}

// Release implements deliver.Source.
func (s *Source) Release(b queue.Block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.number(b)
	s.check("Release", b, n == s.given && s.given < s.next && s.blocks[n].acked)
	s.given++
}

// Drop implements deliver.Source.
func (s *Source) Drop(b queue.Block, points int, why metric.Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.number(b)
	e := &s.blocks[n]
	arrived := points == e.points || e.acked // some of it counts as delivered
	s.check("Drop", b, n == s.given && s.given < s.next && why == metric.Refused && points > 0 && points <= e.points && arrived)
	e.dropped, e.refused = true, points
	s.given++
}

// Rewind implements deliver.Source.
func (s *Source) Rewind() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spoil()
	s.next = s.given
	s.rewinds++
	for i := range s.blocks[s.given:] {
		s.blocks[s.given+i].acked = false
	}
}

// spoil overwrites the memory that was lent.
func (s *Source) spoil() {
	clear(s.lent)
	s.lent = nil
}

// number is the place of a block among all.
func (s *Source) number(b queue.Block) int {
	n, ok := slices.BinarySearchFunc(s.blocks, b.Seq, func(e entry, seq uint64) int { return cmp.Compare(e.seq, seq) })
	if !ok {
		panic(fmt.Sprintf("a block that was never handed out: %d", b.Seq))
	}
	return n
}

func (s *Source) check(call string, b queue.Block, ok bool) {
	if n := s.number(b); !ok || b.Points != s.blocks[n].points {
		s.faults = append(s.faults, fmt.Sprintf("%s of block %d with %d points: %d given back, %d handed out", call, n, b.Points, s.given, s.next))
	}
}
