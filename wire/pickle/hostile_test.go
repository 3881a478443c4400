package pickle_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/pickle"
)

// le is n in four bytes, lowest first.
func le(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }

// again is s so many times.
func again(s string, n int) string { return strings.Repeat(s, n) }

// bomb is a frame that would cost much more than it is long if it were decoded
// without care.
type bomb struct {
	name, frame string
	points      int    // that are in it
	why         string // part of why it is refused
}

const laugh = "0](h\x00h\x00h\x00h\x00h\x00h\x00h\x00h\x00h\x00h\x00eq\x00" // a list of ten times the last one

func bombs() []bomb {
	const big = 100_000
	long := func(s string) string { return "X" + le(len(s)) + s + "q\x01" }
	shared := func(name, value string, times int) string {
		return "\x80\x02](" + name + "J\x00\xf1Se" + value + "\x86\x86q\x02" + again("h\x02", times) + "e."
	}
	const nesting = 100_000
	return []bomb{
		{"lists of lists of one list", "\x80\x02]q\x00" + again(laugh, 60) + ".", 0, ""},
		{"a value of lists of lists", "\x80\x02]q\x00" + again(laugh, 60) + "0](X\x01\x00\x00\x00aK\x01h\x00\x86\x86e.", 0, ""},
		{"pairs of pairs as a dict's key", "\x80\x02}K\x01" + again("2\x86", 60) + "K\x01s.", 0, ""},
		{"pairs of pairs in a set", "\x80\x04\x8f(K\x01" + again("2\x86", 60) + "\x90.", 0, ""},
		{"pairs of pairs in a frozenset", "\x80\x04(K\x01" + again("2\x86", 60) + "\x91.", 0, ""},
		{"a list in itself", "\x80\x02]q\x00" + again("h\x00a", 1000) + ".", 0, ""},
		{"a point of a long name again and again", shared(long(again("n", big)), "K\x01", big), 0, "far more text"},
		{"a point of a long bad name again and again", shared(long(again("n", big)+" "), "K\x01", big), 0, "far more text"},
		{"a point of many equal tags again and again", shared(long("n"+again(";t=1", big/4)), "K\x01", big), 0, "far more text"},
		{"a value of many digits again and again", shared(long("n"), "X"+le(big)+again("7", big), big), 0, "far more text"},
		{"a value of many digits that is none", shared(long("n"), "X"+le(big)+again("7", big-1)+"x", big), 0, "far more text"},
		{"bytes of many digits", shared(long("n"), "B"+le(big)+again("7", big-1)+"\xff", big), 0, "far more text"},
		{"a short point again and again", shared(long("m.a"), "K\x01", big), big + 1, ""},
		{"nested lists", again("]", nesting) + again("a", nesting-1) + ".", 0, ""},
		{"nested lists by marks", again("(", nesting) + again("l", nesting) + ".", 0, ""},
		{"nested tuples", ")" + again("\x85", nesting) + ".", 0, ""},
		{"nested dicts", again("}K\x01", nesting) + "N" + again("s", nesting) + ".", 0, ""},
		{"nested tuples as a key", "})" + again("\x85", nesting) + "K\x01s.", 0, ""},
		{"marks", again("(", nesting) + ".", 0, "too few"},
		{"many lists", again("]", 1<<18), 0, "no STOP"},
		{"many lists remembered", again("]\x94", 1<<17), 0, "no STOP"},
		{"many Nones", "](" + again("N", 1<<18) + "e.", 0, ""},
		{"bytes as the list", "B" + le(1<<18) + again("b", 1<<18) + ".", 0, ""},
		{"two lists that grow in turn", "]q\x00]q\x01" + again("h\x00Na0h\x01Na0", 100_000) + ".", 0, ""},
		{"scattered memo", "]" + scatteredPuts(100_000) + ".", 0, ""},
		{"a memo index at 4 GiB", "\x80\x02]r\xff\xff\xff\xff.", 0, ""},
		{"a memo index at 1 TiB", "(lp1099511627776\n.", 0, ""},
		{"a memo index beyond all", "(lp99999999999999999999\n.", 0, "not the index"},
		{"an unknown memo index", "\x80\x02]j\xff\xff\xff\xffa.", 0, "never remembered"},
		{"an integer of many digits", "I" + again("7", 1<<18) + "\n.", 0, "not an integer"},
		{"a long of many digits", "L0x" + again("7", 1<<18) + "L\n.", 0, "a number too large"},
		{"a long of many bits", "L0b" + again("1", 1<<18) + "L\n.", 0, "a number too large"},
		{"a long of many bytes", "\x8b" + le(1<<18) + again("\x7f", 1<<18) + ".", 0, "a number too large"},
		{"a float of many digits", "F0." + again("7", 1<<18) + "\n.", 0, "is a number"},
		{"quoted text of many escapes", "S'" + again("\\x41", 1<<16) + "'\n.", 0, ""},
		{"text of many escapes", "V" + again("\\u00e9", 1<<18) + "\n.", 0, ""},
	}
}

