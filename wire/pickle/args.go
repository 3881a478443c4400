package pickle

import "bytes"

// Arguments of instructions, and the instructions that are nothing else.

// uint takes an unsigned little-endian number off the frame.
func (m *machine) uint(size int) (uint64, bool) {
	b, ok := m.take(size)
	if !ok {
		return 0, false
	}
	var n uint64
	for i := size - 1; i >= 0; i-- {
		n = n<<8 | uint64(b[i])
	}
	return n, true
}

// take takes n bytes off the frame.
func (m *machine) take(n int) ([]byte, bool) {
	if n > len(m.frame)-m.pos {
		return nil, false
	}
	m.pos += n
	return m.frame[m.pos-n : m.pos], true
}

// line takes a line off the frame, without its end.
func (m *machine) line() ([]byte, bool) {
	n := bytes.IndexByte(m.frame[m.pos:], '\n')
	if n < 0 {
		return nil, false
	}
	m.pos += n + 1
	return m.frame[m.pos-n-1 : m.pos-1], true
}

func (m *machine) proto() string {
	version, ok := m.uint(1)
	switch {
	case !ok:
		return truncated
	case version > 5:
		return "the newest protocol known is 5"
	}
	return ""
}

// innerFrame checks a frame within the frame: it has to be there, and means
// nothing else.
func (m *machine) innerFrame() string {
	n, ok := m.uint(8)
	if !ok || n > uint64(len(m.frame)-m.pos) {
		return truncated
	}
	return ""
}
