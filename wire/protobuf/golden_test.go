package protobuf_test

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/protobuf"
)

// now is what the present is in all tests.
const now = 1_800_000_000

// goldenStream is what was sent to one connection of the real carbon, and what
// came of it.
type goldenStream struct {
	ID, Note  string
	Settings  map[string]any
	StreamHex string `json:"stream_hex"`
	StreamGz  string `json:"stream_gz"`
	Points    []goldenPoint
	Count     int    `json:"points_count"`
	Digest    string `json:"points_sha256"`
	Rejected  int    `json:"rejected_frames"`
}

type goldenPoint struct{ M, T, V string }

func (g goldenStream) bytes(t testing.TB) []byte { return content(t, g.StreamHex, g.StreamGz) }

// content is what the golden files write in either way.
func content(t testing.TB, inHex, inGz string) []byte {
	t.Helper()
	b, err := hex.DecodeString(inHex)
	if inGz != "" {
		b, err = uncompressed(base64.NewDecoder(base64.StdEncoding, strings.NewReader(inGz)))
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func uncompressed(r io.Reader) ([]byte, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func file(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open("testdata/" + path + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := uncompressed(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// eachLine decodes the objects of a compressed file of JSON lines.
func eachLine[T any](t testing.TB, path string, do func(T)) {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(string(file(t, path))))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		do(v)
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
}

// frames splits a stream; a cut frame at its end is left out.
func frames(stream []byte) (all [][]byte) {
	for len(stream) >= 4 {
		n := int(binary.BigEndian.Uint32(stream))
		if stream = stream[4:]; n > len(stream) {
			break
		}
		all = append(all, stream[:n])
		stream = stream[n:]
	}
	return all
}

// Differences in single points, as carbon takes them.
const (
	unfitNames = "names that a line cannot carry: empty, with white space or with control characters"
	resolution = "times stay as they were sent, whatever MIN_TIMESTAMP_RESOLUTION says"
)

// outcome is what plumbago made of a stream.
type outcome struct {
	lines    []byte
	rejected map[metric.Reason]int
	refused  []error
}

func decode(stream []byte) outcome {
	o := outcome{rejected: map[metric.Reason]int{}}
	d := protobuf.Decoder{Reject: func(r metric.Reason, _ string) { o.rejected[r]++ }}
	for _, f := range frames(stream) {
		b, err := d.Decode(f, now)
		if err != nil {
			o.refused = append(o.refused, err)
		}
		o.lines = append(o.lines, b.Lines...)
	}
	return o
}

func TestStreamsAreReadAsCarbonReadsThem(t *testing.T) {
	used := map[string]int{}
	eachLine(t, "receiver.jsonl", func(g goldenStream) {
		o := decode(g.bytes(t))
		if len(o.refused) != g.Rejected {
			t.Errorf("%s (%s): got %v, want %d frames refused", g.ID, g.Note, o.refused, g.Rejected)
		}
		if g.Digest != "" {
			if got := digest(o.lines); got != g.Digest {
				t.Errorf("%s: got points of digest %s, want %s", g.ID, got, g.Digest)
			}
			return
		}
		unfit := 0
		var want []byte
		for _, p := range g.Points {
			if name.Check([]byte(p.M)) != "" {
				unfit++
				continue
			}
			if g.Settings["MIN_TIMESTAMP_RESOLUTION"] != nil {
				p.T = "1700000059" // as it was sent
				used[resolution]++
			}
			want = fmt.Appendf(want, "%s %s %s\n", p.M, strings.TrimSuffix(p.V, ".0"), p.T)
		}
		used[unfitNames] += unfit
		if string(o.lines) != string(want) || o.rejected[metric.Name] != unfit {
			t.Errorf("%s (%s): got %q, %v, want %q and %d unfit names", g.ID, g.Note, o.lines, o.rejected, want, unfit)
		}
	})
	for _, d := range []string{unfitNames, resolution} {
		if used[d] == 0 {
			t.Errorf("the difference %q does not exist", d)
		}
	}
	t.Logf("differences: %v", used)
}

// digest is that of the golden files, of points with values that Python prints
// without an exponent.
func digest(lines []byte) string {
	h := sha256.New()
	for l := range (metric.Batch{Lines: lines}).All() {
		v := string(l.Value)
		if !strings.Contains(v, ".") {
			v += ".0"
		}
		fmt.Fprintf(h, "%s\t%s\t%s\n", l.Name, l.Timestamp, v)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// goldenWire is what a real carbon-relay was sent, and what it wrote.
type goldenWire struct {
	ID, Input, File string
	Settings        map[string]string
	InHex           string `json:"in_hex"`
	InGz            string `json:"in_gz"`
}

// wireDifferences are the captures that the encoder does not reproduce.
var wireDifferences = map[string]string{
	"timestamps-negative.protobuf": "a time that the protocol does not have costs its point; carbon loses the whole batch",
}

// TestEncoderWritesWhatCarbonWrites needs the very bytes of carbon's frames.
func TestEncoderWritesWhatCarbonWrites(t *testing.T) {
	compared := 0
	eachLine(t, "wire/wire.jsonl", func(g goldenWire) {
		if g.Settings["MIN_TIMESTAMP_RESOLUTION"] != "" {
			return // rounds times, which plumbago does not
		}
		compared++
		var e protobuf.Encoder
		if n := g.Settings["MAX_DATAPOINTS_PER_MESSAGE"]; n != "" {
			e.MaxPoints, _ = strconv.Atoi(n)
		}
		want := file(t, "wire/"+strings.TrimSuffix(g.File, ".gz"))
		got := e.AppendFrames(nil, g.batch(t))
		if same := string(got) == string(want); same != (wireDifferences[g.ID] == "") {
			t.Errorf("%s: got %d bytes, want %d", g.ID, len(got), len(want))
		}
	})
	if compared < 15 {
		t.Errorf("got %d captures, want 15 and more", compared)
	}
}

// batch returns the lines that came to carbon, without those it does not take.
// Of what did not come as lines it is what carbon wrote as lines.
func (g goldenWire) batch(t *testing.T) (b metric.Batch) {
	in := content(t, g.InHex, g.InGz)
	if g.Input == "pickle" {
		in = file(t, "wire/"+strings.TrimSuffix(g.ID, "protobuf")+"line.bin")
	}
	for l := range strings.Lines(string(in)) {
		if f := strings.Fields(l); len(f) == 3 && f[1] != "nan" {
			b.Lines = append(b.Lines, strings.Join(f, " ")+"\n"...)
			b.Points++
		}
	}
	return b
}
