package receive_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
)

// golden is how the real carbon treated one connection.
type golden struct {
	ID, Note string
	Settings map[string]any
	Chunks   []struct {
		Hex string `json:"d_hex"`
		Gz  string `json:"d_gz"`
	}
	StreamHex    string `json:"stream_hex"`
	StreamGz     string `json:"stream_gz"`
	LineHex      string `json:"line_hex"`
	Points       []goldenPoint
	PointsCount  int    `json:"points_count"`
	PointsSHA256 string `json:"points_sha256"`
	Closed       bool
	Refused      int `json:"rejected_frames"`
}

type goldenPoint struct {
	M    string
	Len  int    `json:"m_len"`
	SHA  string `json:"m_sha256"`
	T, V string
}

func load(t *testing.T, file string) (cases []golden) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(file, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	for lines := json.NewDecoder(bufio.NewReader(r)); lines.More(); {
		var c golden
		if err := lines.Decode(&c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

func (c golden) parts(t *testing.T) (parts []string) {
	t.Helper()
	switch {
	case c.LineHex != "":
		return []string{unpack(t, c.LineHex, "") + "\n"}
	case c.StreamHex != "" || c.StreamGz != "":
		return []string{unpack(t, c.StreamHex, c.StreamGz)}
	}
	for _, chunk := range c.Chunks {
		parts = append(parts, unpack(t, chunk.Hex, chunk.Gz))
	}
	return parts
}

func unpack(t *testing.T, hexText, gz string) string {
	t.Helper()
	b, err := hex.DecodeString(hexText)
	if gz != "" {
		b, err = base64.StdEncoding.DecodeString(gz)
		if r, e := gzip.NewReader(bytes.NewReader(b)); e == nil {
			b, err = io.ReadAll(r)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// options are o and what the case was made with.
func (c golden) options(o receive.Options) receive.Options {
	o.Now = func() time.Time { return time.Unix(1234567890, 0) }
	if most, ok := c.Settings["PICKLE_RECEIVER_MAX_LENGTH"].(float64); ok {
		o.MaxFrame = int(most)
	}
	if seconds, ok := c.Settings["MIN_TIMESTAMP_RESOLUTION"].(float64); ok {
		o.Resolution = int(seconds)
	}
	return o
}

// differs lists where plumbago differs from carbon on purpose: how many points
// it takes, among them all of carbon's, and why.
var differs = map[string]struct {
	points int
	why    string
}{
	"mixed-04": {3, "an infinite time costs its line, not the connection"},
	"mixed-06": {3, "an infinite time costs its line, not the connection"},
	"long-01":  {2, "a line over the limit costs itself, not the connection"},
	"close-01": {3, "a name that is no text costs its point, not the connection"},
	"close-02": {1, "a pickle that is no list costs its frame, not the connection"},
	"close-04": {1, "a number that is no float costs its point or frame, not the connection"},
	"close-06": {4, "a name may be bytes"},
	"limit-02": {1, "a frame over the limit is skipped, the connection kept"},
	"limit-11": {3, "a frame over the limit is skipped, the connection kept"},
	"limit-12": {1, "0 is the default limit"},

	"resolution-009": {0, "times of 1e18 and more are not seconds"},
	"resolution-021": {0, "times of 1e18 and more are not seconds"},
	"resolution-031": {0, "times of 1e18 and more are not seconds"},
	"resolution-032": {0, "times of 1e18 and more are not seconds"},

	"plain-11": {0, "no white space in names"},
	"odd-17":   {0, "no control characters in names"},
	"bad-12":   {0, "no empty names"},
}

func TestGoldenLineStreams(t *testing.T) {
	for _, c := range load(t, "testdata/streams.jsonl") {
		t.Run(c.ID, func(t *testing.T) {
			p, _, err := read(t, c.options(receive.Options{MaxLine: 16384}), io.EOF, c.parts(t)...)
			if err != nil {
				t.Errorf("got %v, want the connection kept", err)
			}
			c.compare(t, p)
		})
	}
}

func TestGoldenPickleFrames(t *testing.T) {
	for _, c := range load(t, "testdata/frames.jsonl.gz") {
		t.Run(c.ID, func(t *testing.T) {
			p, j, err := read(t, c.options(receive.Options{Protocol: "pickle"}), io.EOF, c.parts(t)...)
			if err != nil && !c.Closed {
				t.Errorf("got %v, want the connection kept", err)
			}
			if got := j.rejected(t, metric.Pickle); !c.Closed && int(got) != c.Refused {
				t.Errorf("got %v frames refused, want %d", got, c.Refused)
			}
			c.compare(t, p)
		})
	}
}

func TestGoldenProtobufFrames(t *testing.T) {
	for _, c := range load(t, "testdata/protobuf.jsonl") {
		t.Run(c.ID, func(t *testing.T) {
			p, j, err := read(t, c.options(receive.Options{Protocol: "protobuf"}), io.EOF, c.parts(t)...)
			if err != nil && !c.Closed {
				t.Errorf("got %v, want the connection kept", err)
			}
			if got := j.rejected(t, metric.Protobuf); !c.Closed && int(got) != c.Refused {
				t.Errorf("got %v frames refused, want %d", got, c.Refused)
			}
			c.compare(t, p)
		})
	}
}

func TestGoldenResolutions(t *testing.T) {
	for _, c := range load(t, "testdata/resolution.jsonl") {
		t.Run(c.ID, func(t *testing.T) {
			p, _, _ := read(t, c.options(receive.Options{}), io.EOF, c.parts(t)...)
			c.compare(t, p)
		})
	}
}

func (c golden) compare(t *testing.T, p *pool) {
	t.Helper()
	got := canonical(metric.Batch{Lines: p.lines, Points: p.points})
	if d, ok := differs[c.ID]; ok {
		if p.points != d.points {
			t.Errorf("got %d points, want %d: %s", p.points, d.points, d.why)
		}
		return
	}
	if c.PointsSHA256 != "" {
		all := text(got)
		if c.StreamGz != "" {
			all = regexp.MustCompile(`(\t\d+)\.0\t`).ReplaceAllString(all, "$1\t") // times are integers in protobuf
		}
		sum := sha256.Sum256([]byte(all))
		if hex.EncodeToString(sum[:]) != c.PointsSHA256 {
			t.Errorf("got %d points with another digest, want %d", len(got), c.PointsCount)
		}
		return
	}
	if g, w := text(got), text(c.Points); g != w {
		t.Errorf("got %q, want %q", g, w)
	}
}

// text is points in the form whose digest the goldens hold.
func text(points []goldenPoint) string {
	var s strings.Builder
	for _, p := range points {
		name := p.M
		if p.Len > 0 {
			name = p.SHA
		}
		s.WriteString(name + "\t" + float(p.T) + "\t" + float(p.V) + "\n")
	}
	return s.String()
}

// float writes a number as the goldens do, where it is of ordinary size.
func float(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

func canonical(b metric.Batch) (points []goldenPoint) {
	for l := range b.All() {
		p := goldenPoint{M: string(l.Name), T: string(l.Timestamp), V: string(l.Value)}
		if len(l.Name) > 600 {
			sum := sha256.Sum256(l.Name)
			p.Len, p.SHA = len(l.Name), hex.EncodeToString(sum[:])
		}
		points = append(points, p)
	}
	return points
}
