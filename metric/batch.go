// Package metric holds the one shape that moves between receive and deliver: a
// batch of canonical lines.
//
// A canonical line is
//
//	name SP value SP timestamp LF
//
// with single blanks, a valid UTF-8 name without white space or control
// characters, its tags in carbon's order (unless a listener was told to leave
// names as they come), the value's text as the sender wrote it
// (from a binary protocol: the shortest text that reads back as the same
// number), and a timestamp in decimal seconds, with a fraction only if the
// sender gave one. Lines are validated once, where they come in; everything
// behind that door may trust them.
package metric

import (
	"bytes"
	"iter"
)

// Batch is a run of canonical lines. Its memory belongs to whoever made it:
// those it is handed to copy what they keep, unless they promise otherwise.
type Batch struct {
	Lines  []byte // complete canonical lines
	Points int    // how many

	Tenant      string // whose they are; "" where there are no tenants
	Quarantined bool   // they go where the configuration puts what it does not trust, whatever the rules say
}

// Line is one canonical line, split into its fields. The fields are parts of
// the batch's memory.
type Line struct {
	Name, Value, Timestamp []byte
}

// All yields the lines of the batch in order.
func (b Batch) All() iter.Seq[Line] {
	return func(yield func(Line) bool) {
		for rest := b.Lines; len(rest) > 0; {
			var l Line
			if l, rest = Next(rest); !yield(l) {
				return
			}
		}
	}
}

// Next splits the first line off canonical lines. It panics where lines does
// not hold a complete canonical line.
func Next(lines []byte) (first Line, rest []byte) {
	name := bytes.IndexByte(lines, ' ')
	value := name + 1 + bytes.IndexByte(lines[name+1:], ' ')
	end := value + 1 + bytes.IndexByte(lines[value+1:], '\n')
	return Line{lines[:name], lines[name+1 : value], lines[value+1 : end]}, lines[end+1:]
}

// Append appends the canonical line of three canonical fields to dst.
func Append(dst []byte, l Line) []byte {
	dst = append(dst, l.Name...)
	dst = append(dst, ' ')
	dst = append(dst, l.Value...)
	dst = append(dst, ' ')
	dst = append(dst, l.Timestamp...)
	return append(dst, '\n')
}
