package queue

import (
	"errors"
	"io/fs"
	"os"
	"slices"
)

// recover finds out what the directory holds.
func (q *Queue) recover() error {
	if err := q.listSegments(); err != nil {
		return err
	}
	at, known := q.readCursor()
	if n := len(q.segments); n > 0 {
		q.recoverTail(q.segments[n-1])
	}
	first := at.next
	if n := len(q.segments); n > 0 {
		first = q.segments[0].first
		q.next = q.segments[n-1].end
	}
	if !known {
		at.spans = []span{{released: first, sent: first, end: endless}}
	}
	q.syncFound()
	q.dropEmpty() // its name may be needed again
	q.next = max(q.next, at.next, at.spans[len(at.spans)-1].released)
	q.adopt(at)
	return nil
}

// listSegments fills in the segments; each ends where the next one begins.
func (q *Queue) listSegments() error {
	entries, err := q.o.FS.ReadDir(q.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		first, ok := parseSegmentName(e.Name())
		if !ok || !e.Type().IsRegular() {
			continue
		}
		seg := &segment{first: first, end: first}
		if info, err := e.Info(); err == nil {
			seg.size = info.Size()
		}
		seg.synced = seg.size
		q.segments = append(q.segments, seg)
		q.bytes += seg.size
	}
	slices.SortFunc(q.segments, func(a, b *segment) int { return compare(a.first, b.first) })
	for i := range max(0, len(q.segments)-1) {
		q.segments[i].end = q.segments[i+1].first
	}
	return nil
}

func compare(a, b uint64) int {
	if a < b {
		return -1
	}
	return 1
}

// readCursor returns the saved cursor, and whether there is a good one.
func (q *Queue) readCursor() (cursor, bool) {
	text, err := q.o.FS.ReadFile(q.path(cursorName))
	if errors.Is(err, fs.ErrNotExist) && len(q.segments) == 0 {
		return cursor{}, false
	}
	c, bad := parseCursor(text)
	if err = errors.Join(err, bad); err != nil {
		q.o.Logger.Error("cursor cannot be read: everything is delivered again", "err", err)
		return cursor{}, false
	}
	q.saved = string(text)
	return c, true
}

// adopt makes the cursor's spans the queue's. Points that were written once and
// are in no segment are found missing when their turn comes.
func (q *Queue) adopt(at cursor) {
	for _, s := range at.spans {
		q.spans = append(q.spans, &s)
		q.recovered += min(s.end, q.next) - s.released
	}
	q.waiting = q.recovered
	q.syncedTo = q.next
	q.dirty = true
	if n := len(q.segments); n > 0 {
		q.segments[n-1].end = q.next
	}
	if q.recovered > 0 {
		q.o.Logger.Info("queue opened", "points", q.recovered, "bytes", q.bytes)
	}
}

// syncFound makes durable what was found: a process that was killed may have left
// it to the kernel, and nobody syncs it later. What is there already costs nothing.
func (q *Queue) syncFound() {
	if len(q.segments) == 0 {
		return
	}
	var errs []error
	for _, seg := range q.segments {
		errs = append(errs, q.syncFile(seg))
	}
	if err := errors.Join(append(errs, q.o.FS.SyncDir(q.dir))...); err != nil {
		q.syncErrs++
		q.o.Logger.Error("what the queue held cannot be synced", "err", err)
	}
}

func (q *Queue) syncFile(seg *segment) error {
	file, err := q.o.FS.OpenFile(q.path(segmentName(seg.first)), os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(q.timeSync(file.Datasync), file.Close())
}

// leastLine is the length of the shortest canonical line: "a 1 1\n".
const leastLine = 6

// recoverTail finds the end of the last segment and cuts off what a crash left
// of an unfinished write.
func (q *Queue) recoverTail(seg *segment) {
	file, err := q.o.FS.OpenFile(q.path(segmentName(seg.first)), os.O_RDWR, 0)
	if err != nil {
		q.o.Logger.Error("last segment cannot be opened", "err", err)
		// It may be read later: its numbers, however many they are, are taken.
		seg.end = seg.first + uint64(seg.size/leastLine)
		return
	}
	defer file.Close()
	tail := findTail(file, seg)
	seg.end = max(seg.first, tail.end)
	torn := seg.size - tail.off
	if torn <= 0 {
		return
	}
	q.tornBytes += uint64(torn)
	q.bytes -= torn
	seg.size = tail.off
	q.o.Logger.Warn("unfinished write cut off", "bytes", torn)
	if err := file.Truncate(tail.off); err != nil {
		q.o.Logger.Error("unfinished write stays behind the segment's end", "err", err)
	}
}

// tail is where a segment ends.
type tail struct {
	off int64  // the end of the last good record
	end uint64 // the end of its points, or of those in the good header of a bad record behind it
}

// findTail looks at all headers, and at the lines of the last records.
func findTail(file File, seg *segment) tail {
	s := scanner{}
	s.open("", keepOpen{file}, 64<<10, mark{seg.first, 0})
	s.size = seg.size
	end := seg.first
	var offs []int64
	for {
		h, ok := s.locate(end, endless)
		if !ok {
			break
		}
		offs = append(offs, s.off)
		end = h.end()
	}
	end = max(end, s.torn.end())
	for i := len(offs) - 1; i >= 0; i-- {
		s.lo, s.hi, s.off = 0, 0, offs[i]
		h, ok := s.header()
		if _, good := s.check(h); ok && good {
			return tail{offs[i] + int64(h.size()), end}
		}
	}
	return tail{0, end}
}

// keepOpen is a file that somebody else closes.
type keepOpen struct{ File }

func (keepOpen) Close() error { return nil }
