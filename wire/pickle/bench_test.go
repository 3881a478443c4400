package pickle_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/pickle"
)

const perFrame = 500

// series is the name of the i-th of the points that benchmarks use.
func series(i int) string { return fmt.Sprintf("servers.host-%04d.cpu.core-%02d.user", i/16, i%16) }

func pointOf(i int) (n string, timestamp int32, v float64) {
	return series(i), 1_700_000_000, float64(i)*3.25 + 0.5
}

// protocol0, protocol2 and protocol4 write the points as CPython's C picklers do.
func protocol0() []byte {
	var b bytes.Buffer
	b.WriteString("(lp0\n")
	for i := range perFrame {
		n, timestamp, v := pointOf(i)
		fmt.Fprintf(&b, "(V%s\np%d\n(I%d\nF%v\ntp%d\ntp%d\na", n, 3*i+1, timestamp, v, 3*i+2, 3*i+3)
	}
	return append(b.Bytes(), '.')
}

func protocol2() []byte {
	b := []byte("\x80\x02]q\x00(")
	memo := uint32(0)
	put := func() {
		if memo++; memo < 256 {
			b = append(b, 'q', byte(memo))
			return
		}
		b = binary.LittleEndian.AppendUint32(append(b, 'r'), memo)
	}
	for i := range perFrame {
		n, timestamp, v := pointOf(i)
		b = binary.LittleEndian.AppendUint32(append(b, 'X'), uint32(len(n)))
		b = append(b, n...)
		put()
		b = appendNumbers(b, timestamp, v)
		b = append(b, 0x86)
		put()
		b = append(b, 0x86)
		put()
	}
	return append(b, 'e', '.')
}

func protocol4() []byte {
	b := []byte("\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00]\x94(")
	for i := range perFrame {
		n, timestamp, v := pointOf(i)
		b = append(b, 0x8c, byte(len(n)))
		b = append(append(b, n...), 0x94)
		b = append(appendNumbers(b, timestamp, v), 0x86, 0x94, 0x86, 0x94)
	}
	b = append(b, 'e', '.')
	binary.LittleEndian.PutUint64(b[3:], uint64(len(b)-11))
	return b
}

func appendNumbers(b []byte, timestamp int32, v float64) []byte {
	b = binary.LittleEndian.AppendUint32(append(b, 'J'), uint32(timestamp))
	return binary.BigEndian.AppendUint64(append(b, 'G'), math.Float64bits(v))
}

func BenchmarkDecode(b *testing.B) {
	for _, p := range []struct {
		name  string
		frame []byte
	}{{"protocol=0", protocol0()}, {"protocol=2", protocol2()}, {"protocol=4", protocol4()}} {
		b.Run(p.name, func(b *testing.B) {
			var d pickle.Decoder
			b.SetBytes(int64(len(p.frame)))
			b.ReportAllocs()
			for b.Loop() {
				if batch, err := d.Decode(p.frame, now); err != nil || batch.Points != perFrame {
					b.Fatal(batch.Points, err)
				}
			}
			perPoint(b)
		})
	}
}

func perPoint(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*perFrame), "ns/point")
}

// batchOf is the benchmarks' points as lines.
func batchOf(points int) metric.Batch {
	var lines strings.Builder
	for i := range points {
		n, timestamp, v := pointOf(i)
		fmt.Fprintf(&lines, "%s %v %d\n", n, v, timestamp)
	}
	return metric.Batch{Lines: []byte(lines.String()), Points: points}
}

func BenchmarkEncode(b *testing.B) {
	batch := batchOf(perFrame)
	var e pickle.Encoder
	var frames []byte
	b.SetBytes(int64(len(batch.Lines)))
	b.ReportAllocs()
	for b.Loop() {
		frames = e.AppendFrames(frames[:0], batch)
	}
	perPoint(b)
}
