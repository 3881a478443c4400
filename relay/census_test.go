package relay_test

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
)

// counts are entries as text.
func counts(t *testing.T, r *relay.Relay, by relay.Kind, depth int) string {
	t.Helper()
	list, err := r.Heaviest(by, 10, depth)
	if err != nil {
		t.Fatal(err)
	}
	var text []string
	for _, e := range list {
		text = append(text, fmt.Sprintf("%s:%d", e.Key, e.Count))
	}
	return strings.Join(text, " ")
}

// TestFewPointsAreCountedExactly by each kind.
func TestFewPointsAreCountedExactly(t *testing.T) {
	r, stop := open(t, relay.Options{
		Receivers:    []receive.Options{{Protocol: "line", Address: "tcp://127.0.0.1:0"}},
		Rules:        []route.Rule{{To: []string{"a"}}},
		Destinations: []relay.Destination{{Name: "a", Far: (&far{}).make, QueueDir: filepath.Join(t.TempDir(), "a")}},
	})
	defer stop()
	const lines = "a.b.c.d.e 1 1\na.b.c.d.f 1 1\na.b.x 1 1\na;t=x.y 1 1\n.odd. 1 1\nz.z.z 1 1\nz.z.z 1 1\n"
	send(t, r, lines)
	eventually(t, "all are counted", func() bool { return counts(t, r, relay.BySource, 0) == "127.0.0.1:7" })
	tests := []struct {
		by    relay.Kind
		depth int
		want  string
	}{
		{relay.ByPrefix, 1, "a:4 z:2 :1"},
		{relay.ByPrefix, 2, "a.b:3 z.z:2 .odd:1 a:1"},
		{relay.ByPrefix, 3, "a.b.c:2 z.z.z:2 .odd.:1 a:1 a.b.x:1"},
		{relay.ByPrefix, 4, "a.b.c.d:2 z.z.z:2 .odd.:1 a:1 a.b.x:1"},
		{relay.ByTenant, 0, ":7"},
	}
	for _, test := range tests {
		if got := counts(t, r, test.by, test.depth); got != test.want {
			t.Errorf("by %s of %d: got %s, want %s", test.by, test.depth, got, test.want)
		}
	}
	for _, wrong := range []struct {
		by    relay.Kind
		depth int
	}{{"colour", 1}, {relay.ByPrefix, 0}, {relay.ByPrefix, 5}} {
		if _, err := r.Heaviest(wrong.by, 10, wrong.depth); err == nil {
			t.Errorf("by %q of %d: got no error", wrong.by, wrong.depth)
		}
	}
}

// TestManyPointsAreCountedNearly: by a sample, long names as well as short ones.
func TestManyPointsAreCountedNearly(t *testing.T) {
	r := gateway(t, t.TempDir(), &far{}, &far{})
	defer r.Close()
	var mixed strings.Builder
	for i := range 1000 {
		switch {
		case i%10 < 5:
			mixed.WriteString("none.short 1 1\n")
		case i%10 < 8:
			mixed.WriteString("none." + strings.Repeat("long", 20) + " 1 1\n")
		default:
			fmt.Fprintf(&mixed, "none.of-many-%d 1 1\n", i)
		}
	}
	const batches = 1000
	for range batches {
		if err := r.Receive(t.Context(), stream(mixed.String())); err != nil {
			t.Fatal(err)
		}
	}
	list, err := r.Heaviest(relay.ByPrefix, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0.5, 0.3} {
		if share := float64(list[i].Count) / (batches * 1000); math.Abs(share-want) > 0.05 {
			t.Errorf("%.20s: got a share of %.3f, want about %.1f", list[i].Key, share, want)
		}
	}
}

// BenchmarkCensus measures what a point costs that the census hears of.
func BenchmarkCensus(b *testing.B) {
	for _, points := range []int{1, 100, 2000} {
		b.Run(fmt.Sprintf("batches=%d", points), func(b *testing.B) {
			c := relay.NewCensus()
			batch := stream(flood(points))
			b.SetBytes(int64(len(batch.Lines)))
			b.ReportAllocs()
			for b.Loop() {
				relay.See(c, batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*points), "ns/point")
		})
	}
}
