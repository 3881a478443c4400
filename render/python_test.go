package render_test

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/plumbago/plumbago/render"
	"pgregory.net/rapid"
)

// TestNumbersAreWrittenAsInPython has what repr(f) and '%g' % f are in Python.
func TestNumbersAreWrittenAsInPython(t *testing.T) {
	for _, tt := range []struct {
		f           float64
		repr, short string
	}{
		{0, "0.0", "0"}, {math.Copysign(0, -1), "-0.0", "-0"}, {1, "1.0", "1"}, {-2.5, "-2.5", "-2.5"}, {0.1, "0.1", "0.1"},
		{1.0 / 3, "0.3333333333333333", "0.333333"}, {100000, "100000.0", "100000"}, {1e6, "1000000.0", "1e+06"}, {123456789, "123456789.0", "1.23457e+08"},
		{1e15, "1000000000000000.0", "1e+15"}, {1e16, "1e+16", "1e+16"}, {12345678901234567890, "1.2345678901234567e+19", "1.23457e+19"},
		{0.0001, "0.0001", "0.0001"}, {0.00001, "1e-05", "1e-05"}, {0.000123456789, "0.000123456789", "0.000123457"}, {1e300, "1e+300", "1e+300"},
		{5e-324, "5e-324", "4.94066e-324"}, {999999.5, "999999.5", "1e+06"}, {99999.95, "99999.95", "99999.9"}, {1.10, "1.1", "1.1"}, {math.Inf(1), "inf", "inf"},
		{math.Inf(-1), "-inf", "-inf"}, {math.NaN(), "nan", "nan"}, {0.000001, "1e-06", "1e-06"}, {0.30000000000000004, "0.30000000000000004", "0.3"}, {1234.567891, "1234.567891", "1234.57"},
		{9007199254740993, "9007199254740992.0", "9.0072e+15"},
	} {
		if got := render.Repr(tt.f); got != tt.repr {
			t.Errorf("repr: got %s, want %s", got, tt.repr)
		}
		if got := render.Short(tt.f); got != tt.short {
			t.Errorf("%%g of %s: got %s, want %s", tt.repr, got, tt.short)
		}
	}
}

func TestReprReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.OneOf(rapid.Float64(), rapid.Custom(func(t *rapid.T) float64 {
			return float64(rapid.Int64Range(-1e12, 1e12).Draw(t, "n")) / math.Pow10(rapid.IntRange(0, 8).Draw(t, "places"))
		})).Draw(t, "f")
		text := render.Repr(f)
		if back, err := strconv.ParseFloat(text, 64); err != nil || back != f {
			t.Errorf("got %v, %v of %s, want %v", back, err, text, f)
		}
		if plain := strconv.FormatFloat(f, 'e', -1, 64); len(digitsOf(text)) > len(digitsOf(plain))+17 {
			t.Errorf("got %s, want something as short as %s", text, plain)
		}
	})
}

func digitsOf(text string) (digits string) {
	for _, c := range text {
		if '0' <= c && c <= '9' {
			digits += string(c)
		}
	}
	return digits
}

// TestRoundIsPythons has what round(f, places) is in Python.
func TestRoundIsPythons(t *testing.T) {
	for _, tt := range []struct {
		f      float64
		places int
		want   float64
	}{
		{2.675, 2, 2.67}, {0.5, 0, 0}, {1.5, 0, 2}, {2.5, 0, 2}, {-0.5, 0, 0}, {1234.5, -2, 1200}, {1250, -2, 1200}, {1350, -2, 1400},
		{1e300, 6, 1e300}, {math.Inf(1), 2, math.Inf(1)}, {0.0000005, 6, 0}, {0.0000015, 6, 0.000002}, {1.0000005, 6, 1.000001}, {123.4565, 3, 123.457}, {5, 1000, 5},
	} {
		if got := render.RoundPlaces(tt.f, tt.places); got != tt.want {
			t.Errorf("round(%v, %d): got %v, want %v", tt.f, tt.places, got, tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64Range(-1e8, 1e8).Draw(t, "f")
		if rapid.Bool().Draw(t, "near a half") {
			f = (math.Trunc(f) + 0.5) / 1e6
		}
		if got, want := render.Round6(f), render.RoundPlaces(f, 6); got != want {
			t.Errorf("round6(%v): got %v, want %v", f, got, want)
		}
	})
}

func TestOffsets(t *testing.T) {
	for _, tt := range []struct {
		text string
		want time.Duration
	}{
		{"", 0}, {"-", 0}, {"1s", time.Second}, {"-90s", -90 * time.Second}, {"+5min", 5 * time.Minute}, {"5minutes", 5 * time.Minute}, {"2h30min", 150 * time.Minute},
		{"-1d12h", -36 * time.Hour}, {"1w", 168 * time.Hour}, {"1mon", 720 * time.Hour}, {"1month", 720 * time.Hour}, {"1y", 8760 * time.Hour}, {"007days", 168 * time.Hour}, {"0s", 0},
	} {
		if got, err := render.ParseOffset(tt.text); err != nil || got != tt.want {
			t.Errorf("%q: got %v, %v, want %v", tt.text, got, err, tt.want)
		}
	}
	for _, text := range []string{"1", "h", "1m", "1x", "-1h-1h", "1h1", "--1h", "1.5h", " 1h", "251y", "99999999999s", "9999999999y", "1ü"} {
		if got, err := render.ParseOffset(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

func TestNaturalOrder(t *testing.T) {
	for _, tt := range []struct{ less, more string }{{"a2", "a10"}, {"a2b", "a10a"}, {"a002", "a3"}, {"a9", "b1"}, {"a", "a1"}, {"a9999999999", "a99999999990"}} {
		if render.Natural(tt.less) >= render.Natural(tt.more) {
			t.Errorf("got %s not before %s", tt.less, tt.more)
		}
	}
}

// TestWindowsSlide compares a window that slides with one that is looked at anew.
func TestWindowsSlide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) float64 {
			if rapid.IntRange(0, 3).Draw(t, "gap") == 0 {
				return nan
			}
			return float64(rapid.IntRange(-50, 50).Draw(t, "value"))
		}), 0, 60).Draw(t, "values")
		n := rapid.IntRange(0, 20).Draw(t, "n")
		how := rapid.SampledFrom([]string{"sum", "average", "avg", "total", "min", "max", "median", "stddev", "count", "last", "diff", "range"}).Draw(t, "how")
		got := render.Slide(how, values, n)
		if len(got) != max(0, len(values)-n) {
			t.Fatalf("got %d values, want %d", len(got), max(0, len(values)-n))
		}
		for i, g := range got {
			want := render.Aggregate(how, values[i:i+n])
			if how == "count" && want == 0 {
				want = nan // nothing known is never enough
			}
			if g != want && (g == g || want == want) && !closeTo(g, want) {
				t.Errorf("%s of %v: got %v, want %v", how, values[i:i+n], g, want)
			}
		}
	})
}
