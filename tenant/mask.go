package tenant

import (
	"bytes"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/plumbago/plumbago/internal/space"
)

const (
	mostShown   = 200     // bytes of a sample
	mostLooked  = 4 << 10 // bytes of the input that a sample is made of
	longestNode = 31      // bytes; random keys are longer
	stars       = "***"
)

// Mask appends to dst a sample of input for a log, at most 200 bytes, in which no
// key can be read: of the first field what is behind the first dot, but for nodes
// with keys of tenants or of more than 31 bytes; of the others those that are numbers
// or too short for a key. Where there are no tenants it only escapes.
func (b *Book) Mask(dst, raw []byte) []byte {
	e := b.edition()
	m := mask{edition: e, dst: dst, room: mostShown}
	cut := len(raw) > mostLooked
	if cut {
		raw = raw[:mostLooked]
	}
	if len(e.holders) == 0 {
		m.escape(raw)
		return m.dst
	}
	for first := true; len(raw) > 0 && m.room >= 0; {
		n := fieldEnd(raw)
		switch cutOff := cut && n == len(raw); {
		case n == 0:
			_, n = utf8.DecodeRune(raw)
			m.escape(raw[:n])
		case cutOff:
			m.show(stars) // not all of it is at hand
		case first:
			m.firstField(raw[:n])
			first = false
		default:
			m.field(raw[:n])
		}
		raw = raw[n:]
	}
	return m.dst
}

// mask is a sample in the making.
type mask struct {
	edition *edition
	dst     []byte
	room    int // bytes that may still be appended; -1: no more
}

// firstField shows what is behind the first dot. A quote, bracket or comma ends
// it, as in JSON.
func (m *mask) firstField(field []byte) {
	m.show(stars)
	dot := bytes.IndexByte(field, '.')
	if dot < 0 {
		return
	}
	for rest := field[dot:]; len(rest) > 0 && m.room >= 0; {
		m.escape(rest[:1])
		node := rest[1:]
		if end := bytes.IndexAny(node, ".;"); end >= 0 {
			node = node[:end]
		}
		end := bytes.IndexAny(node, "\"'`,()[]{}<>")
		if end >= 0 && len(node) <= longestNode && !m.holdsKey(node) {
			m.node(node[:end])
			m.field(rest[1+end:])
			return
		}
		m.node(node)
		rest = rest[1+len(node):]
	}
}

// field shows another field, if it is a number or shorter than a key.
func (m *mask) field(field []byte) {
	if len(field) < shortestKey || number(field) {
		m.node(field)
		return
	}
	m.show(stars)
}

// node shows what stands between dots, all of it or nothing, unless a key is in it
// or it is so long that it may be one that is nobody's.
func (m *mask) node(node []byte) {
	if len(node) > longestNode || m.holdsKey(node) {
		m.show(stars)
		return
	}
	m.show(escaped(node))
}

// holdsKey reports whether a tenant's key is in a node, from where a word or another
// character begins to where one ends.
func (m *mask) holdsKey(node []byte) bool {
	begins := []int{0}
	for end := 0; end < len(node); {
		end += wordEnd(node[end:])
		for _, begin := range begins {
			if m.secret(node[begin:end]) {
				return true
			}
		}
		begins = append(begins, end)
	}
	return false
}

// secret reports whether text is a tenant's key.
func (m *mask) secret(text []byte) bool {
	if len(text) < shortestKey || len(text) > longestKey {
		return false
	}
	h, _ := m.edition.find(text)
	return h != nil
}

func (m *mask) escape(text []byte) {
	for len(text) > 0 && m.room >= 0 {
		_, n := utf8.DecodeRune(text)
		m.show(escaped(text[:n]))
		text = text[n:]
	}
}

func escaped(text []byte) string {
	quoted := strconv.Quote(string(text))
	return quoted[1 : len(quoted)-1]
}

// show appends text, if it fits, or nothing any more.
func (m *mask) show(text string) {
	if len(text) > m.room {
		m.room = -1
		return
	}
	m.dst = append(m.dst, text...)
	m.room -= len(text)
}

// fieldEnd returns the length of the field that raw begins with: of what has no
// white space, control characters and broken UTF-8 in it, none of which keys have.
func fieldEnd(raw []byte) int {
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && n == 1 || space.Is(r) || unicode.IsControl(r) {
			return i
		}
		i += n
	}
	return len(raw)
}

// wordEnd returns the length of the word that text begins with, or else of the
// first character.
func wordEnd(text []byte) int {
	end := bytes.IndexFunc(text, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_')
	})
	switch end {
	case -1:
		return len(text)
	case 0:
		_, end = utf8.DecodeRune(text)
	}
	return end
}

// number reports whether a field may be one.
func number(field []byte) bool {
	return len(field) <= 24 && len(bytes.Trim(field, "0123456789+-.eE")) == 0
}
