package queue

import (
	"bytes"

	"github.com/plumbago/plumbago/metric"
)

// chunk is a block in memory: room for the header, then lines. Its fields are
// guarded by the queue's mutex, except that a sealed chunk's bytes no longer
// change and may be read by the writer and the worker.
type chunk struct {
	buf     []byte
	seq     uint64
	points  int
	time    int64
	written bool // it is in the file, and synced if that is asked for
	writing bool // the flusher has it
	held    bool // the worker has it
	listed  bool // it is in Queue.chunks
	seg     *segment
	off     int64 // where it is in seg, once written
}

func newChunk(size int) *chunk { return &chunk{buf: make([]byte, headerSize, size)} }

// reset makes the chunk an empty one whose first point will be seq, at ms.
func (c *chunk) reset(seq uint64, ms int64, size int) {
	buf := c.buf[:headerSize]
	if cap(buf) > size {
		buf = make([]byte, headerSize, size) // it had grown for an overlong line
	}
	*c = chunk{buf: buf, seq: seq, time: ms}
}

// take copies as many leading lines of b as there is room for and returns the
// rest. An empty chunk takes at least one line, however long.
func (c *chunk) take(b metric.Batch) (rest metric.Batch) {
	room := cap(c.buf) - len(c.buf)
	n, points := len(b.Lines), b.Points
	if n > room {
		n = bytes.LastIndexByte(b.Lines[:room], '\n') + 1
		if n == 0 && c.points == 0 {
			n = bytes.IndexByte(b.Lines, '\n') + 1
		}
		points = bytes.Count(b.Lines[:n], newline)
	}
	c.buf = append(c.buf, b.Lines[:n]...)
	c.points += points
	return metric.Batch{Lines: b.Lines[n:], Points: b.Points - points}
}

var newline = []byte{'\n'}

func (c *chunk) end() uint64   { return c.seq + uint64(c.points) }
func (c *chunk) lines() []byte { return c.buf[headerSize:] }

// record returns header and lines, ready to be written.
func (c *chunk) record() []byte {
	h := header{c.seq, c.points, len(c.lines()), c.time, checksum(c.lines())}
	h.put(c.buf[:headerSize])
	return c.buf
}

// window returns the lines of the points from up to end, of lines whose first
// point is seq.
func window(lines []byte, seq, last, from, end uint64) []byte {
	if from > seq {
		lines = lines[offsetOf(lines, from-seq):]
	}
	if end < last {
		lines = lines[:offsetOf(lines, end-max(from, seq))]
	}
	return lines
}

// offsetOf returns where the n-th line begins.
func offsetOf(lines []byte, n uint64) (off int) {
	for ; n > 0; n-- {
		off += bytes.IndexByte(lines[off:], '\n') + 1
	}
	return off
}
