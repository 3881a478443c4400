package json

// kind is what a value is.
type kind uint8

const (
	none   kind = iota // there is no value
	text               // a string
	digits             // a number
	truth              // true or false
	null
	compound // an array or object, which was passed over
)

// value is a value of JSON, and what it says.
type value struct {
	kind kind
	text []byte
}

// ifText is what a string says; nil for another value.
func (v value) ifText() []byte {
	if v.kind == text {
		return v.text
	}
	return nil
}

// scanner reads JSON, and beside it the three numbers that Python writes without
// asking: NaN, Infinity and -Infinity. Where it returns false, the body is wrong:
// why says in what, and at is where.
type scanner struct {
	body      []byte
	at        int
	depth     int
	why       string
	unescaped []byte // what strings with escapes say
}

func (s *scanner) reset(body []byte) {
	if cap(s.unescaped) > keepBytes {
		s.unescaped = nil
	}
	*s = scanner{body: body, unescaped: s.unescaped[:0]}
}

func (s *scanner) fail(why string) bool {
	s.why = why
	return false
}

// peek passes over white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.at < len(s.body); s.at++ {
		switch c := s.body[s.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// end reads the end of the body.
func (s *scanner) end() bool {
	if s.peek(); s.at < len(s.body) {
		return s.fail("something follows what should be all")
	}
	return true
}

// expect reads one byte.
func (s *scanner) expect(c byte, why string) bool {
	if s.peek() != c {
		return s.fail(why)
	}
	s.at++
	return true
}

// elements reads an array by reading each of its elements.
func (s *scanner) elements(read func() bool) bool {
	if !s.open() {
		return false
	}
	for first := true; s.peek() != ']'; first = false {
		if !first && !s.expect(',', "an array has no comma or end here") || !read() {
			return false
		}
	}
	s.close()
	return true
}

// members reads an object by reading the value of each member.
func (s *scanner) members(read func(key []byte) bool) bool {
	if !s.open() {
		return false
	}
	for first := true; s.peek() != '}'; first = false {
		if !first && !s.expect(',', "an object has no comma or end here") {
			return false
		}
		key, ok := s.key()
		if !ok || !s.expect(':', "there is no colon behind the name of a member") || !read(key) {
			return false
		}
	}
	s.close()
	return true
}

// open reads an opening bracket or brace.
func (s *scanner) open() bool {
	s.at++
	if s.depth++; s.depth > maxDepth {
		return s.fail("arrays and objects lie too deep in each other")
	}
	return true
}

func (s *scanner) close() {
	s.at++
	s.depth--
}

func (s *scanner) key() ([]byte, bool) {
	if s.peek() != '"' {
		return nil, s.fail("the name of a member is not a string")
	}
	return s.quoted()
}

// next reads a value.
func (s *scanner) next() (value, bool) {
	switch c := s.peek(); c {
	case '"':
		t, ok := s.quoted()
		return value{text, t}, ok
	case '[':
		return value{kind: compound}, s.elements(s.skip)
	case '{':
		return value{kind: compound}, s.members(s.skipMember)
	case 't', 'f', 'n', 'N', 'I':
		return s.word()
	}
	return s.number()
}

// skip passes over a value.
func (s *scanner) skip() bool {
	_, ok := s.next()
	return ok
}

func (s *scanner) skipMember([]byte) bool { return s.skip() }
