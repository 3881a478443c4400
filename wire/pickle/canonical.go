package pickle

import (
	"bytes"
	"math"

	"github.com/plumbago/plumbago/internal/number"
)

// point is a canonical line whose numbers were read.
type point struct {
	name        []byte
	value, time float64
}

// next reads the first of canonical lines. Most of its bytes are looked at once:
// they are what most of an encoder's time goes into.
func (l *lastTime) next(lines []byte) (p point, rest []byte) {
	end := bytes.IndexByte(lines, ' ')
	p.name, rest = lines[:end], lines[end+1:]
	if p.value, end = number.Leading(rest); rest[end] != ' ' || end == 0 {
		end = bytes.IndexByte(rest, ' ')
		p.value = parse(rest[:end])
	}
	p.time, rest = l.take(rest[end+1:])
	return p, rest
}

// lastTime remembers what the last timestamp was read as, since many points in a
// row have the same.
type lastTime struct {
	text []byte // with the line's end
	time float64
}

// take reads the timestamp at the front of canonical lines, which ends the first
// of them.
func (l *lastTime) take(lines []byte) (t float64, rest []byte) {
	if n := len(l.text); n == 0 || !bytes.HasPrefix(lines, l.text) {
		end := bytes.IndexByte(lines, '\n')
		l.text, l.time = lines[:end+1], parse(lines[:end])
	}
	return l.time, lines[len(l.text):]
}

// parse reads a number of a canonical line.
func parse(t []byte) float64 {
	f, ok := number.Parse(t)
	if !ok {
		return math.NaN() // not in a canonical line; carbon drops it
	}
	return f
}
