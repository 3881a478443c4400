package pickle

// machine runs the instructions of one frame. Objects live in slices that are
// reused from frame to frame; no object is an allocation of its own.
//
// Its methods return why the frame is to be refused, or "".
type machine struct {
	frame []byte
	pos   int // of the next instruction or argument
	opAt  int // of the instruction that is run

	stack []value
	marks []int32 // heights of the stack at each open mark
	fence int     // objects below it belong to an outer mark

	arena     []value   // elements of tuples and lists
	lists     []span    // lists, dicts and sets: those that can grow
	numbers   []float64 // numbers that came as text, or longer than 32 bits
	unescaped []byte    // text whose bytes differ from those in the frame
	memo      memo
}

// span is where a growing container's elements lie in the arena.
type span struct{ start, count, room int32 }

const (
	truncated = "the frame ends in the middle of it"
	underflow = "there are too few objects on the stack"
	noMark    = "there is no mark on the stack"
)

func (m *machine) reset(frame []byte) {
	m.frame, m.pos, m.opAt, m.fence = frame, 0, 0, 0
	m.stack, m.marks, m.arena = m.stack[:0], m.marks[:0], m.arena[:0]
	m.lists, m.numbers, m.unescaped = m.lists[:0], m.numbers[:0], m.unescaped[:0]
	m.memo.reset(len(frame))
}

// trim lets go of memory that only an unusual frame needs.
func (m *machine) trim() {
	words := cap(m.stack) + cap(m.arena) + cap(m.numbers) + cap(m.memo.dense) + 2*cap(m.lists) + cap(m.marks)/2
	if 8*words+cap(m.unescaped) > keepBytes {
		*m = machine{frame: m.frame, opAt: m.opAt}
	}
	m.memo.sparse = nil
}

// run executes the frame up to its STOP and returns the object left on top.
func (m *machine) run() (result value, why string) {
	if len(m.frame) > maxFrame {
		return 0, "the frame is longer than 128 MiB"
	}
	for m.pos < len(m.frame) {
		m.opAt = m.pos
		m.pos++
		op := m.frame[m.opAt]
		if op == opStop {
			return m.pop()
		}
		if why := m.step(op); why != "" {
			return 0, why
		}
	}
	m.opAt = len(m.frame)
	return 0, "the pickle has no STOP"
}

// step runs one instruction. Those that the points of binary pickles are made of
// come first.
func (m *machine) step(op byte) string {
	switch op {
	case opShortUnicode, opShortBinString:
		if m.points(op) {
			return ""
		}
		return m.counted(text, 1)
	case opBinUnicode:
		if m.points(op) {
			return ""
		}
		return m.counted(text, 4)
	case opBinInt:
		return m.fixed(int32LE, 4)
	case opBinFloat:
		return m.fixed(float64BE, 8)
	case opBinInt1:
		return m.smallInt(1)
	case opBinInt2:
		return m.smallInt(2)
	case opTuple2:
		return m.tupleOf(2)
	case opBinPut:
		return m.put(1)
	case opLongBinPut:
		return m.put(4)
	case opBinGet:
		return m.get(1)
	case opLongBinGet:
		return m.get(4)
	case opMemoize:
		return m.memoize()
	case opMark:
		return m.mark()
	case opTuple:
		return m.tupleToMark(tuple)
	case opAppend:
		return m.appendTo(len(m.stack) - 1)
	}
	return m.stepContainer(op)
}

func (m *machine) stepContainer(op byte) string {
	switch op {
	case opEmptyTuple:
		return m.push(makeValue(tuple, 0, 0))
	case opEmptyList:
		return m.grown(list)
	case opEmptyDict:
		return m.grown(dict)
	case opEmptySet:
		return m.grown(set)
	case opTuple1:
		return m.tupleOf(1)
	case opTuple3:
		return m.tupleOf(3)
	case opFrozenSet:
		return m.tupleToMark(frozenset)
	case opList:
		return m.listToMark()
	case opDict:
		return m.dictToMark()
	case opAppends:
		return m.toMark((*machine).appendTo)
	case opSetItem:
		return m.setItems(len(m.stack) - 2)
	case opSetItems:
		return m.toMark((*machine).setItems)
	case opAddItems:
		return m.toMark((*machine).addItems)
	case opPop:
		return m.popOrUnmark()
	case opPopMark:
		return m.toMark((*machine).dropFrom)
	case opDup:
		return m.dup()
	}
	return m.stepScalar(op)
}

func (m *machine) stepScalar(op byte) string {
	switch op {
	case opNone:
		return m.push(makeValue(none, 0, 0))
	case opNewTrue:
		return m.push(makeValue(small, 0, 1))
	case opNewFalse:
		return m.push(makeValue(small, 0, 0))
	case opBinString:
		return m.counted(text, 4)
	case opBinUnicode8:
		return m.counted(text, 8)
	case opShortBinBytes:
		return m.counted(raw, 1)
	case opBinBytes:
		return m.counted(raw, 4)
	case opBinBytes8:
		return m.counted(raw, 8)
	case opByteArray8:
		return m.counted(rawBuffer, 8)
	case opReadonlyBuffer:
		return m.readonly()
	case opLong1:
		return m.long(1)
	case opLong4:
		return m.long(4)
	case opProto:
		return m.proto()
	case opFrame:
		return m.innerFrame()
	}
	return m.stepText(op)
}

// stepText runs the instructions of protocol 0, whose arguments are lines.
func (m *machine) stepText(op byte) string {
	switch op {
	case opInt:
		return m.intText()
	case opLong:
		return m.longText()
	case opFloat:
		return m.floatText()
	case opString:
		return m.quoted()
	case opUnicode:
		return m.unicodeText()
	case opPut:
		return m.putText()
	case opGet:
		return m.getText()
	}
	if why := refused[op]; why != "" {
		return why
	}
	return "there is no such instruction"
}
