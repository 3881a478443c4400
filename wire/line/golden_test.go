package line_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/line"
)

// The golden cases were made with this clock and carbon's limit.
const (
	now           = 1234567890
	carbonMaxLine = 16384
)

// read is bytes as the golden files hold them, in one of two forms.
type read struct {
	Hex string `json:"d_hex"`
	Gz  string `json:"d_gz"`
}

func (r read) bytes(t *testing.T) []byte {
	t.Helper()
	plain, err := hex.DecodeString(r.Hex)
	if r.Gz != "" {
		plain, err = gunzip(r.Gz)
	}
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func gunzip(text string) ([]byte, error) {
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// point is what carbon read: texts, as the golden README explains them.
type point struct {
	Name   string `json:"m"`
	Len    int    `json:"m_len"`
	SHA256 string `json:"m_sha256"`
	Time   string `json:"t"`
	Value  string `json:"v"`
}

// is reports whether l is the point that carbon read.
func (p point) is(l metric.Line) bool {
	return p.hasName(l.Name) && sameNumber(p.Value, string(l.Value)) &&
		(p.Time == "now" && string(l.Timestamp) == strconv.Itoa(now) || sameNumber(p.Time, string(l.Timestamp)))
}

func (p point) hasName(got []byte) bool {
	if p.SHA256 != "" {
		sum := sha256.Sum256(got)
		return len(got) == p.Len && hex.EncodeToString(sum[:]) == p.SHA256
	}
	return string(name.AppendCanonical(nil, []byte(p.Name))) == string(got)
}

func sameNumber(want, got string) bool {
	w, wantErr := strconv.ParseFloat(want, 64)
	g, gotErr := strconv.ParseFloat(got, 64)
	return wantErr == nil && gotErr == nil && w == g
}

func load[T any](t *testing.T, path string) (all []T) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for text := range bytes.Lines(file) {
		var one T
		if err := json.Unmarshal(text, &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		t.Fatalf("%s holds no cases", path)
	}
	return all
}

// reader is a parser and all that came out of it.
type reader struct {
	line.Parser
	lines   []byte
	points  int
	rejects []metric.Reason

	resolution int64 // of times, in seconds; 0 is off
}

func newReader() *reader {
	r := &reader{}
	r.MaxLine = carbonMaxLine
	r.Reject = func(reason metric.Reason, _ []byte) { r.rejects = append(r.rejects, reason) }
	return r
}

func (r *reader) take(b metric.Batch) {
	r.lines = append(r.lines, b.Lines...)
	r.points += b.Points
}

// rounded returns a time as carbon rounds it down.
func (r *reader) rounded(text []byte) []byte {
	t, err := strconv.ParseFloat(string(text), 64)
	if r.resolution == 0 || err != nil {
		return text
	}
	steps := math.Floor(math.Trunc(t) / float64(r.resolution))
	return strconv.AppendInt(nil, int64(steps)*r.resolution, 10)
}

// check compares what came out with what carbon read.
func (r *reader) check(t *testing.T, want []point) {
	t.Helper()
	var got []metric.Line
	for l := range (metric.Batch{Lines: r.lines}).All() {
		l.Timestamp = r.rounded(l.Timestamp)
		got = append(got, l)
	}
	same := len(got) == len(want) && r.points == len(got)
	for i := 0; same && i < len(got); i++ {
		same = want[i].is(got[i])
	}
	if !same {
		t.Errorf("got %d points, rejected %q, lines %.200q, want %.200v", r.points, r.rejects, r.lines, want)
	}
}

// difference is what this package makes, on purpose, of a case in which carbon
// does something else.
type difference struct {
	lines string
	why   string
}

const (
	noTime      = "a line without a time means now"
	control     = "no control characters in names: they would be invisible in every file and terminal"
	tooFar      = "times of 1e18 and more are not seconds"
	keepsOpen   = "a bad line costs that line only, not the connection"
	onlyOneLine = "a line that is not UTF-8 costs that line only, not the datagram"
)

var lineDifferences = map[string]difference{
	"whitespace-036": {"", control},
	"whitespace-037": {"", control},
	"whitespace-044": {"", control},
	"fields-006":     {"a 1 1234567890\n", noTime},
	"fields-011":     {"1 2 1234567890\n", noTime},
	"timestamp-039":  {"m 1 1234567890\n", noTime},
	"timestamp-027":  {"", tooFar},
	"timestamp-029":  {"", tooFar},
	"resolution-009": {"", tooFar},
	"resolution-021": {"", tooFar},
	"resolution-031": {"", tooFar},
	"resolution-032": {"", tooFar},
}

func TestLinesAreReadAsCarbonReadsThem(t *testing.T) {
	type golden struct {
		ID     string
		Hex    string `json:"line_hex"`
		Gz     string `json:"line_gz"`
		Points []point
		// MIN_TIMESTAMP_RESOLUTION is the relay's business: the test does its part.
		Settings struct {
			Resolution int64 `json:"MIN_TIMESTAMP_RESOLUTION"`
		}
	}
	for _, g := range load[golden](t, "testdata/lines.jsonl") {
		t.Run(g.ID, func(t *testing.T) {
			r := newReader()
			r.resolution = g.Settings.Resolution
			raw := read{g.Hex, g.Gz}.bytes(t)
			r.take(r.Parse(append(raw, '\n'), now))
			if d, ok := lineDifferences[g.ID]; ok {
				r.checkDifference(t, d)
				return
			}
			r.check(t, g.Points)
			if blank := len(bytes.TrimSpace(raw)) == 0; !blank && len(r.rejects)+r.points != 1 {
				t.Errorf("got %d points and rejects %q, want one of either", r.points, r.rejects)
			}
		})
	}
}

func (r *reader) checkDifference(t *testing.T, d difference) {
	t.Helper()
	if string(r.lines) != d.lines {
		t.Errorf("got %q, want %q: %s", r.lines, d.lines, d.why)
	}
}

var streamDifferences = map[string]difference{
	"mixed-04": {"ok1 1 2\nok2 1 2\nok3 1 2\n", keepsOpen},
	"mixed-06": {"ok1 1 2\nok2 1 2\nok3 1 2\n", keepsOpen},
	"long-01":  {"ok1 1 2\nok2 1 2\n", keepsOpen},
}

func TestStreamsAreReadAsCarbonReadsThem(t *testing.T) {
	type golden struct {
		ID     string
		Chunks []read
		Points []point
		Count  int    `json:"points_count"`
		Digest string `json:"points_sha256"`
	}
	for _, g := range load[golden](t, "testdata/streams.jsonl") {
		t.Run(g.ID, func(t *testing.T) {
			r := newReader()
			var rest []byte
			for _, c := range g.Chunks {
				rest = append(rest, c.bytes(t)...)
				whole := bytes.LastIndexByte(rest, '\n') + 1
				r.take(r.Parse(rest[:whole], now))
				rest = rest[whole:]
			}
			if d, ok := streamDifferences[g.ID]; ok {
				r.checkDifference(t, d)
				return
			}
			if g.Count > 0 {
				if sum := r.digest(); sum != g.Digest || r.points != g.Count {
					t.Errorf("got %d points with the digest %s, want %d, %s", r.points, sum, g.Count, g.Digest)
				}
				return
			}
			r.check(t, g.Points)
		})
	}
}

// digest is the digest of long lists of points that the golden README describes.
func (r *reader) digest() string {
	sum := sha256.New()
	for l := range (metric.Batch{Lines: r.lines}).All() {
		// The golden points are floats as Python writes them: these are whole.
		fmt.Fprintf(sum, "%s\t%s.0\t%s.0\n", l.Name, l.Timestamp, l.Value)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

var datagramDifferences = map[string]difference{
	"odd-01": {"a 1 2\nb 1 2\n", onlyOneLine},
}

func TestDatagramsAreReadAsCarbonReadsThem(t *testing.T) {
	type golden struct {
		ID      string
		Hex     string `json:"data_hex"`
		Gz      string `json:"data_gz"`
		Points  []point
		Invalid int `json:"invalid_lines"`
	}
	for _, g := range load[golden](t, "testdata/udp.jsonl") {
		t.Run(g.ID, func(t *testing.T) {
			r := newReader()
			r.MaxLine = 0
			r.take(r.ParseDatagram(read{g.Hex, g.Gz}.bytes(t), now))
			if d, ok := datagramDifferences[g.ID]; ok {
				r.checkDifference(t, d)
				return
			}
			r.check(t, g.Points)
		})
	}
}
