package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"strings"
)

var errPickle = errors.New("not a pickled list of points")

// kind tells the items of the machine apart.
type kind byte

const (
	list kind = iota
	mark
	text
	number
	pair // (time, value)
	full // (name, (time, value))
)

// item is a value on the machine's stack: the fields that its kind has.
type item struct {
	kind        kind
	name        []byte
	time, value float64
}

// machine reads pickles of points: what relays send, in protocols 0 to 5, and
// nothing else. It keeps its memory from one pickle to the next.
type machine struct {
	code    []byte
	stack   []item
	memo    []item
	point   func(name []byte, time, value float64)
	stopped bool
}

// unpickle calls point for each (name, (time, value)) of a pickle.
func (m *machine) unpickle(frame []byte, point func(name []byte, time, value float64)) error {
	*m = machine{code: frame, stack: m.stack[:0], memo: m.memo[:0], point: point}
	for !m.stopped {
		if err := m.step(); err != nil {
			return err
		}
	}
	return nil
}

func (m *machine) step() error {
	op, err := m.take(1)
	if err != nil {
		return err
	}
	switch op[0] {
	case opProto:
		_, err = m.take(1)
	case opFrame:
		_, err = m.take(8)
	case opStop:
		m.stopped = true
	case opMark:
		m.push(item{kind: mark})
	case opEmptyList:
		m.push(item{kind: list})
	case opTuple2:
		err = m.tuple(len(m.stack) - 2)
	case opTuple:
		err = m.tuple(m.unmark())
	case opAppend:
		err = m.append(len(m.stack) - 1)
	case opAppends:
		err = m.append(m.unmark())
	case opList:
		from := m.unmark()
		if from >= 0 && from <= len(m.stack) {
			m.stack = append(m.stack[:from], append([]item{{kind: list}}, m.stack[from:]...)...)
		}
		err = m.append(from + 1)
	default:
		err = m.operand(op[0])
	}
	return err
}

// operand runs the instructions that push a text or a number, or use the memo.
func (m *machine) operand(op byte) error {
	switch op {
	case opShortBinUnicode, opShortBinString:
		return m.text(m.uint(1))
	case opBinUnicode, opBinString:
		return m.text(m.uint(4))
	case opUnicode, opString:
		return m.line(func(s string) error {
			m.push(item{kind: text, name: []byte(strings.Trim(s, `'"`))})
			return nil
		})
	case opBinInt1, opBinInt2, opBinInt, opBinFloat, opLong1:
		return m.number(op)
	case opInt, opLong, opFloat:
		return m.line(func(s string) error {
			v, err := strconv.ParseFloat(strings.TrimSuffix(s, "L"), 64)
			m.push(item{kind: number, value: v})
			return err
		})
	}
	return m.remember(op)
}

func (m *machine) remember(op byte) error {
	switch op {
	case opMemoize:
		return m.put(uint64(len(m.memo)), nil)
	case opBinPut:
		return m.put(m.uint(1))
	case opLongBinPut:
		return m.put(m.uint(4))
	case opBinGet:
		return m.recall(m.uint(1))
	case opLongBinGet:
		return m.recall(m.uint(4))
	case opPut, opGet:
		return m.line(func(s string) error {
			slot, err := strconv.ParseUint(s, 10, 32)
			if op == opPut {
				return m.put(slot, err)
			}
			return m.recall(slot, err)
		})
	}
	return errPickle
}

// put remembers what is on top. Picklers number the slots in order, from 0 or 1.
func (m *machine) put(slot uint64, err error) error {
	if err != nil || len(m.stack) == 0 || slot > uint64(len(m.memo))+1 {
		return errPickle
	}
	for slot >= uint64(len(m.memo)) {
		m.memo = append(m.memo, item{})
	}
	m.memo[slot] = m.stack[len(m.stack)-1]
	return nil
}

func (m *machine) recall(slot uint64, err error) error {
	if err != nil || slot >= uint64(len(m.memo)) {
		return errPickle
	}
	m.push(m.memo[slot])
	return nil
}

func (m *machine) text(size uint64, err error) error {
	if err != nil {
		return err
	}
	name, err := m.take(size)
	m.push(item{kind: text, name: name})
	return err
}

func (m *machine) number(op byte) error {
	width := uint64(0)
	switch op {
	case opBinInt1:
		width = 1
	case opBinInt2:
		width = 2
	case opBinInt:
		width = 4
	case opBinFloat:
		width = 8
	case opLong1:
		width, _ = m.uint(1)
	}
	b, err := m.take(width)
	if err != nil || width > 8 {
		return errPickle
	}
	v := 0.0
	switch op {
	case opBinFloat:
		v = math.Float64frombits(binary.BigEndian.Uint64(b))
	case opBinInt:
		v = float64(int32(little(b)))
	default:
		v = float64(little(b))
	}
	m.push(item{kind: number, value: v})
	return nil
}

// tuple makes one item of the two at from.
func (m *machine) tuple(from int) error {
	if from < 0 || len(m.stack)-from != 2 {
		return errPickle
	}
	a, b := m.stack[from], m.stack[from+1]
	m.stack = m.stack[:from]
	switch {
	case a.kind == number && b.kind == number:
		m.push(item{kind: pair, time: a.value, value: b.value})
	case a.kind == text && b.kind == pair:
		m.push(item{full, a.name, b.time, b.value})
	default:
		return errPickle
	}
	return nil
}

// append hands out the points from stack[from] on: what the pickle puts into its
// list.
func (m *machine) append(from int) error {
	if from < 1 || from > len(m.stack) || m.stack[from-1].kind != list {
		return errPickle
	}
	for _, i := range m.stack[from:] {
		if i.kind != full {
			return errPickle
		}
		m.point(i.name, i.time, i.value)
	}
	m.stack = m.stack[:from]
	return nil
}

// unmark takes the topmost mark away and says what stood above it, or -1.
func (m *machine) unmark() int {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if m.stack[i].kind == mark {
			m.stack = append(m.stack[:i], m.stack[i+1:]...)
			return i
		}
	}
	return -1
}

func (m *machine) push(i item) { m.stack = append(m.stack, i) }

func (m *machine) take(size uint64) ([]byte, error) {
	if size > uint64(len(m.code)) {
		return nil, errPickle
	}
	b := m.code[:size]
	m.code = m.code[size:]
	return b, nil
}

func (m *machine) uint(width uint64) (uint64, error) {
	b, err := m.take(width)
	return little(b), err
}

func (m *machine) line(use func(string) error) error {
	end := bytes.IndexByte(m.code, '\n')
	if end < 0 {
		return errPickle
	}
	s := string(m.code[:end])
	m.code = m.code[end+1:]
	return use(s)
}

func little(b []byte) (v uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}
