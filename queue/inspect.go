package queue

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/plumbago/plumbago/internal/durable"
)

// Summary is what a queue's directory holds, as its files tell. Beside a
// running gateway it may be a second old.
type Summary struct {
	Segments    []Segment
	Bytes       int64   // of all segments
	Ranges      []Range // what is to be delivered, the live one last
	Points      uint64  // in all ranges
	Oldest      time.Time
	Quarantined []string // names of damaged segments
	InUse       bool     // a gateway has the queue open
	CursorError string   // why the cursor cannot be read; "" if it can
}

// Segment is one segment file.
type Segment struct {
	Name       string
	Bytes      int64
	First, End uint64 // sequence numbers: of its first point, and after its last
}

// Range is a stretch of points that are to be delivered, First up to End.
type Range struct {
	First, End uint64
	Backlog    bool // it follows behind live points
}

// Inspect says what the queue in dir holds. It changes nothing and may be used
// beside a running gateway.
func Inspect(dir string) (Summary, error) {
	q, c, err := look(dir)
	if err != nil {
		return Summary{}, err
	}
	s := Summary{Bytes: q.bytes, InUse: inUse(dir), CursorError: c.problem}
	for _, seg := range q.segments {
		s.Segments = append(s.Segments, Segment{segmentName(seg.first), seg.size, seg.first, seg.end})
	}
	for _, r := range c.spans {
		end := min(r.end, q.next)
		if end > r.released || r.live() {
			s.Ranges = append(s.Ranges, Range{r.released, max(end, r.released), !r.live()})
			s.Points += max(end, r.released) - r.released
		}
	}
	s.Oldest = q.oldestOf(c)
	s.Quarantined = quarantined(dir)
	return s, nil
}

// view is a cursor as an onlooker finds it.
type view struct {
	cursor
	problem string
}

// look reads cursor and segments of dir without changing anything.
func look(dir string) (*Queue, view, error) {
	q := &Queue{dir: dir, o: Options{}.withDefaults(), damagedNames: map[string]bool{}}
	if err := q.listSegments(); err != nil {
		return nil, view{}, err
	}
	// The cursor is read after the list: it covers no less than what is gone from it.
	text, err := q.o.FS.ReadFile(q.path(cursorName))
	c, bad := parseCursor(text)
	v := view{cursor: c}
	if n := len(q.segments); n > 0 {
		q.measureTail(q.segments[n-1])
		q.next = q.segments[n-1].end
	}
	if err := errors.Join(err, bad); err != nil {
		if !errors.Is(err, fs.ErrNotExist) || len(q.segments) > 0 {
			v.problem = err.Error()
		}
		first := q.next
		if len(q.segments) > 0 {
			first = q.segments[0].first
		}
		v.spans = []span{{released: first, sent: first, end: endless}}
	}
	q.next = max(q.next, c.next)
	return q, v, nil
}

func (q *Queue) measureTail(seg *segment) {
	file, err := q.o.FS.OpenFile(q.path(segmentName(seg.first)), os.O_RDONLY, 0)
	if err != nil {
		return
	}
	defer file.Close()
	seg.end = findTail(file, seg).end
}

func (q *Queue) oldestOf(c view) (oldest time.Time) {
	for _, r := range c.spans {
		seg := q.segmentAt(r.released)
		if seg == nil || seg.first >= r.end {
			continue
		}
		q.scan(q.request(&r, seg), func(h header) bool {
			oldest = time.UnixMilli(h.time)
			return false
		})
		return oldest
	}
	return oldest
}

