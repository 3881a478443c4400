package pickle

import "encoding/binary"

// maxPointTail is how long the instructions of a point can be behind its name, with
// the next one.
const maxPointTail = 5 + 9 + 9 + 1 + 5 + 1 + 5 + 1

// points runs the instructions of all points that follow, if their names are
// pushed by op. It returns false if there is none.
func (m *machine) points(op byte) bool {
	if !m.point(m.opAt) {
		return false
	}
	for m.frame[m.pos] == op && m.point(m.pos) {
	}
	return true
}

// point runs, at one go, the instructions that most binary pickles are made of:
// (name, (timestamp, value)) with two binary numbers, and each of the three
// objects remembered or not. It does what step would do with each of them, or
// does nothing and returns false.
func (m *machine) point(at int) bool {
	start, size := m.nameAt(at)
	if start == 0 || size > len(m.frame)-start-maxPointTail {
		return false
	}
	name := makeValue(text, start, size)
	namePut := start + size
	first := namePut + putSize(m.frame, namePut)
	timestamp, n := m.numberAt(first)
	v, n2 := m.numberAt(first + n)
	pair := first + n + n2
	if n == 0 || n2 == 0 || m.frame[pair] != opTuple2 {
		return false
	}
	item := pair + 1 + putSize(m.frame, pair+1)
	if m.frame[item] != opTuple2 {
		return false
	}
	inner, outer := makeValue(tuple, len(m.arena), 2), makeValue(tuple, len(m.arena)+2, 2)
	m.arena = append(m.arena, timestamp, v, name, inner)
	m.stack = append(m.stack, outer)
	m.putAt(namePut, name)
	m.putAt(pair+1, inner)
	m.pos = item + 1 + m.putAt(item+1, outer)
	return true
}

// nameAt returns where the text lies that the instruction at a place pushes, or 0.
func (m *machine) nameAt(at int) (start, size int) {
	rest := m.frame[at:]
	if len(rest) < 5 {
		return 0, 0
	}
	if rest[0] == opBinUnicode {
		return at + 5, int(binary.LittleEndian.Uint32(rest[1:]))
	}
	return at + 2, int(rest[1])
}

// numberAt returns the number that the instruction at a place pushes, and its
// length, or 0.
func (m *machine) numberAt(at int) (v value, size int) {
	switch m.frame[at] {
	case opBinInt:
		return makeValue(int32LE, at+1, 0), 5
	case opBinFloat:
		return makeValue(float64BE, at+1, 0), 9
	case opBinInt1:
		return makeValue(small, 0, int(m.frame[at+1])), 2
	case opBinInt2:
		return makeValue(small, 0, int(m.frame[at+1])|int(m.frame[at+2])<<8), 3
	}
	return 0, 0
}

// putAt runs the instruction at a place if it remembers an object, and returns
// its length, or 0.
func (m *machine) putAt(at int, v value) int {
	switch m.frame[at] {
	case opMemoize:
		m.memo.put(uint64(m.memo.count), v)
		return 1
	case opBinPut:
		m.memo.put(uint64(m.frame[at+1]), v)
		return 2
	case opLongBinPut:
		m.memo.put(uint64(binary.LittleEndian.Uint32(m.frame[at+1:])), v)
		return 5
	}
	return 0
}
