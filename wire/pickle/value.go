package pickle

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// value is one object of a pickle in eight bytes: what kind it is, and where
// its parts lie. Text and binary numbers are not copied: they lie in the
// frame. From the top: 1 bit set if Python could not hash the object, 5 bits
// kind, 30 bits place, 28 bits count. The zero value is no object.
type value uint64

type kind uint8

const (
	absent    kind = iota
	none           // None
	small          // an integer, in the count; True and False are 1 and 0
	int32LE        // place: offset of four bytes
	float64BE      // place: offset of eight bytes
	number64       // place: index into numbers
	tooLarge       // a number beyond a float64
	text           // place, count: as in textOf
	raw            // bytes: the same
	rawBuffer      // bytearray: the same
	tuple          // place, count: of its elements in the arena
	frozenset      // the same
	list           // place: index into lists
	dict           // the same; only its keys are kept, since iterating yields no more
	set            // the same
)

const (
	countBits  = 28
	placeBits  = 30
	countMask  = 1<<countBits - 1
	placeMask  = 1<<placeBits - 1
	kindShift  = countBits + placeBits
	kindMask   = 1<<5 - 1
	unhashable = value(1) << 63
)

func makeValue(k kind, place, count int) value {
	return value(k)<<kindShift | value(place)<<countBits | value(count)
}

func (v value) kind() kind { return kind(v>>kindShift) & kindMask }
func (v value) place() int { return int(v >> countBits & placeMask) }
func (v value) count() int { return int(v & countMask) }

// kindNames are for sentences about items.
var kindNames = [...]string{
	absent: "nothing", none: "None", small: "a number", int32LE: "a number", float64BE: "a number",
	number64: "a number", tooLarge: "a number too large", text: "text", raw: "bytes", rawBuffer: "a bytearray",
	tuple: "a tuple", frozenset: "a frozenset", list: "a list", dict: "a dict", set: "a set",
}

// textOf returns the bytes of text, bytes or a bytearray. A place behind the
// frame is one in the text that had to be unescaped.
func (m *machine) textOf(v value) []byte {
	at, n := v.place(), v.count()
	if at < len(m.frame) {
		return m.frame[at : at+n]
	}
	at -= len(m.frame)
	return m.unescaped[at : at+n]
}

// elementsOf returns what iterating a container yields.
func (m *machine) elementsOf(v value) []value {
	switch v.kind() {
	case tuple, frozenset:
		return m.arena[v.place() : v.place()+v.count()]
	case list, dict, set:
		s := m.lists[v.place()]
		return m.arena[s.start : s.start+s.count]
	}
	return nil
}

// floatOf returns a number that is held in binary.
func (m *machine) floatOf(v value) (f float64, ok bool) {
	switch v.kind() {
	case small:
		return float64(v.count()), true
	case int32LE:
		return float64(m.int32At(v.place())), true
	case float64BE:
		return math.Float64frombits(binary.BigEndian.Uint64(m.frame[v.place():])), true
	case number64:
		return m.numbers[v.place()], true
	}
	return 0, false
}

func (m *machine) int32At(offset int) int32 {
	return int32(binary.LittleEndian.Uint32(m.frame[offset:]))
}

// pairOf unpacks v into the two parts that iterating it yields, if there are
// exactly two. It looks one level deep.
func (m *machine) pairOf(v value) (first, second value, ok bool) {
	switch v.kind() {
	case tuple:
		if v.count() == 2 {
			return m.arena[v.place()], m.arena[v.place()+1], true
		}
	case frozenset, list, dict, set:
		if e := m.elementsOf(v); len(e) == 2 {
			return e[0], e[1], true
		}
	case raw, rawBuffer:
		if b := m.textOf(v); len(b) == 2 {
			return makeValue(small, 0, int(b[0])), makeValue(small, 0, int(b[1])), true
		}
	case text:
		return m.twoRunes(v)
	}
	return 0, 0, false
}

// twoRunes unpacks text of exactly two characters.
func (m *machine) twoRunes(v value) (first, second value, ok bool) {
	t := m.textOf(v)
	if len(t) < 2 || len(t) > 2*utf8.UTFMax {
		return 0, 0, false
	}
	_, n := utf8.DecodeRune(t)
	if n == len(t) || !utf8.FullRune(t[n:]) {
		return 0, 0, false
	}
	if _, rest := utf8.DecodeRune(t[n:]); n+rest != len(t) {
		return 0, 0, false
	}
	return makeValue(text, v.place(), n), makeValue(text, v.place()+n, len(t)-n), true
}
