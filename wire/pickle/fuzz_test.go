package pickle_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/big"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	ogórek "github.com/kisielk/og-rek"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/internal/number"
	"github.com/plumbago/plumbago/internal/space"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/pickle"
)

// seeds are small frames of all protocols, good and hostile.
func seeds(f *testing.F) {
	for _, s := range []string{
		"", ".", "].", "(lp0\n(S'm.a'\np1\n(I1700000000\nI5\ntp2\ntp3\na(g1\ng2\nta.",
		"(lp0\n(Vm\\u00e9\np1\n(L1700000000L\nF1.5\ntp2\ntp3\na.",
		"]q\x01((U\x03m.aq\x02(J\x00\xf1SeG?\xf8\x00\x00\x00\x00\x00\x00ttq\x03e.",
		"\x80\x02]q\x00(X\x03\x00\x00\x00m.aq\x01J\x00\xf1SeG?\xf8\x00\x00\x00\x00\x00\x00\x86q\x02\x86q\x03h\x01M\x00\x01K\x02\x86\x86\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01e.",
		"\x80\x04\x95\x18\x00\x00\x00\x00\x00\x00\x00]\x94(\x8c\x03m.a\x94J\x00\xf1SeK\x01\x86\x94\x86\x94h\x01h\x02\x86e.",
		"\x80\x02}(X\x01\x00\x00\x00aK\x01K\x02\x86\x86Nu.", "\x80\x04\x8f(K\x01\x90.", "\x80\x03](C\x01aJ\x00\xf1SeC\x0442.0\x86\x86e.",
		"\x80\x05\x96\x01\x00\x00\x00\x00\x00\x00\x00a\x98.", "](K\x01K\x02l0122e.", "cos\nsystem\n(S'x'\ntR.",
		"(I010\nL0x1fL\nF-inf\nI01\nNt.", "S'\\x41\\101\\n\\q'\n.", "\x80\x02]K\taK\x00X\x01\x00\x00\x00aK\x01K\x02\x86\x86s.",
	} {
		f.Add([]byte(s))
	}
}

// FuzzDecode holds the decoder to its promises for any frame.
func FuzzDecode(f *testing.F) {
	seeds(f)
	var d pickle.Decoder
	f.Fuzz(func(t *testing.T, frame []byte) {
		began := time.Now()
		b, err := d.Decode(frame, now)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("took %v, want an answer at once", took)
		}
		var refused *pickle.FrameError
		if err != nil && (!errors.As(err, &refused) || refused.Why == "" || refused.Offset > len(frame) || len(b.Lines) > 0) {
			t.Errorf("got %#v and %d bytes of lines, want a reason and none", err, len(b.Lines))
		}
		if len(b.Lines) > 33*len(frame)+64<<10+4096 || bytes.Count(b.Lines, []byte("\n")) != b.Points {
			t.Errorf("got %d bytes, %d points of a frame of %d", len(b.Lines), b.Points, len(frame))
		}
		for l := range b.All() {
			checkCanonical(t, l)
		}
		// What is behind the pickle changes nothing, except that a point near the end is run at one go.
		padded, paddedErr := new(pickle.Decoder).Decode(append(bytes.Clone(frame), make([]byte, 64)...), now)
		if err == nil && (paddedErr != nil || !bytes.Equal(padded.Lines, b.Lines)) {
			t.Errorf("got %q, and %q (%v) with room behind", b.Lines, padded.Lines, paddedErr)
		}
	})
}

func checkCanonical(t *testing.T, l metric.Line) {
	if reason := name.Check(l.Name); reason != "" || !bytes.Equal(name.AppendCanonical(nil, l.Name), l.Name) {
		t.Errorf("got the name %q, want a canonical one", l.Name)
	}
	v, ok := number.Parse(l.Value)
	if !ok || math.IsNaN(v) || !bytes.Equal(number.AppendFloat(nil, v), l.Value) {
		t.Errorf("got the value %q, want the shortest text of a number", l.Value)
	}
	if s, ok := number.Parse(l.Timestamp); !ok || math.IsInf(s, 0) || bytes.ContainsAny(l.Timestamp, "eE+") {
		t.Errorf("got the timestamp %q, want seconds", l.Timestamp)
	}
}

// FuzzEncode has encoded points come back as the same numbers.
func FuzzEncode(f *testing.F) {
	f.Add("a.b", 1.5, 1.7e9, "servers.web;dc=1", -0.25, 1700000000.25)
	f.Add("é", math.Inf(1), 0.0, "é", 1e300, 4294967296.0)
	f.Add("x", 5e-324, -5.5, "y", 123456789012345680.0, 1.0)
	f.Fuzz(func(t *testing.T, n1 string, v1, t1 float64, n2 string, v2, t2 float64) {
		var lines []byte
		points := 0
		for _, p := range []struct {
			name string
			v, t float64
		}{{n1, v1, t1}, {n2, v2, t2}, {n1, v2, t1}} {
			time, ok := number.AppendTimestamp(nil, p.t, now)
			if name.Check([]byte(p.name)) != "" || !ok || math.IsNaN(p.v) {
				continue
			}
			points++
			lines = metric.Append(lines, metric.Line{Name: name.AppendCanonical(nil, []byte(p.name)), Value: number.AppendFloat(nil, p.v), Timestamp: time})
		}
		for _, most := range []int{1, 2, 3} {
			e := pickle.Encoder{MaxPoints: most}
			if got := pointsOf(t, e.AppendFrames(nil, metric.Batch{Lines: lines, Points: points})); !bytes.Equal(got, lines) {
				t.Errorf("got %q back, want %q", got, lines)
			}
		}
	})
}

