package main

import (
	"encoding/binary"
	"math"
)

// appendFrame appends the points first … first+count-1 as carbon's relays send
// them: a length of four bytes and what pickle.dumps makes, in protocol 2, of
// [(name, (time, value)), …].
func (s stream) appendFrame(dst []byte, first, count int) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, opProto, 2, opEmptyList)
	memo := 0
	dst = appendPut(dst, &memo)
	dst = append(dst, opMark)
	for n := first; n < first+count; n++ {
		dst = s.appendItem(dst, n, &memo)
	}
	dst = append(dst, opAppends, opStop)
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

func (s stream) appendItem(dst []byte, n int, memo *int) []byte {
	name := s.name(n)
	dst = binary.LittleEndian.AppendUint32(append(dst, opBinUnicode), uint32(len(name)))
	dst = appendPut(append(dst, name...), memo)
	dst = binary.LittleEndian.AppendUint32(append(dst, opBinInt), uint32(s.time(n)))
	dst = binary.BigEndian.AppendUint64(append(dst, opBinFloat), math.Float64bits(value(n)))
	dst = appendPut(append(dst, opTuple2), memo)
	return appendPut(append(dst, opTuple2), memo)
}

// appendPut appends the instruction by which CPython remembers an object.
func appendPut(dst []byte, memo *int) []byte {
	slot := *memo
	*memo++
	if slot < 256 {
		return append(dst, opBinPut, byte(slot))
	}
	return binary.LittleEndian.AppendUint32(append(dst, opLongBinPut), uint32(slot))
}

// The instructions of the pickle machine that lists of points are made of.
const (
	opProto           = 0x80
	opFrame           = 0x95
	opStop            = '.'
	opMark            = '('
	opEmptyList       = ']'
	opList            = 'l'
	opAppend          = 'a'
	opAppends         = 'e'
	opTuple           = 't'
	opTuple2          = 0x86
	opPut             = 'p'
	opBinPut          = 'q'
	opLongBinPut      = 'r'
	opMemoize         = 0x94
	opGet             = 'g'
	opBinGet          = 'h'
	opLongBinGet      = 'j'
	opBinUnicode      = 'X'
	opShortBinUnicode = 0x8c
	opUnicode         = 'V'
	opBinString       = 'T'
	opShortBinString  = 'U'
	opString          = 'S'
	opBinInt          = 'J'
	opBinInt1         = 'K'
	opBinInt2         = 'M'
	opLong1           = 0x8a
	opInt             = 'I'
	opLong            = 'L'
	opFloat           = 'F'
	opBinFloat        = 'G'
)
