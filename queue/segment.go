package queue

import (
	"fmt"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

const (
	segmentExt  = ".seg"
	cursorName  = "cursor"
	reserveName = "reserve"
	lockName    = "lock"
	requestName = "drop-request"
	damagedDir  = "quarantine"

	markEvery = 1 << 20 // bytes between the known places of a segment
)

// segment is one file of records. Its fields are guarded by the queue's mutex.
type segment struct {
	first uint64 // sequence number of its first point, and its name
	end   uint64 // of the point after its last one
	size  int64  // how many bytes of it are records, or may be
	marks []mark // some places of records, ascending

	file    File // open for writing and syncing; nil when that is over
	synced  int64
	syncing bool // a sync has it: closing is for later
	dead    bool // nothing in it is wanted: to be removed as soon as the cursor is saved
	suspect bool // a sync of it failed: nobody knows what of it is on the disk
}

// mark is a known place of a record.
type mark struct {
	seq uint64
	off int64
}

func segmentName(first uint64) string { return fmt.Sprintf("%020d%s", first, segmentExt) }

// parseSegmentName is false for a file that is not a segment.
func parseSegmentName(name string) (first uint64, ok bool) {
	digits, found := strings.CutSuffix(name, segmentExt)
	if !found || len(digits) != 20 {
		return 0, false
	}
	first, err := strconv.ParseUint(digits, 10, 64)
	return first, err == nil && digits[0] != '+'
}

func (q *Queue) path(name string) string { return filepath.Join(q.dir, name) }

// segmentAt returns the segment with the point pos, or the next one if that
// point is in none; nil at the end.
func (q *Queue) segmentAt(pos uint64) *segment {
	i := sort.Search(len(q.segments), func(i int) bool { return q.segments[i].end > pos })
	for ; i < len(q.segments); i++ {
		if !q.segments[i].dead {
			return q.segments[i]
		}
	}
	return nil
}

// place returns a known place at or before the point pos.
func (s *segment) place(pos uint64) mark {
	i := sort.Search(len(s.marks), func(i int) bool { return s.marks[i].seq > pos })
	if i == 0 {
		return mark{s.first, 0}
	}
	return s.marks[i-1]
}

// grow notes a record that was written at the segment's end.
func (s *segment) grow(h header, size int) {
	if n := len(s.marks); n == 0 || s.size-s.marks[n-1].off >= markEvery {
		s.marks = append(s.marks, mark{h.seq, s.size})
	}
	s.size += int64(size)
	s.end = h.end()
}

// closeFile gives up the descriptor, at once or when the sync that has it is over.
func (s *segment) closeFile() {
	if s.file != nil && !s.syncing {
		s.file.Close()
		s.file = nil
	}
}
