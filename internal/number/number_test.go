package number_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/number"
)

func TestParse(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		text string
		want float64
	}{
		{"0", 0}, {"-0", math.Copysign(0, -1)}, {"007", 7}, {"12345.5", 12345.5}, {"+1.5", 1.5},
		{".5", .5}, {"5.", 5}, {"-.5", -.5}, {"1e5", 1e5}, {"1E+3", 1000}, {"1.5e-3", .0015}, {"5.e1", 50},
		{"9007199254740993", 9007199254740992}, {"1.7976931348623159e308", inf}, {"1e400", inf}, {"-1e400", -inf},
		{"4.9e-324", 5e-324}, {"1e-400", 0}, {"123456789012345678901234567890", 1.2345678901234568e+29},
		{"0.1", .1}, {"0.000000000000001", 1e-15}, {".000000000000001", 1e-15}, {"1234567.12345678", 1234567.12345678},
		{"inf", inf}, {"+INF", inf}, {"-Infinity", -inf}, {"nan", nan}, {"+NaN", nan}, {"-nan", nan},
		{"1_000", 1000}, {"1_0.0_1", 10.01}, {"1e1_0", 1e10}, {"-1_0", -10},
		{"١٢٣", 123}, {"１２３", 123}, {"१2", 12}, {"-١", -1}, {"١_٢.٣e٢", 1230}, {"𝟗", 9}, {"𞥙", 9},
		{strings.Repeat("1", 400), inf}, {"0." + strings.Repeat("0", 100) + "1", 1e-101},
	} {
		got, ok := number.Parse([]byte(c.text))
		same := got == c.want && math.Signbit(got) == math.Signbit(c.want) || math.IsNaN(got) && math.IsNaN(c.want)
		if !ok || !same {
			t.Errorf("Parse(%q): got %v, %t, want %v", c.text, got, ok, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", "-", "+", ".", "-.", "e5", ".e5", "1e", "1e-", "1e+", "--1", "++1", "+-1", "- 1", " 1", "1 ", "1\n",
		"0x10", "0X1F", "0x1p-2", "0b1", "0o7", "1L", "1f", "1d", "1,5", "1.2.3", "1..2", "1e5.0", "1e1e1",
		"_1", "1_", "1__0", "1_.5", "1._5", "1_e10", "1e_1", "+_1", "_", "in", "infin", "infinit", "nan0x1", "nan(1)",
		"i_nf", "Ⅷ", "½", "²", "٫5", "–1", "−1", "∞", "true", "null", "1%", `"1"`, "\x00", "1\x00", "\xff", "1\xff", "ınf", "ſ",
	} {
		if got, ok := number.Parse([]byte(text)); ok {
			t.Errorf("Parse(%q): got %v, want it refused", text, got)
		}
	}
}

func TestPlain(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		{"1", true}, {"+1.50", true}, {".5", true}, {"5.", true}, {"-1E+30", true},
		{"", false}, {".", false}, {"inf", false}, {"1_0", false}, {"١", false}, {"1e", false}, {"0x1", false},
	} {
		if got := number.Plain([]byte(c.text)); got != c.want {
			t.Errorf("Plain(%q): got %t, want %t", c.text, got, c.want)
		}
	}
}

func TestAppendFloat(t *testing.T) {
	for _, c := range []struct {
		f    float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "-0"}, {1, "1"}, {-12, "-12"}, {1e6, "1000000"}, {12345.5, "12345.5"}, {.1, "0.1"},
		{1e16, "10000000000000000"}, {1e20, "100000000000000000000"}, {1e21, "1e+21"}, {-1.5e300, "-1.5e+300"},
		{1e-5, "0.00001"}, {1e-6, "0.000001"}, {1e-7, "1e-07"}, {5e-324, "5e-324"},
		{1 << 53, "9007199254740992"}, {-(1 << 63), "-9223372036854776000"},
		{math.Inf(1), "inf"}, {math.Inf(-1), "-inf"}, {math.NaN(), "nan"},
	} {
		if got := string(number.AppendFloat([]byte("x"), c.f)); got != "x"+c.want {
			t.Errorf("AppendFloat(%v): got %q after x, want %q", c.f, got, c.want)
		}
	}
}

func TestAppendTimestamp(t *testing.T) {
	const now = 1234567890
	for _, c := range []struct {
		t    float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "0"}, {1700000000, "1700000000"}, {1700000000.25, "1700000000.25"}, {1700000000000, "1700000000000"},
		{-1, "1234567890"}, {-1.5, "1234567890"}, {math.Nextafter(-2, 0), "1234567890"}, {-2, "-2"}, {-.5, "-0.5"}, {math.Nextafter(-1, 0), "-0.9999999999999999"},
		{1e-5, "0.00001"}, {1e-9, "0.000000001"}, {9e-10, "0"}, {-1e-300, "0"}, {5e-324, "0"},
		{math.Nextafter(1e18, 0), "999999999999999872"}, {-999999999999999872, "-999999999999999872"},
	} {
		got, ok := number.AppendTimestamp([]byte("x"), c.t, now)
		if string(got) != "x"+c.want || !ok {
			t.Errorf("AppendTimestamp(%v): got %q after x, %t, want %q", c.t, got, ok, c.want)
		}
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e18, -1e18, 1e300} {
		if got, ok := number.AppendTimestamp([]byte("x"), bad, now); string(got) != "x" || ok {
			t.Errorf("AppendTimestamp(%v): got %q, %t, want it refused", bad, got, ok)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, text := range []string{"1", "-12345.5", "1e400", "0x1p-2", "1_0", "inf", "nan", "١٢", ".5e-3", "123456789.123456789", "1" + strings.Repeat("0", 320)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := number.Parse([]byte(text))
		if number.Plain([]byte(text)) {
			want, _ := strconv.ParseFloat(text, 64)
			if !ok || math.Float64bits(got) != math.Float64bits(want) {
				t.Errorf("Parse(%q): got %v, %t, strconv says %v", text, got, ok, want)
			}
		}
		if ok && !math.IsNaN(got) {
			checkWritten(t, got)
		}
	})
}

// checkWritten holds that the texts made of f read back as f.
func checkWritten(t *testing.T, f float64) {
	text := number.AppendFloat(nil, f)
	if back, ok := number.Parse(text); !ok || math.Float64bits(back) != math.Float64bits(f) || len(text) > 30 {
		t.Errorf("AppendFloat(%v): got %q, which reads as %v, %t", f, text, back, ok)
	}
	stamp, ok := number.AppendTimestamp(nil, f, 1234567890)
	if !ok || -2 < f && f <= -1 || math.Abs(f) < number.MinFraction {
		return
	}
	if back, ok := number.Parse(stamp); !ok || back != f || strings.ContainsAny(string(stamp), "eE+") {
		t.Errorf("AppendTimestamp(%v): got %q, which reads as %v, %t", f, stamp, back, ok)
	}
}

func BenchmarkParse(b *testing.B) {
	for _, text := range []string{"12345.5", "1.5e-7", "0.12345678901234567", "1_000", "inf"} {
		b.Run(text, func(b *testing.B) {
			in := []byte(text)
			b.ReportAllocs()
			for b.Loop() {
				number.Parse(in)
			}
		})
	}
}

func BenchmarkAppendFloat(b *testing.B) {
	for _, f := range []float64{12345, 12345.5, 1.0 / 3, 1e300} {
		b.Run(strconv.FormatFloat(f, 'g', 5, 64), func(b *testing.B) {
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				dst = number.AppendFloat(dst[:0], f)
			}
		})
	}
}
