package tidy_test

import (
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/tidy"
	"github.com/plumbago/plumbago/metric"
)

// strict mends everything.
var strict = tidy.Options{
	Characters: tidy.Fix, Dots: tidy.Fix, Length: tidy.Fix, Tags: tidy.Fix, Age: tidy.Fix,
	MaxAge: 24 * time.Hour, MaxAhead: time.Hour,
}

func BenchmarkCheck(b *testing.B) {
	for _, c := range []struct{ name, metric, time string }{
		{"40 bytes", "servers.host-0042.cpu.core-03.user.usage", "1700000000"},
		{"20 bytes", "web01.load.shortterm", "1700000000"},
		{"tagged", "disk.used;datacenter=dc1;rack=a1;server=web01", "1700000000"},
		{"fraction", "servers.host-0042.cpu.core-03.user.usage", "1700000000.25"},
		{"faulty", "servers.höst-0042..cpu.core-03.user.usage", "1600000000"},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := policy(b, strict)
			l := metric.Line{Name: []byte(c.metric), Value: []byte("1"), Timestamp: []byte(c.time)}
			var faults []tidy.Fault
			b.SetBytes(int64(len(c.metric)))
			b.ReportAllocs()
			for b.Loop() {
				faults = p.Check(faults[:0], l, now)
			}
		})
	}
}

func BenchmarkFix(b *testing.B) {
	p := policy(b, strict)
	l := metric.Line{Name: []byte("servers.höst-0042..cpu.core-03.user;b=2;a=1"), Value: []byte("1"), Timestamp: []byte("1600000000")}
	faults := p.Check(nil, l, now)
	var dst []byte
	b.SetBytes(int64(len(l.Name)))
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = p.Fix(dst[:0], l, faults, now)
	}
}
