package hashring

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Node is what carbon hashes of a destination: its port counts for nothing.
type Node struct {
	Host        string
	Instance    string
	HasInstance bool // an empty instance is not the same as none
}

// String returns the node as Python prints the pair of its host and instance:
// ('10.0.0.1', 'a'), or ('10.0.0.1', None). Positions on the ring depend on each
// character of it.
func (n Node) String() string {
	var b strings.Builder
	b.WriteByte('(')
	quote(&b, n.Host)
	b.WriteString(", ")
	if n.HasInstance {
		quote(&b, n.Instance)
	} else {
		b.WriteString("None")
	}
	b.WriteByte(')')
	return b.String()
}

// quote writes text as Python 3 does. Bytes that are not UTF-8 are, to Python,
// halves of surrogate pairs.
func quote(b *strings.Builder, text string) {
	mark := '\''
	if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
		mark = '"'
	}
	b.WriteRune(mark)
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 {
			r = 0xdc00 + rune(text[0])
		}
		quoteRune(b, r, mark)
		text = text[size:]
	}
	b.WriteRune(mark)
}

func quoteRune(b *strings.Builder, r, mark rune) {
	switch {
	case r == mark || r == '\\':
		b.WriteByte('\\')
		b.WriteRune(r)
	case unicode.IsPrint(r):
		b.WriteRune(r)
	case r == '\t':
		b.WriteString(`\t`)
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r < 0x100:
		fmt.Fprintf(b, `\x%02x`, r)
	case r < 0x10000:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		fmt.Fprintf(b, `\U%08x`, r)
	}
}
