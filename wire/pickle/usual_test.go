package pickle_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/pickle"
)

const (
	pointA = "X\x03\x00\x00\x00m.aq\x01J\x00\xf1SeG?\xf8\x00\x00\x00\x00\x00\x00\x86q\x02\x86q\x03"
	pointB = "\x8c\x03m.b\x94J\x00\xf1SeK\x07\x86\x94\x86\x94"
	lineA  = "m.a 1.5 1700000000\n"
	lineB  = "m.b 7 1700000000\n"
)

func TestUsualFramesNeedNoMachine(t *testing.T) {
	for _, c := range []struct {
		name, frame, want string
		usual             bool
	}{
		{"one point", "\x80\x02]q\x00" + pointA + "a.", lineA, true},
		{"several", "\x80\x02]q\x00(" + pointA + pointB + "e.", lineA + lineB, true},
		{"several runs", "\x80\x04\x95\x30\x00\x00\x00\x00\x00\x00\x00]\x94(" + pointA + "e" + pointB + "a(" + pointB + "e.", lineA + lineB + lineB, true},
		{"protocol 1", "](" + pointA + "e.", lineA, true},
		{"more behind the pickle", "](" + pointA + "e.(e", lineA, true},
		{"strings of Python 2, a long and a short", "](U\x03m.aq\x01\x8a\x04\x00\xf1SeM\x00\x01\x86\x86T\x03\x00\x00\x00m.b\x8a\x01\xffK\x07\x86\x86e.",
			"m.a 256 1700000000\nm.b 7 1234567890\n", true},
		{"a name again", "](" + pointA + "h\x01J\x00\xf1SeK\x07\x86\x86e.", lineA + "m.a 7 1700000000\n", false},
		{"a tuple by a mark", "](U\x03m.a(J\x00\xf1SeK\x07ttU\x03m.b(J\x00\xf1SeK\x07tte.", "", false},
		{"a point to reject", "](" + pointA + "U\x01 K\x01K\x01\x86\x86e.", lineA, false},
		{"no number", "](" + pointA + "U\x03m.bK\x01G\x7f\xf8\x00\x00\x00\x00\x00\x00\x86\x86e.", lineA, false},
		{"a point and no list", pointA + ".", "", false},
		{"a point above the list", "]" + pointA + ".", "", false},
		{"marked and not appended", "](" + pointA + ".", "", false},
		{"a mark too many", "]((" + pointA + "ee.", "", false},
		{"no end", "](" + pointA + "e", "", false},
		{"cut", "](" + pointA[:20], "", false},
		{"a frame that is not all there", "\x80\x04\x95\xff\x00\x00\x00\x00\x00\x00\x00](" + pointA + "e.", "", false},
		{"protocol 6", "\x80\x06](" + pointA + "e.", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d pickle.Decoder
			b, _ := d.Decode([]byte(c.frame), 1234567890)
			if c.want != "" && string(b.Lines) != c.want || d.WasUsual() != c.usual {
				t.Errorf("got %q, usual: %t, want %q, %t", b.Lines, d.WasUsual(), c.want, c.usual)
			}
			checkByMachine(t, []byte(c.frame))
		})
	}
}

// TestEveryCutOfAUsualFrame is refused, with the words of the machine.
func TestEveryCutOfAUsualFrame(t *testing.T) {
	frame := []byte("\x80\x02]q\x00(" + strings.Repeat(pointA+pointB, 12) + "e.")
	for n := range len(frame) {
		checkByMachine(t, frame[:n])
	}
}

// checkByMachine holds that a frame is decoded as by the machine alone, and that what
// is rejected is told once.
func checkByMachine(t *testing.T, frame []byte) {
	t.Helper()
	decode := func(d *pickle.Decoder) string {
		var told strings.Builder
		d.Reject = func(why metric.Reason, item string) { fmt.Fprintln(&told, why, item) }
		b, err := d.Decode(frame, 1234567890)
		if refused := (*pickle.FrameError)(nil); err != nil && !errors.As(err, &refused) {
			t.Errorf("got the error %v, want one of the frame", err)
		}
		return fmt.Sprintf("%q %d %v %s", b.Lines, b.Points, err, &told)
	}
	var usual, machine pickle.Decoder
	machine.LeaveToMachine()
	if got, want := decode(&usual), decode(&machine); got != want {
		t.Errorf("%q: got %s, and of the machine alone %s", frame, got, want)
	}
}

// FuzzUsual compares with the machine alone. Points are put in front, and behind,
// since few frames are usual by chance.
func FuzzUsual(f *testing.F) {
	seeds(f)
	f.Add([]byte(pointA))
	f.Add([]byte(pointB + "e(" + pointB))
	f.Fuzz(func(t *testing.T, piece []byte) {
		checkByMachine(t, piece)
		checkByMachine(t, listOf(pointA, piece, "e."))
		checkByMachine(t, listOf("", piece, pointB+"e."))
	})
}

func listOf(before string, piece []byte, behind string) []byte {
	return bytes.Join([][]byte{[]byte("\x80\x02]q\x00("), []byte(before), piece, []byte(behind)}, nil)
}
