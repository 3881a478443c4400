package pickle

// Instructions that build and fill tuples, lists, dicts and sets.

func (m *machine) tupleOf(n int) string {
	from := len(m.stack) - n
	if from < m.fence {
		return underflow
	}
	return m.makeTuple(tuple, from)
}

func (m *machine) tupleToMark(k kind) string {
	from, ok := m.unmark()
	if !ok {
		return noMark
	}
	return m.makeTuple(k, from)
}

// makeTuple replaces the objects from a height of the stack on by a tuple of
// them. A tuple is as hashable as its elements, which need not be walked to
// know it.
func (m *machine) makeTuple(k kind, from int) string {
	elements := m.stack[from:]
	v := makeValue(k, len(m.arena), len(elements))
	for _, e := range elements {
		v |= e & unhashable
	}
	if k == frozenset && v&unhashable != 0 {
		return unhashableMember
	}
	m.arena = append(m.arena, elements...)
	m.stack = append(m.stack[:from], v)
	return ""
}

const (
	unhashableMember = "a set cannot hold a list, dict, set or bytearray"
	unhashableKey    = "a dict's key cannot be or hold a list, dict, set or bytearray"
	oddItems         = "a dict takes keys and values in pairs"
)

// grown pushes a new, empty container of a kind that can grow.
func (m *machine) grown(k kind) string {
	m.lists = append(m.lists, span{start: int32(len(m.arena))})
	return m.push(unhashable | makeValue(k, len(m.lists)-1, 0))
}

func (m *machine) listToMark() string {
	from, ok := m.unmark()
	if !ok {
		return noMark
	}
	n := len(m.stack) - from
	m.lists = append(m.lists, span{start: int32(len(m.arena)), count: int32(n), room: int32(n)})
	m.arena = append(m.arena, m.stack[from:]...)
	m.stack = append(m.stack[:from], unhashable|makeValue(list, len(m.lists)-1, 0))
	return ""
}

func (m *machine) dictToMark() string {
	from, ok := m.unmark()
	if !ok {
		return noMark
	}
	m.lists = append(m.lists, span{start: int32(len(m.arena))})
	v := unhashable | makeValue(dict, len(m.lists)-1, 0)
	if why := m.addKeys(v, m.stack[from:]); why != "" {
		return why
	}
	m.stack = append(m.stack[:from], v)
	return ""
}

// target returns the object just below a height of the stack, if no mark lies
// between.
func (m *machine) target(from int) (value, bool) {
	if from > len(m.stack) || from-1 < m.fence {
		return 0, false
	}
	return m.stack[from-1], true
}

func (m *machine) appendTo(from int) string {
	to, ok := m.target(from)
	if !ok {
		return underflow
	}
	if to.kind() != list {
		return "only a list can be appended to"
	}
	m.extend(to, m.stack[from:])
	return m.dropFrom(from)
}

func (m *machine) addItems(from int) string {
	to, ok := m.target(from)
	if !ok {
		return underflow
	}
	if to.kind() != set {
		return "only a set can be added to"
	}
	for _, e := range m.stack[from:] {
		if e&unhashable != 0 {
			return unhashableMember
		}
	}
	m.extend(to, m.stack[from:])
	return m.dropFrom(from)
}

func (m *machine) setItems(from int) string {
	to, ok := m.target(from)
	if !ok {
		return underflow
	}
	why := "only a dict or a list has items that can be set"
	switch to.kind() {
	case dict:
		why = m.addKeys(to, m.stack[from:])
	case list:
		why = m.setElements(to, m.stack[from:])
	}
	if why != "" {
		return why
	}
	return m.dropFrom(from)
}

// addKeys keeps the keys of a dict's new items.
func (m *machine) addKeys(to value, items []value) string {
	if len(items)%2 != 0 {
		return oddItems
	}
	keys := items[:0]
	for i := 0; i < len(items); i += 2 {
		if items[i]&unhashable != 0 {
			return unhashableKey
		}
		keys = append(keys, items[i])
	}
	m.extend(to, keys)
	return ""
}

// setElements replaces elements of a list that exist, as list[index] = value.
func (m *machine) setElements(to value, items []value) string {
	if len(items)%2 != 0 {
		return oddItems
	}
	elements := m.elementsOf(to)
	for i := 0; i < len(items); i += 2 {
		at, ok := m.indexOf(items[i])
		if at < 0 {
			at += len(elements)
		}
		if !ok || at < 0 || at >= len(elements) {
			return "the list has no element of that index"
		}
		elements[at] = items[i+1]
	}
	return ""
}

func (m *machine) indexOf(v value) (int, bool) {
	switch v.kind() {
	case small:
		return v.count(), true
	case int32LE:
		return int(m.int32At(v.place())), true
	}
	return 0, false
}

// extend appends elements to a list. A list that does not lie at the end of the
// arena, where it can grow, is moved there, with as much room again.
func (m *machine) extend(to value, elements []value) {
	s := &m.lists[to.place()]
	end := int(s.start + s.count)
	switch {
	case len(elements) == 0:
		return
	case end == len(m.arena):
		m.arena = append(m.arena, elements...)
	case int(s.room-s.count) >= len(elements):
		copy(m.arena[end:], elements)
	default:
		m.move(s, len(elements))
		m.arena = append(m.arena[:s.start+s.count], elements...)
		m.arena = m.arena[:int(s.start+s.room)]
	}
	s.count += int32(len(elements))
	s.room = max(s.room, s.count)
}

// move copies a list to the end of the arena, with room for more elements.
func (m *machine) move(s *span, more int) {
	room := 2*int(s.count) + more
	start := len(m.arena)
	m.arena = append(m.arena, m.arena[s.start:s.start+s.count]...)
	for len(m.arena) < start+room {
		m.arena = append(m.arena, 0)
	}
	s.start, s.room = int32(start), int32(room)
}