// FuzzSecondOpinion compares with another decoder of pickles where both take a
// frame and it holds nothing but lists, tuples, text, bytes and numbers.
func FuzzSecondOpinion(f *testing.F) {
	seeds(f)
	for _, file := range []string{"corpus", "handmade", "fuzz"} {
		eachLine(f, "testdata/golden/"+file+".jsonl.gz", func(c goldenCase) {
			if frame := c.frame(f); len(frame) < 1024 {
				f.Add(frame)
			}
		})
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		if len(frame) > 4096 {
			return
		}
		other, ok := secondOpinion(frame)
		if !ok {
			return
		}
		b, err := new(pickle.Decoder).Decode(frame, now)
		if err != nil {
			return
		}
		if want := linesOf(other); !bytes.Equal(b.Lines, want) && !isException(frame) {
			t.Errorf("got %s", cmp.Diff(string(want), string(b.Lines)))
		}
	})
}

// exceptions are where the second opinion is not Python's, as patterns of
// instructions.
var exceptions = map[string]*regexp.Regexp{
	"a list that grows after it was remembered or doubled": regexp.MustCompile(`[\]l].*[hgj2]`),
	"an INT with a leading zero is octal":                  regexp.MustCompile(`I`),
	"a POP_MARK takes what is below its mark with it":      regexp.MustCompile(`1`),
}

func isException(frame []byte) bool {
	ops := instructions(frame)
	for _, e := range exceptions {
		if e.Match(ops) {
			return true
		}
	}
	return false
}

// instructions returns those of a frame without their arguments.
func instructions(frame []byte) (ops []byte) {
	for at := 0; at < len(frame); {
		op := frame[at]
		ops = append(ops, op)
		at += 1 + argument(op, frame[at+1:])
	}
	return ops
}

// argument returns the length of the argument of an instruction, as far as it
// is there.
func argument(op byte, rest []byte) int {
	switch op {
	case 'F', 'I', 'L', 'S', 'V', 'g', 'p', 'P':
		return bytes.IndexByte(rest, '\n') + 1
	case 'K', 'h', 'q', 0x80:
		return 1
	case 'M':
		return 2
	case 'J', 'j', 'r':
		return 4
	case 'G', 0x95:
		return 8
	case 'U', 'C', 0x8c, 0x8a:
		return counted(rest, 1)
	case 'T', 'X', 'B', 0x8b:
		return counted(rest, 4)
	case 0x8d, 0x8e, 0x96:
		return counted(rest, 8)
	}
	return 0
}

func counted(rest []byte, size int) int {
	var length [8]byte
	copy(length[:size], rest)
	return size + int(binary.LittleEndian.Uint64(length[:])&math.MaxInt32)
}

func secondOpinion(frame []byte) (v any, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	v, err := ogórek.NewDecoderWithConfig(bytes.NewReader(frame), &ogórek.DecoderConfig{StrictUnicode: true, PyDict: true}).Decode()
	return v, err == nil && isPlain(v, 0)
}

// isPlain reports whether v is made of what a point is made of.
func isPlain(v any, depth int) bool {
	elements, isContainer := elementsOf(v)
	switch {
	case isContainer:
		for _, e := range elements {
			if depth > 8 || !isPlain(e, depth+1) {
				return false
			}
		}
		return true
	}
	switch v.(type) {
	case string, ogórek.ByteString, ogórek.Bytes, int64, float64, bool, *big.Int, ogórek.None:
		return true
	}
	return false
}

func elementsOf(v any) (elements []any, ok bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case ogórek.Tuple:
		return v, true
	}
	return nil, false
}

// linesOf makes lines of the other decoder's objects, as slowly as it is obvious.
func linesOf(v any) (lines []byte) {
	items, _ := elementsOf(v)
	for _, item := range items {
		pair := unpacked(item)
		if len(pair) != 2 {
			continue
		}
		n, isName := textOf(pair[0])
		point := unpacked(pair[1])
		if len(point) != 2 || !isName || name.Check(n) != "" {
			continue
		}
		seconds, ok1 := floatOf(point[0])
		value, ok2 := floatOf(point[1])
		stamp, ok3 := number.AppendTimestamp(nil, seconds, now)
		if ok1 && ok2 && ok3 && !math.IsNaN(value) {
			lines = metric.Append(lines, metric.Line{Name: name.AppendCanonical(nil, n), Value: number.AppendFloat(nil, value), Timestamp: stamp})
		}
	}
	return lines
}

// unpacked is what iterating over v yields: of text its characters, of bytes
// numbers.
func unpacked(v any) (elements []any) {
	switch v := v.(type) {
	case ogórek.Bytes:
		for _, c := range []byte(v) {
			elements = append(elements, int64(c))
		}
		return elements
	case ogórek.ByteString:
		return unpacked(string(v))
	case string:
		for _, c := range v {
			elements = append(elements, string(c))
		}
		return elements
	}
	elements, _ = elementsOf(v)
	return elements
}

func textOf(v any) ([]byte, bool) {
	switch v := v.(type) {
	case string:
		return []byte(v), true
	case ogórek.ByteString:
		return []byte(v), true
	case ogórek.Bytes:
		return []byte(v), true
	}
	return nil, false
}

func floatOf(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f, !math.IsInf(f, 0)
	}
	t, ok := textOf(v)
	if !ok || bytes.ContainsAny(t, "\x1c\x1d\x1e\x1f") { // space to strip, but not to float
		return 0, false
	}
	return number.Parse(space.Trim(t))
}
