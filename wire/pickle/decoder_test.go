package pickle_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/pickle"
)

const stamp = "J\x00\xf1Se" // 1700000000

func TestDecode(t *testing.T) {
	for _, tc := range []struct{ name, frame, want string }{
		{"the memo counts objects, not indexes", "\x80\x04]q\x05(\x8c\x01a\x94" + stamp + "K\x01\x86\x86h\x01" + stamp + "K\x02\x86\x86e.", "a 1 1700000000\na 2 1700000000\n"},
		{"tags in the notation of OpenMetrics", "](\x8c\x0em{b=\"2\",a=\"1\"}" + stamp + "K\x01\x86\x86e.", "m;a=1;b=2 1 1700000000\n"},
		{"tags", "](\x8c\x09m;b=2;a=1" + stamp + "K\x01\x86\x86e.", "m;a=1;b=2 1 1700000000\n"},
		{"a digit of another script as text", "](\x8c\x01a" + stamp + "\x8c\x02\xd9\xa3\x86\x86e.", "a 3 1700000000\n"},
		{"a digit of another script as bytes", "](\x8c\x01a" + stamp + "C\x02\xd9\xa3\x86\x86e.", ""},
		{"thousandths", "](\x8c\x01a" + stamp + "F-12.34\n\x86\x86e.", "a -12.34 1700000000\n"},
		{"a zero within a fraction", "](\x8c\x01a" + stamp + "F0.105\n\x86\x86e.", "a 0.105 1700000000\n"},
		{"round numbers", "](\x8c\x01a" + stamp + "F-1000000\n\x86\x86\x8c\x01b" + stamp + "K\x0a\x86\x86\x8c\x01c" + stamp + "F0.9\n\x86\x86e.", "a -1000000 1700000000\nb 10 1700000000\nc 0.9 1700000000\n"},
		{"a point up to the very end", "](X\x01\x00\x00\x00ar\x00\x00\x00\x00G" + again("\x00", 8) + "G" + again("\x00", 8) + "\x86r\x01\x00\x00\x00\x86e.", "a 0 0\n"},
		{"less than a thousandth", "](\x8c\x01a" + stamp + "F0.0004\n\x86\x86e.", "a 0.0004 1700000000\n"},
		{"a negative zero", "](\x8c\x01a" + stamp + "F-0.0\n\x86\x86e.", "a -0 1700000000\n"},
		{"a large time", "](\x8c\x01aF4294967296.125\nK\x01\x86\x86e.", "a 1 4294967296.125\n"},
		{"a time too far away", "](\x8c\x01aF1e18\nK\x01\x86\x86e.", ""},
		{"a time of -1", "](\x8c\x01aJ\xff\xff\xff\xffK\x01\x86\x86e.", "a 1 1800000000\n"},
	} {
		t.Run(tc.name, func(t *testing.T) { mustDecode(t, new(pickle.Decoder), tc.frame, tc.want) })
	}
}

func TestRefused(t *testing.T) {
	for _, tc := range []struct{ name, frame, why string }{
		{"a list in a tuple as a key", "}\x8c\x01a]\x86Ns.", "(SETITEM): a dict's key"},
		{"a list in a tuple in a tuple in a set", "\x8f(]\x85\x85\x90.", "(ADDITEMS): a set cannot"},
		{"a bytearray in a set", "\x8f(\x96\x01\x00\x00\x00\x00\x00\x00\x00a\x90.", "(ADDITEMS): a set cannot"},
		{"a dict in a frozenset", "(}\x91.", "(FROZENSET): a set cannot"},
		{"a key without a value", "(Nd.", "(DICT): a dict takes"},
		{"a list below a mark", "]N(a.", "(APPEND): there are too few"},
		{"an element beyond a list", "]NaK\x01Ns.", "(SETITEM): the list has no element"},
		{"a memo of a mark", "(q\x00.", "(BINPUT): there are too few"},
		{"an escape that is cut", "S'\\x4'\n.", "(STRING): the text ends"},
		{"no quotes", "Sab\n.", "(STRING): the text is not in quotes"},
		{"no STOP behind a point", "](X\x01\x00\x00\x00ar\x00\x00\x00\x00G" + again("\x00", 8) + "G" + again("\x00", 8) + "\x86r\x01\x00\x00\x00\x86r\x02\x00\x00\x00", "the pickle has no STOP"},
		{"no character", "V\\U00110000\n.", "(UNICODE): an escape"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := new(pickle.Decoder).Decode([]byte(tc.frame), now); err == nil || !strings.Contains(err.Error(), tc.why) {
				t.Errorf("got %v, want %q", err, tc.why)
			}
		})
	}
}

