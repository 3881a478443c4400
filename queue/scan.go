package queue

import (
	"bytes"
	"io"
)

// record is a whole, checked record.
type record struct {
	header
	lines []byte
}

func (h header) size() int { return headerSize + h.bytes }

// scanner finds the records of one segment file, past whatever is damaged.
type scanner struct {
	name   string
	file   File
	size   int64  // of the part of the file to look at
	at     uint64 // no record before this point is wanted any more
	off    int64  // of buf[lo] in the file
	buf    []byte
	lo, hi int // what is read and not used
	window int // bytes to read at once

	damage   string // what was wrong on the way to the last record, "" if nothing
	damageAt int64
	torn     header // a good header whose payload runs over the end, if it has points
}

func (s *scanner) open(name string, file File, window int, from mark) {
	*s = scanner{name: name, file: file, window: window, buf: s.buf}
	s.seek(from)
}

func (s *scanner) close() {
	if s.file != nil {
		s.file.Close()
	}
	*s = scanner{}
}

// seek goes to a known place.
func (s *scanner) seek(m mark) {
	if ahead := m.off - s.off; ahead >= 0 && ahead <= int64(s.hi-s.lo) {
		s.advance(int(ahead))
	} else {
		s.lo, s.hi, s.off = 0, 0, m.off
	}
	s.at = m.seq
}

// next returns the first good record that ends after the point pos and begins
// before end, and goes past it.
func (s *scanner) next(pos, end uint64) (record, bool) {
	s.damage = ""
	for {
		h, ok := s.locate(pos, end)
		if !ok {
			return record{}, false
		}
		if rec, ok := s.check(h); ok {
			s.pass(rec)
			return rec, true
		}
		s.note("checksum of the lines is wrong")
		if !s.resync(end) {
			return record{}, false
		}
	}
}

// locate goes to the first record that ends after pos and begins before end,
// looking at headers only.
func (s *scanner) locate(pos, end uint64) (header, bool) {
	for {
		h, ok := s.header()
		switch {
		case ok && h.seq >= end, s.off >= s.size:
			return header{}, false
		case !ok || h.seq < s.at:
			s.note("no record header where one belongs")
			if !s.resync(end) {
				return header{}, false
			}
		case h.end() > pos:
			return h, true
		default:
			s.advance(h.size())
			s.at = h.end()
		}
	}
}

// header reads the header here. It is false if there is none, or the file ends
// within its record.
func (s *scanner) header() (header, bool) {
	if s.ensure(headerSize) != nil {
		return header{}, false
	}
	h, ok := parseHeader(s.buf[s.lo:s.hi])
	if ok && int64(h.size()) > s.size-s.off {
		s.torn = h
		return header{}, false
	}
	return h, ok
}

// check reads the payload of the record here.
func (s *scanner) check(h header) (record, bool) {
	if s.ensure(h.size()) != nil {
		return record{}, false
	}
	lines := s.buf[s.lo+headerSize : s.lo+h.size()]
	return record{h, lines}, checksum(lines) == h.crc
}

// peek returns the next record, if it is a good one that begins at seq and is in
// the buffer already.
func (s *scanner) peek(seq uint64) (record, bool) {
	h, ok := parseHeader(s.buf[s.lo:s.hi])
	if !ok || h.seq != seq || h.size() > s.hi-s.lo {
		return record{}, false
	}
	return s.check(h)
}

func (s *scanner) pass(rec record) {
	s.advance(rec.size())
	s.at = rec.end()
}

// back returns to the record that was passed last.
func (s *scanner) back(rec record) {
	s.lo -= rec.size()
	s.off -= int64(rec.size())
	s.at = rec.seq
}

// resync goes to the next good record behind this place.
func (s *scanner) resync(end uint64) bool {
	for s.advance(1); s.off < s.size; {
		if err := s.ensure(min(headerSize, int(s.size-s.off))); err == io.EOF {
			return false
		} else if err != nil {
			s.note("file cannot be read")
			s.advance(4096 - int(s.off%4096))
			continue
		}
		i := bytes.Index(s.buf[s.lo:s.hi], []byte(magic))
		if i < 0 {
			s.advance(max(s.hi-s.lo-len(magic)+1, 1))
			continue
		}
		s.advance(i)
		if h, ok := s.header(); ok && h.seq >= s.at && h.seq < end {
			if _, ok := s.check(h); ok {
				return true
			}
		}
		s.advance(1)
	}
	return false
}

// note keeps the first thing that is wrong.
func (s *scanner) note(what string) {
	if s.damage == "" {
		s.damage, s.damageAt = what, s.off
	}
}

func (s *scanner) advance(n int) {
	s.off += int64(n)
	s.lo = min(s.lo+n, s.hi)
}

// ensure reads until n bytes are in the buffer. It returns io.EOF if there are
// fewer.
func (s *scanner) ensure(n int) error {
	if s.hi-s.lo >= n {
		return nil
	}
	if s.off+int64(n) > s.size {
		return io.EOF
	}
	s.makeRoom(n)
	have := s.hi - s.lo
	want := int(min(int64(len(s.buf)-s.lo), s.size-s.off))
	err := s.readTo(want)
	if s.hi-s.lo < n && err != nil && err != io.EOF {
		s.hi = s.lo + have
		err = s.readTo(n) // a bad block further on is no reason to lose this
	}
	if s.hi-s.lo >= n {
		return nil
	}
	return err
}

func (s *scanner) readTo(want int) error {
	k, err := s.file.ReadAt(s.buf[s.hi:s.lo+want], s.off+int64(s.hi-s.lo))
	s.hi += k
	return err
}

// makeRoom moves what is unused to the front of a buffer that n bytes fit into.
func (s *scanner) makeRoom(n int) {
	to := s.buf
	if len(to) < n {
		to = make([]byte, max(n, s.window))
	}
	s.hi = copy(to, s.buf[s.lo:s.hi])
	s.buf, s.lo = to, 0
}
