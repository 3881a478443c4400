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
	"strconv"
	"strings"
	"testing"

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
	for _, chunk := range c.Chunks {
		b, err := hex.DecodeString(chunk.Hex)
		if chunk.Gz != "" {
			b, err = base64.StdEncoding.DecodeString(chunk.Gz)
			if r, e := gzip.NewReader(bytes.NewReader(b)); e == nil {
				b, err = io.ReadAll(r)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, string(b))
	}
	return parts
}

// differs lists where plumbago differs from carbon on purpose: how many points
// it takes, among them all of carbon's, and why.
var differs = map[string]struct {
	points int
	why    string
}{
	"mixed-04":      {3, "an infinite time costs its line, not the connection"},
	"mixed-06":      {3, "an infinite time costs its line, not the connection"},
	"long-01":       {2, "a line over the limit costs itself, not the connection"},
	"close-01":      {3, "a name that is no text costs its point, not the connection"},
	"close-02":      {1, "a pickle that is no list costs its frame, not the connection"},
	"close-04":      {1, "a number that is no float costs its point or frame, not the connection"},
	"close-06":      {4, "a name may be bytes"},
	"limit-02":      {1, "a frame over the limit is skipped, the connection kept"},
	"limit-11":      {3, "a frame over the limit is skipped, the connection kept"},
	"limit-12":      {1, "0 is the default limit"},
	"resolution-01": {5, "timestamps are kept as they come"},
	"resolution-02": {3, "timestamps are kept as they come"},
}

func TestGoldenLineStreams(t *testing.T) {
	for _, c := range load(t, "testdata/streams.jsonl") {
		t.Run(c.ID, func(t *testing.T) {
			p, _, err := read(t, receive.Options{MaxLine: 16384}, io.EOF, c.parts(t)...)
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
			o := receive.Options{Protocol: "pickle"}
			if most, ok := c.Settings["PICKLE_RECEIVER_MAX_LENGTH"].(float64); ok {
				o.MaxFrame = int(most)
			}
			p, j, err := read(t, o, io.EOF, c.parts(t)...)
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
		sum := sha256.Sum256([]byte(text(got)))
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