func scatteredPuts(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("r" + le(1<<30+i*4096))
	}
	return b.String()
}

func TestBombs(t *testing.T) {
	for _, tc := range bombs() {
		t.Run(tc.name, func(t *testing.T) {
			var d pickle.Decoder
			unfit := 0
			d.Reject = func(metric.Reason, string) { unfit++ }
			began, before := time.Now(), allocated()
			b, err := d.Decode([]byte(tc.frame), now)
			took, bytes := time.Since(began), allocated()-before
			if took > 5*time.Second {
				t.Errorf("got an answer after %v, want one at once", took)
			}
			if most := uint64(200*len(tc.frame) + 1<<18); bytes > most {
				t.Errorf("got %d bytes allocated for a frame of %d, want at most %d", bytes, len(tc.frame), most)
			}
			if tc.why == "" && err != nil || tc.why != "" && (err == nil || !strings.Contains(err.Error(), tc.why)) {
				t.Errorf("got error %v, want %q", err, tc.why)
			}
			if b.Points != tc.points {
				t.Errorf("got %d points, want %d", b.Points, tc.points)
			}
			if err != nil && len(b.Lines) > 0 {
				t.Errorf("got %d bytes of lines of a refused frame, want none", len(b.Lines))
			}
		})
	}
}

// allocated is how much was ever allocated.
func allocated() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.TotalAlloc
}

func TestLengthsBeyondTheFrame(t *testing.T) {
	for _, op := range []string{"U", "T", "X", "C", "B", "\x8a", "\x8b", "\x8c", "\x8d", "\x8e", "\x95", "\x96"} {
		for _, length := range []string{"", "\x05", "\xff", "\xff\xff\xff\x7f", "\xff\xff\xff\xff", "\x00\x00\x00\x00\x00\x00\x00\x10",
			"\x00\x00\x00\x00\x00\x00\x00\x80", "\xff\xff\xff\xff\xff\xff\xff\xff"} {
			for _, frame := range []string{op + length, "](" + op + length + "abc"} {
				before := allocated()
				var d pickle.Decoder
				_, err := d.Decode([]byte(frame), now)
				var refused *pickle.FrameError
				if !errors.As(err, &refused) {
					t.Errorf("%q: got %v, want a FrameError", frame, err)
				}
				if n := allocated() - before; n > 1<<16 {
					t.Errorf("%q: got %d bytes allocated, want next to nothing", frame, n)
				}
			}
		}
	}
}

