package pickle

import (
	"bytes"
	"math"

	"github.com/plumbago/plumbago/internal/number"
)

// Instructions whose argument is a number.

// fixed pushes a number whose bytes stay where they are.
func (m *machine) fixed(k kind, size int) string {
	if size > len(m.frame)-m.pos {
		return truncated
	}
	m.pos += size
	return m.push(makeValue(k, m.pos-size, 0))
}

func (m *machine) smallInt(size int) string {
	n, ok := m.uint(size)
	if !ok {
		return truncated
	}
	return m.push(makeValue(small, 0, int(n)))
}

// pushInt pushes a whole number.
func (m *machine) pushInt(f float64) string {
	if 0 <= f && f <= countMask {
		return m.push(makeValue(small, 0, int(f)))
	}
	return m.pushFloat(f)
}

// pushFloat pushes a number, infinity meaning that it is beyond a float64.
func (m *machine) pushFloat(f float64) string {
	if math.IsInf(f, 0) {
		return m.push(makeValue(tooLarge, 0, 0))
	}
	m.numbers = append(m.numbers, f)
	return m.push(makeValue(number64, len(m.numbers)-1, 0))
}

// long reads an integer in two's complement, lowest byte first.
func (m *machine) long(size int) string {
	n, ok := m.uint(size)
	if !ok || n > uint64(len(m.frame)-m.pos) {
		return truncated
	}
	digits, _ := m.take(int(n))
	return m.pushInt(longToFloat(digits))
}

func longToFloat(digits []byte) float64 {
	if len(digits) == 0 || digits[len(digits)-1] < 0x80 {
		return magnitude(digits, 0, len(digits))
	}
	lowest := len(digits) - len(bytes.TrimLeft(digits, "\x00"))
	return -magnitude(digits, 0xff, lowest)
}

// magnitude is the size of a two's complement number, whose bytes above the
// lowest that is not zero are flipped if it is negative, and whose lowest is
// negated.
func magnitude(digits []byte, flip byte, lowest int) float64 {
	var w wide
	for i := len(digits) - 1; i >= 0; i-- {
		d := digits[i] ^ flip
		switch {
		case i == lowest:
			d = -digits[i]
		case i < lowest:
			d = digits[i]
		}
		w.add(uint64(d), 8)
	}
	return w.float()
}

// wide is an integer of any size, as exact as its nearest float64 needs.
type wide struct {
	top     uint64 // the highest bits
	dropped int    // how many bits lie below them
	odd     uint64 // 1 if any of those is set
}

// add puts a digit of so many bits, at most 8, behind the number.
func (w *wide) add(digit uint64, size int) {
	if w.top>>(64-8) == 0 {
		w.top = w.top<<size | digit
		return
	}
	w.dropped += size
	if digit != 0 {
		w.odd = 1
	}
}

func (w *wide) float() float64 { return math.Ldexp(float64(w.top|w.odd), w.dropped) }

const (
	notInt   = "the text is not an integer"
	notFloat = "the text is not a number"
)

// maxDigits is how long Python lets a decimal integer be.
const maxDigits = 4300

// intText reads an integer as C writes it in source, or else as Python does.
func (m *machine) intText() string {
	t, ok := m.line()
	if !ok || len(t) == 0 {
		return truncated
	}
	f, ok := octal(t)
	if !ok {
		f, ok = integer(t)
	}
	if !ok {
		return notInt
	}
	return m.pushInt(f)
}

// longText reads an integer as Python 2 writes it, perhaps with an L behind it.
func (m *machine) longText() string {
	t, ok := m.line()
	if !ok || len(t) == 0 {
		return truncated
	}
	f, ok := integer(bytes.TrimSuffix(t, []byte("L")))
	if !ok {
		return notInt
	}
	return m.pushInt(f)
}

// octal reads the old notation of octal numbers, a leading zero, where all of it
// fits 63 bits.
func octal(t []byte) (float64, bool) {
	t, negative := sign(trimLeft(t))
	if len(t) < 2 || t[0] != '0' || len(t) > 21 {
		return 0, false
	}
	f, ok := digits(t, 3)
	return withSign(f, negative), ok
}

