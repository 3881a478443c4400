package queue

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/plumbago/plumbago/metric"
)

const (
	readBytes = 512 << 10 // read at once
	restAfter = 64        // blocks that were served without reading
)

// request is what to read: the points from pos up to limit at most, of a
// segment as it was when the request was made.
type request struct {
	name       string
	first, end uint64
	size       int64
	from       mark
	pos, limit uint64
	clock      clock
	notBefore  int64 // older records are too old, by the clock
}

func (q *Queue) request(s *span, seg *segment) request {
	r := request{
		name: segmentName(seg.first), first: seg.first, end: seg.end, size: seg.size,
		from: seg.place(s.sent), pos: s.sent, limit: min(s.end, seg.end),
	}
	if q.o.MaxAge > 0 {
		r.clock, r.notBefore = q.clock, q.clock.at(time.Now())-q.o.MaxAge.Milliseconds()
	}
	return r
}

// result is the points up to end: their lines, or why they are lost.
type result struct {
	end   uint64
	lines []byte
	time  int64
	lost  metric.Reason
	err   error // try again later
}

// reader reads records of segments, through one buffer that it uses again. Its
// zero value with q set is ready.
type reader struct {
	q    *Queue
	scan scanner
	idle int // blocks served from memory since the last read
}

// read returns the points at want.pos, several records at once where they
// follow each other. The lines are valid until the next call.
func (r *reader) read(want request) result {
	r.idle = 0
	if err := r.move(want); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return result{end: want.limit, lost: metric.Damaged}
		}
		return result{err: err}
	}
	rec, ok := r.scan.next(want.pos, want.end)
	if r.scan.damage != "" {
		r.q.quarantine(want.name, &r.scan)
	}
	switch {
	case !ok || rec.seq >= want.limit:
		return result{end: want.limit, lost: metric.Damaged}
	case rec.seq > want.pos:
		r.scan.back(rec)
		return result{end: rec.seq, lost: metric.Damaged}
	case want.clock.came(rec.seq, rec.time) < want.notBefore:
		return result{end: min(rec.end(), want.limit), lost: metric.TooOld}
	}
	return r.gather(want, rec)
}

// move goes to the segment and, unless it is there already, to the place of the
// record with the first point wanted.
func (r *reader) move(want request) error {
	if r.scan.file == nil || r.scan.name != want.name || r.scan.at > want.pos {
		r.scan.close()
		file, err := r.q.o.FS.OpenFile(r.q.path(want.name), os.O_RDONLY, 0)
		if err != nil {
			return err
		}
		r.scan.open(want.name, file, readBytes, want.from)
	}
	r.scan.size = want.size
	if r.scan.at < want.from.seq {
		r.scan.seek(want.from)
	}
	return nil
}

// gather joins the records that follow rec to one block.
func (r *reader) gather(want request, rec record) result {
	lines := window(rec.lines, rec.seq, rec.end(), want.pos, want.limit)
	end := min(rec.end(), want.limit)
	for end < want.limit {
		more, ok := r.scan.peek(end)
		if !ok || more.end() > want.limit || len(lines)+len(more.lines) > r.q.o.BlockBytes {
			break
		}
		// The lines move down over the header between: both are in the scanner's buffer.
		lines = append(lines, more.lines...)
		end = more.end()
		r.scan.pass(more)
	}
	return result{end: end, lines: lines, time: rec.time}
}

// rest gives up file and buffer when they have not been of use for a while.
func (r *reader) rest() {
	if r.idle++; r.idle > restAfter {
		r.scan.close()
	}
}
