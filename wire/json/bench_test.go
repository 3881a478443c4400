package json_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/wire/json"
)

const perBody = 500

// bodyOf is an array of points in a form with a name, a value and a time.
func bodyOf(form string) []byte {
	items := make([]string, perBody)
	for i := range items {
		items[i] = fmt.Sprintf(form, fmt.Sprintf("servers.host-%04d.cpu.core-%02d.user", i/16, i%16), float64(i)*3.25+.5, 1700000000)
	}
	return []byte("[" + strings.Join(items, ",\n ") + "]")
}

func BenchmarkDecode(b *testing.B) {
	for _, bench := range []struct{ name, form string }{
		{"object", `{"name": "%s", "value": %v, "timestamp": %d}`},
		{"tags", `{"name": "%s", "value": %v, "timestamp": %d, "tags": {"dc": "eu", "rack": "7"}}`},
		{"array", `["%s", %v, %d]`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var d json.Decoder
			body := bodyOf(bench.form)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if batch, err := d.Decode(body, now); err != nil || batch.Points != perBody {
					b.Fatalf("got %d points, %v", batch.Points, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/perBody, "ns/point")
		})
	}
}

func TestDecodingAllocatesNothing(t *testing.T) {
	var d json.Decoder
	body := bodyOf(`{"name": "%s", "value": %v, "timestamp": %d, "tags": {"dc": "eu", "rack": "7"}}`)
	if got := testing.AllocsPerRun(20, func() { _, _ = d.Decode(body, now) }); got > 4 {
		t.Errorf("got %v allocations a body, want next to none", got)
	}
}