// trim returns t without the ASCII white space at its ends.
func trim(t []byte) []byte {
	t = trimLeft(t)
	for len(t) > 0 && isSpace(t[len(t)-1]) {
		t = t[:len(t)-1]
	}
	return t
}

func trimLeft(t []byte) []byte {
	for len(t) > 0 && isSpace(t[0]) {
		t = t[1:]
	}
	return t
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// integer reads an integer in Python's notation.
func integer(t []byte) (f float64, ok bool) {
	t, negative := sign(trim(t))
	switch size := prefix(t); {
	case size > 0:
		f, ok = digits(bytes.TrimPrefix(t[2:], []byte("_")), size)
	case len(t) > 0 && t[0] == '0':
		f, ok = 0, decimal(t) && len(bytes.Trim(t, "0_")) == 0
	case decimal(t):
		f, ok = number.Parse(t)
	}
	return withSign(f, negative), ok
}

// prefix returns how many bits a digit has behind the prefix of t, if it has one.
func prefix(t []byte) (size int) {
	if len(t) < 3 || t[0] != '0' {
		return 0
	}
	switch t[1] | 0x20 {
	case 'x':
		return 4
	case 'o':
		return 3
	case 'b':
		return 1
	}
	return 0
}

// decimal reports whether t is made of digits, with single underscores between,
// and no longer than Python allows.
func decimal(t []byte) bool {
	count, wasDigit := 0, false
	for _, c := range t {
		isDigit := '0' <= c && c <= '9'
		if !isDigit && !(c == '_' && wasDigit) {
			return false
		}
		if isDigit {
			count++
		}
		wasDigit = isDigit
	}
	return wasDigit && count <= maxDigits
}

// digits reads digits of size bits each, with single underscores between.
func digits(t []byte, size int) (float64, bool) {
	var w wide
	wasDigit := false
	for _, c := range t {
		d := digitValue(c)
		switch {
		case d < 1<<size:
			w.add(uint64(d), size)
		case c != '_' || !wasDigit:
			return 0, false
		}
		wasDigit = c != '_'
	}
	return w.float(), wasDigit
}

func sign(t []byte) (_ []byte, negative bool) {
	if len(t) > 0 && (t[0] == '-' || t[0] == '+') {
		return t[1:], t[0] == '-'
	}
	return t, false
}

func withSign(f float64, negative bool) float64 {
	if negative && f != 0 {
		return -f
	}
	return f
}

// floatText reads a float in C's notation, where a number beyond a float64 is
// none.
func (m *machine) floatText() string {
	t, ok := m.line()
	if !ok || len(t) == 0 {
		return truncated
	}
	if number.Plain(t) {
		f, _ := number.Parse(t)
		return m.pushFloat(f)
	}
	if f, ok := number.Parse(t); ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
		return m.pushSpecial(f)
	}
	return notFloat
}

// pushSpecial pushes an infinity or NaN that was meant.
func (m *machine) pushSpecial(f float64) string {
	m.numbers = append(m.numbers, f)
	return m.push(makeValue(number64, len(m.numbers)-1, 0))
}

// putText and getText take a memo index in decimal.

func (m *machine) putText() string {
	index, why := m.indexText()
	if why != "" {
		return why
	}
	return m.remember(index)
}

func (m *machine) getText() string {
	index, why := m.indexText()
	if why != "" {
		return why
	}
	return m.recall(index)
}

func (m *machine) indexText() (uint64, string) {
	t, ok := m.line()
	if !ok || len(t) == 0 {
		return 0, truncated
	}
	if t, negative := sign(trim(t)); !negative && decimal(t) {
		if n, ok := smallDecimal(t); ok {
			return n, ""
		}
	}
	return 0, "the text is not the index of an object"
}

// smallDecimal reads what decimal has found to be digits, if it is below 2^63.
func smallDecimal(t []byte) (n uint64, ok bool) {
	for _, c := range t {
		switch {
		case c == '_':
			continue
		case n > math.MaxInt64/10:
			return 0, false
		}
		n = 10*n + uint64(c-'0')
	}
	return n, n <= math.MaxInt64
}
