package route

import "sync/atomic"

// The memory of names. A slot is 8 bytes: the hash's upper 48 bits and the
// decision. The hash's lower bits choose a set of eight slots, one cache line;
// where it is full, the next set takes over. So nearly all 64 bits of the hash
// are compared: 63 at the largest size, 59 at the smallest.
//
// Two names with one hash would be given one decision. Hashes are seeded anew in
// each process; among a million names the chance that any two share one is
// below 1 in 18 million, among ten million below 1 in 180,000, among 10,000 in the
// smallest table below 1 in 11 thousand million. That is accepted instead of
// keeping the names.
const (
	ways         = 8
	minSets      = 1 << 12 // 256 KiB: fits a processor's cache
	manySets     = 1 << 18 // 16 MiB: room for two million names
	maxSets      = 1 << 21 // 128 MiB: room for sixteen million
	growth       = 8       // how many times larger it becomes, up to manySets
	slowGrowth   = 2       // and from there on
	fullAt       = 2       // the memory grows when one slot in fullAt is used
	rare         = 8       // from manySets on only if more than one point in rare had to be decided
	decisionBits = 16
	decisionMask = 1<<decisionBits - 1
	firstShift   = 61 // the hash's uppermost bits choose the slot of a set that is looked at first
)

// slots is the memory at one size. Each is 0 (empty) or a hash's upper bits with a
// decision; being one word, it is read and written whole.
type slots []atomic.Uint64

// recall returns the decision remembered for a name's hash.
func (s slots) recall(hash uint64) decision {
	v := s.set(hash, 0)[hash>>firstShift].Load() // most names have their first choice
	if (v^hash)>>decisionBits != 0 {
		_, v = s.find(hash)
	}
	return decision(v & decisionMask)
}

// put remembers a decision: in the name's own slot, an empty one, or else that
// of another name.
func (s slots) put(hash uint64, d decision) {
	at, _ := s.find(hash)
	if at == nil {
		at = &s.set(hash, 0)[hash>>firstShift]
	}
	at.Store(hash&^decisionMask | uint64(d))
}

// find returns the slot of a name's hash and what it held, or else the empty
// slot that the name should get, or else nil.
func (s slots) find(hash uint64) (at *atomic.Uint64, v uint64) {
	for next := range 2 {
		set := s.set(hash, next)
		for i := range uint64(ways) {
			at := &set[(hash>>firstShift+i)%ways]
			if v := at.Load(); (v^hash)>>decisionBits == 0 || v == 0 {
				return at, v
			}
		}
	}
	return nil, 0
}

// set returns the set that a hash chooses, or the next-th after it.
func (s slots) set(hash uint64, next int) *[ways]atomic.Uint64 {
	i := (int(hash) + next) & (len(s)/ways - 1) * ways
	return (*[ways]atomic.Uint64)(s[i:])
}

// memory holds the slots and lets them grow. Growing starts over with empty
// slots: each name is decided once more. A large memory grows only if many points
// are not found in it, so that names which come and go do not make it larger.
type memory struct {
	many    int // from so many sets on it grows slowly
	max     int // sets at most
	current atomic.Pointer[slots]
	used    atomic.Int64 // how many names the current slots were given, or lately
	points  atomic.Int64 // how many were looked for meanwhile
}

func (m *memory) init(many, max int) {
	m.many, m.max = many, max
	m.grow(minSets)
}

func (m *memory) grow(sets int) {
	s := make(slots, sets*ways)
	m.startOver()
	m.current.Store(&s)
}

func (m *memory) startOver() {
	m.used.Store(0)
	m.points.Store(0)
}

func (m *memory) slots() slots { return *m.current.Load() }

// remember keeps a decision for a name's hash.
func (m *memory) remember(hash uint64, d decision) {
	now := m.current.Load()
	now.put(hash, d)
	n := m.used.Add(1)
	if int(n) != len(*now)/fullAt {
		return
	}
	switch sets := len(*now) / ways; {
	case sets < m.many:
		m.grow(sets * growth)
	case sets < m.max && n > m.points.Load()/rare:
		m.grow(sets * slowGrowth)
	default:
		m.startOver()
	}
}
