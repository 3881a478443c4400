package metric_test

import (
	"testing"

	"github.com/plumbago/plumbago/metric"
)

func TestBatchAllYieldsTheFieldsOfEveryLine(t *testing.T) {
	const lines = "a.b 1 1700000000\nc;t=1 -2.50 1700000000.25\n"
	b := metric.Batch{Lines: []byte(lines), Points: 2}
	var back []byte
	var names []string
	for l := range b.All() {
		names = append(names, string(l.Name))
		back = metric.Append(back, l)
	}
	if len(names) != 2 || names[0] != "a.b" || names[1] != "c;t=1" {
		t.Errorf("got names %q, want a.b and c;t=1", names)
	}
	if string(back) != lines {
		t.Errorf("got %q, want %q", back, lines)
	}
}

func TestBatchAllStopsWhenAsked(t *testing.T) {
	b := metric.Batch{Lines: []byte("a 1 1\nb 2 2\n"), Points: 2}
	n := 0
	for range b.All() {
		n++
		break
	}
	if n != 1 {
		t.Errorf("got %d lines, want 1", n)
	}
}

func BenchmarkNext(b *testing.B) {
	lines := []byte("servers.host-0042.cpu.core-03.user 12345.5 1700000000\n")
	b.SetBytes(int64(len(lines)))
	b.ReportAllocs()
	for b.Loop() {
		metric.Next(lines)
	}
}
