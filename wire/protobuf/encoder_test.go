package protobuf_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/protobuf"
)

const perFrame = 500

// batchOf is so many points of the series that benchmarks use, in turn.
func batchOf(points, series int) metric.Batch {
	var lines strings.Builder
	for i := range points {
		n := i % series
		fmt.Fprintf(&lines, "servers.host-%04d.cpu.core-%02d.user %v %d\n", n/16, n%16, float64(i)*3.25+0.5, 1_700_000_000)
	}
	return metric.Batch{Lines: []byte(lines.String()), Points: points}
}

func TestEncoderKeepsItsLimits(t *testing.T) {
	for _, tc := range []struct {
		name string
		e    protobuf.Encoder
		want int // frames of 1,000 points
	}{
		{"defaults", protobuf.Encoder{}, 2},
		{"points", protobuf.Encoder{MaxPoints: 7}, 143},
		{"one point", protobuf.Encoder{MaxPoints: 1}, 1000},
		{"all points", protobuf.Encoder{MaxPoints: 5000}, 1},
		{"bytes", protobuf.Encoder{MaxFrame: 4096, MaxPoints: 1000}, 16},
		{"fewer bytes than a point", protobuf.Encoder{MaxFrame: 10}, 1000},
		{"a prefix", protobuf.Encoder{MaxFrame: 4096, Prefix: strings.Repeat("p", 50) + "."}, 29},
	} {
		t.Run(tc.name, func(t *testing.T) {
			batch := batchOf(1000, 1000)
			stream := tc.e.AppendFrames(nil, batch)
			all := frames(stream)
			if len(all) != tc.want {
				t.Errorf("got %d frames, want %d", len(all), tc.want)
			}
			for _, f := range all {
				if tc.e.MaxFrame > 100 && len(f) > tc.e.MaxFrame {
					t.Errorf("got a frame of %d bytes, want at most %d", len(f), tc.e.MaxFrame)
				}
			}
			want := []byte(tc.e.Prefix + strings.ReplaceAll(string(batch.Lines), "\n", "\n"+tc.e.Prefix))
			if got := decode(stream); !bytes.Equal(got.lines, want[:len(want)-len(tc.e.Prefix)]) || got.refused != nil {
				t.Errorf("got other points back than were encoded: %v", got.refused)
			}
		})
	}
}

func TestEncoderGroupsByName(t *testing.T) {
	lines := "b 1 1\na 2 1\nb 3 2\nc 4 1\na 5 2\nb 6 3\nb 7 4\nd 0 0\n"
	for most, want := range map[int]string{
		0: "b 1 1\nb 3 2\nb 6 3\nb 7 4\na 2 1\na 5 2\nc 4 1\nd 0 0\n",
		3: "b 1 1\nb 3 2\na 2 1\nc 4 1\na 5 2\nb 6 3\nb 7 4\nd 0 0\n",
		1: lines,
	} {
		e := protobuf.Encoder{MaxPoints: most}
		if got := decode(e.AppendFrames(nil, metric.Batch{Lines: []byte(lines)})).lines; string(got) != want {
			t.Errorf("%d points in a frame: got %q, want %q", most, got, want)
		}
	}
}

func TestEncoderCutsTimesAndRejectsThoseOutside(t *testing.T) {
	for text, want := range map[string]string{
		"1700000000.99": "1700000000", "0": "0", "0.5": "0", "-0.5": "0", "4294967295": "4294967295", "4294967295.75": "4294967295",
		"-1": "", "-2.5": "", "4294967296": "", "99999999999999999": "",
	} {
		var rejects []string
		e := protobuf.Encoder{Prefix: "secret.", Reject: func(r metric.Reason, item string) { rejects = append(rejects, string(r)+": "+item) }}
		got := decode(e.AppendFrames(nil, metric.Batch{Lines: []byte("a 1 " + text + "\nb 2 3\n")})).lines
		wantLines, wantRejects := "secret.a 1 "+want+"\nsecret.b 2 3\n", "[]"
		if want == "" {
			wantLines, wantRejects = "secret.b 2 3\n", `[timestamp: a point of the name "a"]`
		}
		if string(got) != wantLines || fmt.Sprint(rejects) != wantRejects {
			t.Errorf("%s: got %q and %v, want %q and %s", text, got, rejects, wantLines, wantRejects)
		}
	}
}

func TestEncoderAppends(t *testing.T) {
	var e protobuf.Encoder
	first := e.AppendFrames([]byte("before"), metric.Batch{Lines: []byte("a 1 2\n"), Points: 1})
	if !bytes.HasPrefix(first, []byte("before\x00\x00\x00")) {
		t.Errorf("got %q, want a frame behind what was there", first)
	}
	if got := e.AppendFrames(nil, metric.Batch{}); len(got) != 0 {
		t.Errorf("got %q for no points, want nothing", got)
	}
	if got := e.AppendFrames(nil, metric.Batch{Lines: []byte("a 1 -5\n")}); len(got) != 0 {
		t.Errorf("got %q for a point that is left out, want nothing", got)
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, series := range []int{1, 60, perFrame} {
		batch := batchOf(2*perFrame, series)
		var e protobuf.Encoder
		var d protobuf.Decoder
		stream := e.AppendFrames(nil, batch)
		frame := frames(stream)[0]
		n := testing.AllocsPerRun(20, func() {
			stream = e.AppendFrames(stream[:0], batch)
			if _, err := d.Decode(frame, now); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%d series: got %v allocations, want none", series, n)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, series := range []int{perFrame, 50} {
		b.Run(fmt.Sprint("series=", series), func(b *testing.B) {
			var e protobuf.Encoder
			frame := frames(e.AppendFrames(nil, batchOf(perFrame, series)))[0]
			var d protobuf.Decoder
			b.SetBytes(int64(len(frame)))
			b.ReportAllocs()
			for b.Loop() {
				if batch, err := d.Decode(frame, now); err != nil || batch.Points != perFrame {
					b.Fatal(batch.Points, err)
				}
			}
			perPoint(b)
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, series := range []int{perFrame, 50} {
		b.Run(fmt.Sprint("series=", series), func(b *testing.B) {
			batch := batchOf(perFrame, series)
			var e protobuf.Encoder
			var stream []byte
			b.SetBytes(int64(len(batch.Lines)))
			b.ReportAllocs()
			for b.Loop() {
				stream = e.AppendFrames(stream[:0], batch)
			}
			perPoint(b)
		})
	}
}

func perPoint(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*perFrame), "ns/point")
}
