package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
)

// Point i of a stream has a name, a value and a time of its own: what arrived is
// known exactly.
const (
	prefix  = "torture."
	series  = 64
	firstAt = 1_700_000_000
)

func appendName(b []byte, stream string, i int) []byte {
	b = append(append(append(b, prefix...), stream...), '.')
	return strconv.AppendInt(b, int64(i%series), 10)
}

func timeOf(i int) int64 { return int64(firstAt + i/series) }

// appendPoint appends point i as a line.
func appendPoint(b []byte, stream string, i int) []byte {
	b = append(appendName(b, stream, i), ' ')
	b = append(strconv.AppendInt(b, int64(i), 10), ' ')
	return append(strconv.AppendInt(b, timeOf(i), 10), '\n')
}

// parsePoint tells which point a line is, without its end. It is false for any
// line that no stream made.
func parsePoint(line []byte) (stream string, i int, ok bool) {
	name, rest, _ := bytes.Cut(line, []byte(" "))
	value, _, _ := bytes.Cut(rest, []byte(" "))
	dot := bytes.LastIndexByte(name, '.')
	i, err := strconv.Atoi(string(value))
	if err != nil || i < 0 || dot < len(prefix) {
		return "", 0, false
	}
	stream = string(name[len(prefix):dot])
	var room [128]byte
	made := appendPoint(room[:0], stream, i)
	return stream, i, bytes.Equal(made[:len(made)-1], line)
}

// appendFrame appends the points first … end-1 as carbon's relays send them: a
// length, and a pickle in protocol 2 of [(name, (time, value)), …].
func appendFrame(dst []byte, stream string, first, end int) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, 0x80, 2, ']', '(')
	for i := first; i < end; i++ {
		name := appendName(nil, stream, i)
		dst = binary.LittleEndian.AppendUint32(append(dst, 'X'), uint32(len(name)))
		dst = append(dst, name...)
		dst = binary.LittleEndian.AppendUint32(append(dst, 'J'), uint32(timeOf(i)))
		dst = binary.BigEndian.AppendUint64(append(dst, 'G'), math.Float64bits(float64(i)))
		dst = append(dst, 0x86, 0x86)
	}
	dst = append(dst, 'e', '.')
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}
