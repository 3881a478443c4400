package protobuf

// Reading of single fields. Every read is told where what holds the field ends.

func (m *message) fail(why string) bool {
	m.why = why
	return false
}

// tag reads the tag that a field begins with. Of one of five bytes the bits above
// the 32nd count for nothing.
func (m *message) tag(end int) (uint32, bool) {
	m.field = m.at
	if c := m.frame[m.at]; c < 0x80 {
		m.at++
		return uint32(c), true
	}
	n, ok := m.varint(end, 5)
	return uint32(n), ok
}

// ends reports whether a tag ends a message or group instead of beginning a field.
func ends(tag uint32) bool { return tag == 0 || tag&7 == wireEndOfGroup }

// varint reads a number of at most so many bytes. Bits above the 64th count for
// nothing.
func (m *message) varint(end, most int) (n uint64, ok bool) {
	for i := range most {
		if m.at == end {
			return 0, m.fail(cut)
		}
		c := m.frame[m.at]
		m.at++
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return n, true
		}
	}
	return 0, m.fail(longVarint)
}

// length reads the length of what follows, and returns where that ends.
func (m *message) length(end int) (stop int, ok bool) {
	n, ok := m.varint(end, 5)
	if !ok {
		return 0, false
	}
	if n > uint64(end-m.at) {
		return 0, m.fail(beyond)
	}
	return m.at + int(n), true
}

// pass passes over n bytes.
func (m *message) pass(n, end int) bool {
	if n > end-m.at {
		return m.fail(cut)
	}
	m.at += n
	return true
}

// skip passes over a field that means nothing here, in which groups may lie so
// deep in each other.
func (m *message) skip(tag uint32, end, depth int) (ok bool) {
	if ends(tag) {
		return m.fail(strayEnd)
	}
	if tag>>3 == 0 {
		return m.fail(noField)
	}
	switch tag & 7 {
	case wireVarint:
		_, ok = m.varint(end, 10)
	case wireFixed64:
		ok = m.pass(8, end)
	case wireBytes:
		var stop int
		if stop, ok = m.length(end); ok {
			m.at = stop
		}
	case wireGroup:
		ok = m.skipGroup(tag, end, depth-1)
	case wireFixed32:
		ok = m.pass(4, end)
	default:
		ok = m.fail(noWireType)
	}
	return ok
}

// skipGroup passes over a group that began with a tag, to its end.
func (m *message) skipGroup(began uint32, end, depth int) bool {
	if depth < 0 {
		return m.fail(tooDeep)
	}
	for m.at < end {
		switch tag, ok := m.tag(end); {
		case !ok:
			return false
		case tag == began+1: // the same number, and the wire type behind
			return true
		case !m.skip(tag, end, depth):
			return false
		}
	}
	return m.fail(cut)
}
