package pickle_test

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/pickle"
)

// goldenWire is what a real carbon-relay was sent, and what it wrote.
type goldenWire struct {
	ID, Input, File string
	Settings        map[string]any
	InHex           string `json:"in_hex"`
	InGz            string `json:"in_gz"`
}

// wireDifferences are the captures that the encoder does not reproduce.
var wireDifferences = map[string]string{
	"pickle-in-shared-name.pickle": "objects that a sender shared are written out each time",
}

// TestEncoderWritesWhatCarbonWrites needs the very bytes of carbon's frames.
func TestEncoderWritesWhatCarbonWrites(t *testing.T) {
	compared := 0
	eachLine(t, "testdata/wire/wire.jsonl.gz", func(c goldenWire) {
		if c.Settings["MIN_TIMESTAMP_RESOLUTION"] != nil {
			return // rounds times to integers, which plumbago does not
		}
		compared++
		var e pickle.Encoder
		if n, ok := c.Settings["MAX_DATAPOINTS_PER_MESSAGE"].(string); ok {
			fmt.Sscan(n, &e.MaxPoints)
		}
		want := capture(t, c.File)
		got := e.AppendFrames(nil, c.batch(t))
		switch same := bytes.Equal(got, want); {
		case wireDifferences[c.ID] != "":
			if same || !bytes.Equal(pointsOf(t, got), pointsOf(t, want)) {
				t.Errorf("%s: got %q, want other bytes of the same points than %q", c.ID, got, want)
			}
		case !same:
			t.Errorf("%s: got %d bytes, want %d, the same up to %d", c.ID, len(got), len(want), samePrefix(got, want))
		}
	})
	if compared < 10 {
		t.Errorf("got %d captures, want 10 and more", compared)
	}
}

// batch returns the lines that came to carbon, without those it does not take.
func (c goldenWire) batch(t *testing.T) metric.Batch {
	in, _ := hex.DecodeString(c.InHex)
	if c.InGz != "" {
		in = gunzip(t, c.InGz)
	}
	if c.Input == "pickle" {
		return metric.Batch{Lines: pointsOf(t, in)}
	}
	var b metric.Batch
	for l := range strings.Lines(string(in)) {
		if f := strings.Fields(l); len(f) == 3 && f[1] != "nan" {
			b.Lines = append(b.Lines, strings.Join(f, " ")+"\n"...)
			b.Points++
		}
	}
	return b
}

func capture(t *testing.T, file string) []byte {
	f, err := os.Open("testdata/wire/" + strings.TrimSuffix(file, ".gz") + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// pointsOf returns the lines of all frames of a stream.
func pointsOf(t testing.TB, stream []byte) (lines []byte) {
	t.Helper()
	all := frames(stream, math.MaxInt)
	var d pickle.Decoder
	for _, f := range all {
		b, err := d.Decode(f, now)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, b.Lines...)
		stream = stream[4+len(f):]
	}
	if len(stream) > 0 {
		t.Fatalf("got %d bytes behind the frames, want none", len(stream))
	}
	return lines
}

func samePrefix(a, b []byte) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

func TestEncoderKeepsItsLimits(t *testing.T) {
	for _, tc := range []struct {
		name string
		e    pickle.Encoder
		want int // frames of 1,000 points
	}{
		{"defaults", pickle.Encoder{}, 2},
		{"points", pickle.Encoder{MaxPoints: 7}, 143},
		{"one point", pickle.Encoder{MaxPoints: 1}, 1000},
		{"bytes", pickle.Encoder{MaxFrame: 4096, MaxPoints: 1000}, 17},
		{"fewer bytes than a point", pickle.Encoder{MaxFrame: 10}, 1000},
		{"more than CPython puts behind a mark", pickle.Encoder{MaxPoints: 5000}, 1},
		{"a prefix", pickle.Encoder{MaxFrame: 4096, Prefix: strings.Repeat("p", 50) + "."}, 29},
	} {
		t.Run(tc.name, func(t *testing.T) {
			batch := batchOf(1000)
			stream := tc.e.AppendFrames(nil, batch)
			all := frames(stream, math.MaxInt)
			if len(all) != tc.want {
				t.Errorf("got %d frames, want %d", len(all), tc.want)
			}
			for _, f := range all {
				if tc.e.MaxFrame > 100 && len(f) > tc.e.MaxFrame {
					t.Errorf("got a frame of %d bytes, want at most %d", len(f), tc.e.MaxFrame)
				}
			}
			want := []byte(tc.e.Prefix + strings.ReplaceAll(string(batch.Lines), "\n", "\n"+tc.e.Prefix))
			if got := pointsOf(t, stream); !bytes.Equal(got, want[:len(want)-len(tc.e.Prefix)]) {
				t.Errorf("got other points back than were encoded")
			}
		})
	}
}

func TestEncoderAppends(t *testing.T) {
	var e pickle.Encoder
	first := e.AppendFrames([]byte("before"), metric.Batch{Lines: []byte("a 1 2\n"), Points: 1})
	if !bytes.HasPrefix(first, []byte("before\x00\x00\x00")) {
		t.Errorf("got %q, want a frame behind what was there", first)
	}
	if got := e.AppendFrames(nil, metric.Batch{}); len(got) != 0 {
		t.Errorf("got %q for no points, want nothing", got)
	}
}

func TestEncoderReadsEveryCanonicalNumber(t *testing.T) {
	for value, want := range map[string]string{
		"1_000": "1000", "+.5": "0.5", "-7.": "-7", "1e3": "1000", "٣": "3", "inf": "inf", "-Infinity": "-inf",
		"0.1": "0.1", "123456789012345678": "123456789012345680", "2.2250738585072014e-308": "2.2250738585072014e-308",
		"9007199254740993": "9007199254740992", "0.30000000000000004": "0.30000000000000004", "-0": "-0", "1e400": "inf",
	} {
		var e pickle.Encoder
		b := metric.Batch{Lines: []byte("a " + value + " 1.25\n"), Points: 1}
		if got := string(pointsOf(t, e.AppendFrames(nil, b))); got != "a "+want+" 1.25\n" {
			t.Errorf("%s: got %q, want the value %s", value, got, want)
		}
	}
}
