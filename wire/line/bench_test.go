package line_test

import (
	"fmt"
	"testing"

	"github.com/plumbago/plumbago/wire/line"
)

// chunkOf repeats a line of many series up to what is read at once.
func chunkOf(format string) (chunk []byte, lines int) {
	for len(chunk) < 64<<10 {
		chunk = fmt.Appendf(chunk, format, lines%10000)
		lines++
	}
	return chunk, lines
}

func BenchmarkParse(b *testing.B) {
	for _, c := range []struct{ name, format string }{
		{"canonical", "servers.host-%04d.cpu.core-03.user 12345.5 1700000000\n"},
		{"negative", "servers.host-%04d.cpu.core-03.user -0.25 1700000000\n"},
		{"crlf", "servers.host-%04d.cpu.core-03.user 12345.5 1700000000\r\n"},
		{"no time", "servers.host-%04d.cpu.core-03.user 12345.5\n"},
		{"minus one", "servers.host-%04d.cpu.core-03.user 12345.5 -1\n"},
		{"fraction", "servers.host-%04d.cpu.core-03.user 12345.5 1700000000.25\n"},
		{"point zero", "servers.host-%04d.cpu.core-03.user 12345.5 1700000000.0\n"},
		{"exponent", "servers.host-%04d.cpu.core-03.user 1.5e-7 1700000000\n"},
		{"two blanks", "servers.host-%04d.cpu.core-03.user  12345.5 1700000000\n"},
		{"utf8", "servers.hôst-%04d.cpu.core-03.user 12345.5 1700000000\n"},
		{"tags", "cpu.user;core=03;host=host-%04d;rack=a1 12345.5 1700000000\n"},
		{"tags out of order", "cpu.user;rack=a1;host=host-%04d;core=03 12345.5 1700000000\n"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var p line.Parser
			chunk, lines := chunkOf(c.format)
			p.Parse(chunk, now)
			b.SetBytes(int64(len(chunk)))
			b.ReportAllocs()
			for b.Loop() {
				if got := p.Parse(chunk, now).Points; got != lines {
					b.Fatalf("got %d points, want %d", got, lines)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*lines), "ns/line")
		})
	}
}
