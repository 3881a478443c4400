package queue

import (
	"bytes"
	"errors"
	"fmt"
	"syscall"

	"github.com/plumbago/plumbago/internal/durable"
)

const cursorTitle = "plumbago queue cursor 1\n"

// cursor is what is still to be delivered, as the file cursor says it.
type cursor struct {
	next  uint64 // of the point after the last one written when it was saved
	spans []span // the last one is endless
}

// encode returns the cursor's file: lines of text, the last one a checksum.
func (c cursor) encode() []byte {
	b := []byte(cursorTitle)
	b = fmt.Appendf(b, "next %020d\n", c.next)
	for _, s := range c.spans {
		if s.live() {
			b = fmt.Appendf(b, "from %020d\n", s.released)
		} else {
			b = fmt.Appendf(b, "from %020d to %020d\n", s.released, s.end)
		}
	}
	return fmt.Appendf(b, "crc %08x\n", checksum(b))
}

var errCursor = errors.New("cursor is damaged")

func parseCursor(b []byte) (c cursor, err error) {
	body := len(b) - len("crc 00000000\n")
	if body < 0 || string(b[body:]) != fmt.Sprintf("crc %08x\n", checksum(b[:body])) {
		return c, errCursor
	}
	rest, ok := bytes.CutPrefix(b[:body], []byte(cursorTitle))
	if !ok {
		return c, errCursor
	}
	for line := range bytes.Lines(rest) {
		if err := c.parseLine(string(line)); err != nil {
			return c, err
		}
	}
	return c, c.validate()
}

func (c *cursor) parseLine(line string) error {
	var s span
	if n, _ := fmt.Sscanf(line, "from %d to %d\n", &s.released, &s.end); n == 2 {
		s.sent = s.released
	} else if n, _ := fmt.Sscanf(line, "from %d\n", &s.released); n == 1 {
		s.sent, s.end = s.released, endless
	} else if n, _ := fmt.Sscanf(line, "next %d\n", &c.next); n == 1 {
		return nil
	} else {
		return errCursor
	}
	c.spans = append(c.spans, s)
	return nil
}

func (c *cursor) validate() error {
	at := uint64(0)
	for _, s := range c.spans {
		if s.released < at || s.end <= s.released {
			return errCursor
		}
		at = s.end
	}
	if at != endless {
		return errCursor
	}
	return nil
}

// cursor returns what to save now.
func (q *Queue) cursor() cursor {
	c := cursor{next: q.writtenTo()}
	for _, s := range q.remaining() {
		c.spans = append(c.spans, *s)
	}
	return c
}

// saveCursor makes the cursor on disk the present one. The caller holds keepMu.
func (q *Queue) saveCursor() error {
	q.mu.Lock()
	text := string(q.cursor().encode())
	q.dirty = false
	q.mu.Unlock()
	if text == q.saved {
		return nil
	}
	err := durable.Replace(q.o.FS, q.path(cursorName), []byte(text))
	if errors.Is(err, syscall.ENOSPC) && q.spendReserve() {
		err = durable.Replace(q.o.FS, q.path(cursorName), []byte(text))
	}
	if err != nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.dirty = true
		q.writeErrors++
		return fmt.Errorf("save cursor: %w", err)
	}
	q.saved = text
	return nil
}