// TestRefusedInstructions has each instruction that could name, import or call
// something, in a pickle that is otherwise fit for it.
func TestRefusedInstructions(t *testing.T) {
	for frame, want := range map[string]string{
		"cos\nsystem\n.": "pickle refused at byte 0 (GLOBAL): it names",
		"X\x02\x00\x00\x00osX\x06\x00\x00\x00system\x93.": "(STACK_GLOBAL): it names",
		"(S'x'\nios\nsystem\n.":                           "at byte 6 (INST): it names",
		"(N)o.":                                           "(OBJ): it calls",
		"N)R.":                                            "at byte 2 (REDUCE): it calls",
		"N)\x81.":                                         "(NEWOBJ): it calls",
		"N)}\x92.":                                        "(NEWOBJ_EX): it calls",
		"]Nb.":                                            "(BUILD): it calls",
		"P5\n.":                                           "(PERSID): it refers",
		"NQ.":                                             "(BINPERSID): it refers",
		"\x82\x01.":                                       "(EXT1): it names",
		"\x83\x01\x00.":                                   "(EXT2): it names",
		"\x84\x01\x00\x00\x00.":                           "(EXT4): it names",
		"\x97.":                                           "(NEXT_BUFFER): it refers",
		"\x80\x06].":                                      "(PROTO): the newest protocol",
		"\x00.":                                           "(0x00): there is no such instruction",
		"N.":                                              "at byte 1 (STOP): the pickle is None, not a list",
		"]":                                               "at byte 1",
		"":                                                "at byte 0",
	} {
		var d pickle.Decoder
		b, err := d.Decode([]byte(frame), now)
		if err == nil || !strings.Contains(err.Error(), want) || b.Points != 0 {
			t.Errorf("%q: got %v, want %q", frame, err, want)
		}
	}
}

func TestEveryOpcodeIsReadOrRefused(t *testing.T) {
	for op := range 256 {
		for _, before := range []string{"", "(", "]", "](", "]K\x01", "]K\x01K\x02", "}(K\x01K\x02", "X\x01\x00\x00\x00a"} {
			for _, behind := range []string{"", "\n", "1\n", "\x01\x00\x00\x00\x00\x00\x00\x00a."} {
				var d pickle.Decoder
				b, err := d.Decode([]byte(before+string(byte(op))+behind), now)
				if b.Points != 0 {
					t.Errorf("%q %#x %q: got %d points, %v, want none", before, op, behind, b.Points, err)
				}
			}
		}
	}
}

func TestDecoderForgetsTheLastFrame(t *testing.T) {
	var d pickle.Decoder
	mustDecode(t, &d, "\x80\x02]q\x00X\x01\x00\x00\x00aq\x01J\x00\xf1SeK\x01\x86\x86a.", "a 1 1700000000\n")
	if _, err := d.Decode([]byte("\x80\x02](h\x01J\x00\xf1SeK\x01\x86\x86e."), now); err == nil {
		t.Error("got a point of the last frame's name, want an error")
	}
	mustDecode(t, &d, "\x80\x02]X\x01\x00\x00\x00bJ\xff\xff\xff\xffK\x02\x86\x86a.", fmt.Sprintf("b 2 %d\n", now))
	mustDecode(t, &d, "].", "")
}

func mustDecode(t *testing.T, d *pickle.Decoder, frame, want string) {
	t.Helper()
	b, err := d.Decode([]byte(frame), now)
	if err != nil || string(b.Lines) != want || b.Points != bytes.Count(b.Lines, []byte("\n")) {
		t.Errorf("%q: got %q, %d points, %v, want %q", frame, b.Lines, b.Points, err, want)
	}
}

func TestDescriptionsAreShortAndPrintable(t *testing.T) {
	frame := "\x80\x02](X" + le(5000) + again("\x1b\n", 2500) + "K\x01K\x01\x86\x86NK\x01K\x01\x86\x86e."
	n := 0
	d := pickle.Decoder{Reject: func(_ metric.Reason, item string) {
		n++
		if len(item) > 500 || strings.ContainsAny(item, "\x1b\n") || item == "" {
			t.Errorf("got %q, want it short and printable", item)
		}
	}}
	if _, err := d.Decode([]byte(frame), now); err != nil || n == 0 {
		t.Errorf("got %d descriptions, %v, want some", n, err)
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	var d pickle.Decoder
	for name, frame := range map[string][]byte{"protocol 0": protocol0(), "protocol 2": protocol2(), "protocol 4": protocol4()} {
		if n := testing.AllocsPerRun(20, func() { d.Decode(frame, now) }); n != 0 {
			t.Errorf("%s: got %v allocations for a frame, want 0", name, n)
		}
	}
	var e pickle.Encoder
	batch, room := batchOf(perFrame), make([]byte, 1<<18)
	if n := testing.AllocsPerRun(20, func() { e.AppendFrames(room[:0], batch) }); n != 0 {
		t.Errorf("encoder: got %v allocations for a batch, want 0", n)
	}
}
