package pickle

// Instructions on the stack, its marks and the memo.

func (m *machine) push(v value) string {
	m.stack = append(m.stack, v)
	return ""
}

func (m *machine) pop() (value, string) {
	top, why := m.top()
	if why == "" {
		m.stack = m.stack[:len(m.stack)-1]
	}
	return top, why
}

func (m *machine) top() (value, string) {
	if len(m.stack) <= m.fence {
		return 0, underflow
	}
	return m.stack[len(m.stack)-1], ""
}

func (m *machine) dup() string {
	top, why := m.top()
	if why != "" {
		return why
	}
	return m.push(top)
}

func (m *machine) mark() string {
	m.marks = append(m.marks, int32(len(m.stack)))
	m.fence = len(m.stack)
	return ""
}

// unmark takes the last mark off and returns the height of the stack at it.
func (m *machine) unmark() (height int, ok bool) {
	last := len(m.marks) - 1
	if last < 0 {
		return 0, false
	}
	height, m.marks, m.fence = int(m.marks[last]), m.marks[:last], 0
	if last > 0 {
		m.fence = int(m.marks[last-1])
	}
	return height, true
}

// toMark does what with all objects above the last mark.
func (m *machine) toMark(what func(m *machine, from int) string) string {
	from, ok := m.unmark()
	if !ok {
		return noMark
	}
	return what(m, from)
}

func (m *machine) dropFrom(height int) string {
	m.stack = m.stack[:height]
	return ""
}

// popOrUnmark takes off what is topmost, an object or a mark.
func (m *machine) popOrUnmark() string {
	if n := len(m.marks); n > 0 && int(m.marks[n-1]) == len(m.stack) {
		m.unmark()
		return ""
	}
	_, why := m.pop()
	return why
}

func (m *machine) put(size int) string {
	index, ok := m.uint(size)
	if !ok {
		return truncated
	}
	return m.remember(index)
}

func (m *machine) remember(index uint64) string {
	top, why := m.top()
	if why == "" {
		m.memo.put(index, top)
	}
	return why
}

func (m *machine) memoize() string { return m.remember(uint64(m.memo.count)) }

func (m *machine) get(size int) string {
	index, ok := m.uint(size)
	if !ok {
		return truncated
	}
	return m.recall(index)
}

func (m *machine) recall(index uint64) string {
	v := m.memo.get(index)
	if v == 0 {
		return "it refers to an object that was never remembered"
	}
	return m.push(v)
}

// memo holds the objects that a pickle refers to again by number. Numbers that
// no pickler would give to a frame of this length are held in a map, so that a
// large number does not take memory.
type memo struct {
	dense  []value
	sparse map[uint64]value
	limit  uint64 // of indexes in dense
	count  int
}

func (m *memo) reset(frameSize int) {
	m.dense, m.count = m.dense[:0], 0
	m.limit = uint64(frameSize) + 256
}

func (m *memo) put(index uint64, v value) {
	if index == uint64(len(m.dense)) && index < m.limit {
		m.dense = append(m.dense, v)
		m.count++
		return
	}
	m.putOutOfOrder(index, v)
}

func (m *memo) putOutOfOrder(index uint64, v value) {
	if m.get(index) == 0 {
		m.count++
	}
	if index >= m.limit {
		if m.sparse == nil {
			m.sparse = map[uint64]value{}
		}
		m.sparse[index] = v
		return
	}
	for uint64(len(m.dense)) <= index {
		m.dense = append(m.dense, 0)
	}
	m.dense[index] = v
}

// get returns the object with an index, or 0.
func (m *memo) get(index uint64) value {
	if index < uint64(len(m.dense)) {
		return m.dense[index]
	}
	return m.sparse[index]
}
