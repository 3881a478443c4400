package tidy

import "encoding/binary"

// survey returns the classes of all bytes of a name, and whether it has dots that
// may be untidy.
func (c *characters) survey(name []byte) (classes class, dots bool) {
	last := len(name) - 1
	dots = name[0] == '.' || name[last] == '.'
	classes = c.classes[name[last]]
	if last < wordSize {
		for i, b := range name[:last] {
			classes |= c.classes[b]
			dots = dots || b == '.' && name[i+1] == '.'
		}
		return classes, dots
	}
	var double uint64
	for i := 0; i < last; i += wordSize {
		some := (*[wordSize + 1]byte)(name[min(i, last-wordSize):])
		word, after := binary.LittleEndian.Uint64(some[:]), binary.LittleEndian.Uint64(some[1:])
		double |= zeros((word ^ manyDots) | (after ^ manyDots))
		classes |= c.of(some)
	}
	return classes, dots || double != 0
}

const (
	wordSize = 8
	ones     = 0x0101010101010101
	tops     = ones << 7
	manyDots = '.' * ones
)

// zeros is not 0 if a byte of word is.
func zeros(word uint64) uint64 { return (word - ones) &^ word & tops }

// of returns the classes of all but the last byte.
func (c *characters) of(b *[wordSize + 1]byte) class {
	return c.classes[b[0]] | c.classes[b[1]] | c.classes[b[2]] | c.classes[b[3]] |
		c.classes[b[4]] | c.classes[b[5]] | c.classes[b[6]] | c.classes[b[7]]
}
