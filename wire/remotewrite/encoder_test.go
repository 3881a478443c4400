package remotewrite_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/deliver/remotewrite/remotewritetest"
	"github.com/plumbago/plumbago/wire/remotewrite"
)

// symbols are those of one encoder.
type symbols map[string]*remotewrite.Symbol

func (s symbols) of(text string) *remotewrite.Symbol {
	if s[text] == nil {
		s[text] = remotewrite.NewSymbol(text)
	}
	return s[text]
}

// series is one as both versions need it.
func (s symbols) series(help string, labels ...remotewrite.Label) *remotewrite.Series {
	one := &remotewrite.Series{Labels: string(remotewrite.AppendLabels(nil, labels))}
	for _, l := range labels {
		one.Refs = append(one.Refs, s.of(l.Name), s.of(l.Value))
	}
	if help != "" {
		one.Help = s.of(help)
	}
	return one
}

// kept are samples as the far end has them.
func kept(samples ...remotewrite.Sample) (all []remotewritetest.Sample) {
	for _, s := range samples {
		all = append(all, remotewritetest.Sample(s))
	}
	return all
}

func TestMessagesReadBack(t *testing.T) {
	type added struct {
		help    string
		labels  []remotewrite.Label
		samples []remotewrite.Sample
	}
	name := func(text string) remotewrite.Label { return remotewrite.Label{Name: "__name__", Value: text} }
	long := string(slices.Repeat([]byte("x"), 300))
	odd := []remotewrite.Sample{
		{math.MinInt64, math.Inf(-1)}, {-1, math.Copysign(0, -1)}, {0, 0}, {1, math.MaxFloat64}, {math.MaxInt64, math.SmallestNonzeroFloat64},
	}
	for _, tt := range []struct {
		name string
		add  []added
		want []remotewritetest.Series
	}{
		{"nothing", nil, nil},
		{"a sample", []added{{"", []remotewrite.Label{name("up")}, []remotewrite.Sample{{1_700_000_000_123, 1.5}}}},
			[]remotewritetest.Series{{Labels: [][2]string{{"__name__", "up"}}, Samples: kept(remotewrite.Sample{1_700_000_000_123, 1.5})}}},
		{"odd samples", []added{{"", []remotewrite.Label{name("odd")}, odd}},
			[]remotewritetest.Series{{Labels: [][2]string{{"__name__", "odd"}}, Samples: kept(odd...)}}},
		{"labels and help", []added{
			{"What it is.", []remotewrite.Label{name("a"), {"dc", "eu"}, {"x", long}}, []remotewrite.Sample{{5, 1}}},
			{"", []remotewrite.Label{name("b"), {"dc", "ü"}}, []remotewrite.Sample{{5, 2}, {6, 3}}},
		}, []remotewritetest.Series{
			{Labels: [][2]string{{"__name__", "a"}, {"dc", "eu"}, {"x", long}}, Samples: kept(remotewrite.Sample{5, 1}), Help: "What it is."},
			{Labels: [][2]string{{"__name__", "b"}, {"dc", "ü"}}, Samples: kept(remotewrite.Sample{5, 2}, remotewrite.Sample{6, 3})},
		}},
	} {
		for version := remotewrite.V1; version <= remotewrite.V2; version++ {
			t.Run(fmt.Sprint(tt.name, ", version ", version), func(t *testing.T) {
				e, known := remotewrite.NewEncoder(version), symbols{}
				for range 2 { // a message leaves nothing to the next
					e.Start()
					for _, a := range tt.add {
						e.Add(known.series(a.help, a.labels...), a.samples)
					}
					got, err := remotewritetest.Decode(int(version), e.Message())
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(in(version, tt.want), got); diff != "" {
						t.Errorf("message (-want +got):\n%s", diff)
					}
				}
			})
		}
	}
}

// in returns series as a version can hold them.
func in(version remotewrite.Version, all []remotewritetest.Series) []remotewritetest.Series {
	all = slices.Clone(all)
	for i := range all {
		if all[i].Type = 2; version == remotewrite.V1 { // 1.0 has no metadata
			all[i].Type, all[i].Help = 0, ""
		}
	}
	return all
}

func TestManySymbols(t *testing.T) {
	e, known := remotewrite.NewEncoder(remotewrite.V2), symbols{}
	e.Start()
	const count = 20_000 // more than two bytes of a reference
	for i := range count {
		e.Add(known.series("", remotewrite.Label{Name: "__name__", Value: fmt.Sprint("n", i)}, remotewrite.Label{Name: "a", Value: fmt.Sprint(i % 3)}),
			[]remotewrite.Sample{{int64(i), float64(i)}})
	}
	got, err := remotewritetest.Decode(2, e.Message())
	if err != nil || len(got) != count {
		t.Fatalf("got %d series, %v, want %d", len(got), err, count)
	}
	for i, s := range got {
		if want := fmt.Sprintf(`n%d{a="%d"}`, i, i%3); s.String() != want || s.Samples[0].Time != int64(i) {
			t.Fatalf("got %s at %d, want %s", s, s.Samples[0].Time, want)
		}
	}
}

// A message of 2.0 is an empty one to who takes it for one of 1.0, as the
// specification promises.
func TestVersionsAreToldApart(t *testing.T) {
	e, known := remotewrite.NewEncoder(remotewrite.V2), symbols{}
	e.Start()
	e.Add(known.series("", remotewrite.Label{Name: "__name__", Value: "n"}), []remotewrite.Sample{{1, 1}})
	if all, err := remotewritetest.Decode(1, e.Message()); err == nil {
		t.Errorf("got %v, want fields that 1.0 does not have", all)
	}
}

func TestMilliseconds(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int64
		ok   bool
	}{
		{"1700000000", 1_700_000_000_000, true},
		{"1700000000.5", 1_700_000_000_500, true},
		{"1700000000.123", 1_700_000_000_123, true},
		{"1700000000.1229999", 1_700_000_000_123, true},
		{"1700000000.1234", 1_700_000_000_123, true},
		{"1700000000.9996", 1_700_000_001_000, true},
		{"1700000000.01", 1_700_000_000_010, true},
		{"0", 0, true},
		{"-1.25", -1250, true},
		{"-0.0006", -1, true},
		{"999999999999999", 999_999_999_999_999_000, true},
		{"1000000000000000", 0, false},
		{"-999999999999999999", 0, false},
	} {
		if got, ok := remotewrite.Milliseconds([]byte(tt.text)); got != tt.want || ok != tt.ok {
			t.Errorf("%s: got %d, %v, want %d, %v", tt.text, got, ok, tt.want, tt.ok)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	for version := remotewrite.V1; version <= remotewrite.V2; version++ {
		b.Run(fmt.Sprint("version ", version), func(b *testing.B) {
			all, known := make([]*remotewrite.Series, 5000), symbols{}
			for i := range all {
				all[i] = known.series("", remotewrite.Label{Name: "__name__", Value: fmt.Sprint("cpu_user_", i)}, remotewrite.Label{Name: "dc", Value: "eu"})
			}
			e := remotewrite.NewEncoder(version)
			samples := []remotewrite.Sample{{1_700_000_000_000, 12.5}}
			b.ReportAllocs()
			for b.Loop() {
				e.Start()
				for _, s := range all {
					e.Add(s, samples)
				}
				b.SetBytes(int64(len(e.Message())))
			}
		})
	}
}