func quarantined(dir string) (names []string) {
	entries, _ := os.ReadDir(filepath.Join(dir, damagedDir))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func inUse(dir string) bool {
	held, err := durable.Locked(filepath.Join(dir, lockName))
	return err == nil && held
}

// Cat writes the canonical lines that are not delivered yet, by what the cursor
// on disk says, oldest first. It changes nothing and may be used beside a
// running gateway; what is delivered or removed meanwhile may be missing.
// Damaged records are left out.
func Cat(dir string, w io.Writer) error {
	q, c, err := look(dir)
	if err != nil {
		return err
	}
	for _, r := range c.spans {
		for _, seg := range q.segments {
			if r.released >= seg.end || r.end <= seg.first {
				continue
			}
			if err := q.catSegment(seg, max(r.released, seg.first), min(r.end, seg.end), w); err != nil {
				return err
			}
		}
	}
	return nil
}

func (q *Queue) catSegment(seg *segment, pos, end uint64, w io.Writer) error {
	return q.records(seg, func(rec record, _ *scanner) error {
		if rec.end() <= pos || rec.seq >= end {
			return nil
		}
		_, err := w.Write(window(rec.lines, rec.seq, rec.end(), pos, end))
		return err
	})
}

// records shows every good record of a segment, then an empty one for the end.
func (q *Queue) records(seg *segment, f func(record, *scanner) error) error {
	file, err := q.o.FS.OpenFile(q.path(segmentName(seg.first)), os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // delivered and removed meanwhile
	}
	if err != nil {
		return err
	}
	var s scanner
	s.open(segmentName(seg.first), file, readBytes, mark{seg.first, 0})
	s.size = seg.size
	defer s.close()
	for ok := true; ok; {
		var rec record
		rec, ok = s.next(s.at, math.MaxUint64)
		if err := f(rec, &s); err != nil {
			return err
		}
	}
	return nil
}

// Damage is something wrong in a queue's directory.
type Damage struct {
	File   string
	Offset int64
	Why    string
	Points uint64 // how many points are missing because of it, as far as is known
}

// String returns the place, why, and how much is missing.
func (d Damage) String() string {
	return fmt.Sprintf("%s: offset %d: %s (%d points missing)", d.File, d.Offset, d.Why, d.Points)
}

// Verify reads everything in the queue's directory and returns what is damaged.
// It changes nothing. Beside a running gateway the last segment may end in an
// unfinished record, which is no damage.
func Verify(dir string) ([]Damage, error) {
	q, c, err := look(dir)
	if err != nil {
		return nil, err
	}
	var found []Damage
	if c.problem != "" {
		found = append(found, Damage{File: cursorName, Why: c.problem})
	}
	for i, seg := range q.segments {
		last := i == len(q.segments)-1
		damage, err := q.verifySegment(seg, last, c.cursor)
		if err != nil {
			return found, err
		}
		found = append(found, damage...)
	}
	return slices.Clip(found), nil
}

// wanted returns how many of the points from up to end are to be delivered.
func (c cursor) wanted(from, end uint64) (n uint64) {
	for _, s := range c.spans {
		if a, b := max(from, s.released), min(end, s.end); a < b {
			n += b - a
		}
	}
	return n
}

// verifySegment returns what is damaged in a segment. Numbers that are in no
// record and that the cursor does not ask for are no damage.
func (q *Queue) verifySegment(seg *segment, last bool, c cursor) (found []Damage, err error) {
	at := seg.first
	err = q.records(seg, func(rec record, s *scanner) error {
		ended := rec.points == 0
		next := rec.seq
		if ended {
			next = max(at, seg.end)
		}
		missing := c.wanted(at, next)
		if s.damage != "" && !(ended && last) || missing > 0 {
			found = append(found, Damage{segmentName(seg.first), s.damageAt, or(s.damage, "points are missing"), missing})
		}
		at = max(at, rec.end())
		return nil
	})
	return found, err
}

// RequestDrop asks the gateway that has the queue in dir open to drop all that
// is not delivered; it does so within about a second, and counts the points. For
// a queue that nobody has open, use Open and DropAll.
func RequestDrop(dir string) error {
	return durable.Replace(durable.OS(), filepath.Join(dir, requestName), []byte("drop\n"))
}

// DropRequested says whether a request to drop is there that was not obeyed yet.
func DropRequested(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, requestName))
	return err == nil
}