func TestKeepTagsLeavesNamesAlone(t *testing.T) {
	for _, name := range []string{"m;b=2;a=1", "m;a=1;a=0", "~m;b=2", "m;é=2;a=1", `m{b="2",a="1"}`, "m;a=1;b=2"} {
		d := pickle.Decoder{KeepTags: true}
		item := "\x8c" + string(rune(len(name))) + name + stamp + "K\x01\x86\x86"
		mustDecode(t, &d, "]("+item+"e.", name+" 1 1700000000\n")
	}
}

func TestNowIsNotKept(t *testing.T) {
	var d pickle.Decoder
	for _, present := range []int64{1, 2} {
		b, err := d.Decode([]byte("](\x8c\x01aJ\xff\xff\xff\xffK\x01\x86\x86e."), present)
		if want := fmt.Sprintf("a 1 %d\n", present); err != nil || string(b.Lines) != want {
			t.Errorf("got %q, %v, want %q", b.Lines, err, want)
		}
	}
}

func TestReasons(t *testing.T) {
	for _, tc := range []struct {
		name, item string
		want       metric.Reason
	}{
		{"no pair", "N", metric.Fields},
		{"three parts", "\x8c\x01aNN\x87", metric.Fields},
		{"no point", "\x8c\x01aN\x86", metric.Fields},
		{"no text", "K\x01" + stamp + "K\x01\x86\x86", metric.Name},
		{"an empty name", "\x8c\x00" + stamp + "K\x01\x86\x86", metric.Name},
		{"a name with a blank", "\x8c\x03a b" + stamp + "K\x01\x86\x86", metric.Name},
		{"Latin-1", "U\x01\xe9" + stamp + "K\x01\x86\x86", metric.UTF8},
		{"half a surrogate pair", "V\\ud800\n" + stamp + "K\x01\x86\x86", metric.UTF8},
		{"no value", "\x8c\x01a" + stamp + "N\x86\x86", metric.Value},
		{"a value too large", "\x8c\x01a" + stamp + "F1e400\n\x86\x86", metric.Value},
		{"not a number", "\x8c\x01a" + stamp + "Fnan\n\x86\x86", metric.NaN},
		{"no time", "\x8c\x01aNK\x01\x86\x86", metric.Timestamp},
		{"an infinite time", "\x8c\x01aFinf\nK\x01\x86\x86", metric.Timestamp},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []metric.Reason
			d := pickle.Decoder{Reject: func(r metric.Reason, _ string) { got = append(got, r) }}
			mustDecode(t, &d, "]("+tc.item+"\x8c\x04good"+stamp+"K\x01\x86\x86e.", "good 1 1700000000\n")
			if len(got) != 1 || got[0] != tc.want {
				t.Errorf("got %v, want %s", got, tc.want)
			}
		})
	}
}

// TestIntegersRoundAsPython has integers of all sizes and spellings become the
// float64 nearest to them.
func TestIntegersRoundAsPython(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		n := randomInt(r)
		want, _ := new(big.Float).SetInt(n).Float64()
		for _, item := range []string{long1(n), "L" + n.String() + "L\n", "I" + n.String() + "\n", "L" + prefixed(n, 16) + "\n", "L" + prefixed(n, 8) + "L\n", "I" + prefixed(n, 2) + "\n"} {
			o := decode([]byte("](\x8c\x01a" + stamp + item + "\x86\x86e."))
			switch {
			case math.IsInf(want, 0):
				if len(o.lines) != 0 || o.rejected[metric.Value] != 1 {
					t.Fatalf("%.60q: got %d points, %v, want a value too large", item, len(o.lines), o.err)
				}
			case len(o.lines) != 1 || float(t, string(o.lines[0].Value)) != want:
				t.Fatalf("%.60q: got %v, %v, want %v", item, o.lines, o.err, want)
			}
		}
	}
}

// randomInt returns an integer of up to 1,040 bits, often one that lies near the
// middle of two float64s.
func randomInt(r *rand.Rand) *big.Int {
	n := big.NewInt(r.Int64())
	n.Lsh(n, uint(r.IntN(978)))
	if r.IntN(2) == 0 {
		n.Rsh(n, uint(r.IntN(63)))
	}
	n.Add(n, big.NewInt(int64(r.IntN(3)-1)))
	if r.IntN(2) == 0 {
		n.Neg(n)
	}
	return n
}

// long1 is n as Python pickles it from protocol 2 on.
func long1(n *big.Int) string {
	size := n.BitLen()/8 + 1
	twos := new(big.Int).Set(n)
	if n.Sign() < 0 {
		twos.Add(twos, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	b := twos.FillBytes(make([]byte, size))
	for i, j := 0, size-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return "\x8a" + string(append([]byte{byte(size)}, b...))
}

func prefixed(n *big.Int, base int) string {
	sign := ""
	if n.Sign() < 0 {
		sign = "-"
	}
	return sign + map[int]string{2: "0b", 8: "0o", 16: "0x"}[base] + new(big.Int).Abs(n).Text(base)
}
