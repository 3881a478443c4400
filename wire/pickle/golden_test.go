package pickle_test

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
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/pickle"
)

// now is what the present is in all tests.
const now = 1_800_000_000

// goldenCase is one frame that was sent to the real carbon, and what came of it.
type goldenCase struct {
	ID, Cat, Name, Outcome, Err, Why string

	FrameB64 string        `json:"frame_b64"`
	FrameGz  string        `json:"frame_gz"`
	Points   []goldenPoint `json:"points"`
	BadItems int           `json:"bad_items"`
	Digest   string        `json:"points_sha256"`
}

type goldenPoint struct {
	M    string  `json:"m"`
	Hex  *string `json:"m_hex"`
	Size int     `json:"m_len"`
	Hash string  `json:"m_sha256"`
	T, V string
}

func (p goldenPoint) name() string {
	if p.Hex != nil {
		b, _ := hex.DecodeString(*p.Hex)
		return string(b)
	}
	return p.M
}

func (c goldenCase) frame(t testing.TB) []byte {
	if c.FrameGz != "" {
		return gunzip(t, c.FrameGz)
	}
	b, err := base64.StdEncoding.DecodeString(c.FrameB64)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func gunzip(t testing.TB, text string) []byte {
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// eachLine decodes the objects of a compressed file of JSON lines.
func eachLine[T any](t testing.TB, file string, do func(T)) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
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

// difference is a way in which plumbago means to differ from carbon. Its name
// and reason are what docs/compatibility.md tells users.
type difference struct {
	name, reason string
	applies      func(c goldenCase, o outcome) bool
}

// differences in frames of which carbon takes fewer points than plumbago.
var differences = []difference{
	{"names as bytes", "a name of bytes that are UTF-8 is as good as text; carbon closes the connection",
		func(c goldenCase, o outcome) bool { return c.Err == "AttributeError" && o.rejected[metric.Name] == 0 }},
	{"names that are no text", "an item whose name is no text costs that item; carbon closes the connection",
		func(c goldenCase, o outcome) bool { return c.Err == "AttributeError" && o.rejected[metric.Name] > 0 }},
	{"times that are no time", "an item with a NaN or infinite time costs that item; carbon closes the connection",
		func(c goldenCase, o outcome) bool {
			return (c.Err == "OverflowError" || c.Err == "ValueError") && o.rejected[metric.Timestamp] > 0
		}},
	{"numbers beyond a float64", "an item with such a number costs that item; carbon closes the connection",
		func(c goldenCase, o outcome) bool { return c.Err == "OverflowError" && o.rejected[metric.Value] > 0 }},
	{"names not UTF-8", "an item whose name is not UTF-8, such as Latin-1 from Python 2, costs that item; carbon drops the frame",
		func(c goldenCase, o outcome) bool {
			return strings.Contains(c.Why, notUTF8) && o.rejected[metric.UTF8] > 0
		}},
	{"values and times not UTF-8", "text that is no number costs the item, whatever its bytes; carbon drops the frame",
		func(c goldenCase, o outcome) bool { return strings.Contains(c.Why, notUTF8) }},
}

const notUTF8 = "'utf-8' codec can't decode"

// stricter are the frames that plumbago refuses although carbon takes them, by
// the names of their cases.
var stricter = map[string]string{
	"BUILD on list with None":          "the instruction that sets an object's attributes is refused even where it sets none",
	"bytearray extend through APPENDS": "a bytearray cannot grow, since no pickler makes one grow",
}

// differences in single points, as carbon takes them.
const (
	unfitNames = "names that a line cannot carry: empty, with white space or control characters, or with half of a surrogate pair"
	tagOrder   = "tags are put in order"
)

// outcome is what plumbago made of a frame.
type outcome struct {
	lines    []metric.Line
	rejected map[metric.Reason]int
	err      error
}

func decode(frame []byte) outcome {
	o := outcome{rejected: map[metric.Reason]int{}}
	d := pickle.Decoder{Reject: func(r metric.Reason, _ string) { o.rejected[r]++ }}
	b, err := d.Decode(frame, now)
	o.lines, o.err = slices.Collect(b.All()), err
	if len(o.lines) != b.Points {
		panic("the batch is miscounted")
	}
	return o
}

func TestGolden(t *testing.T) {
	used := map[string]int{}
	for _, file := range []string{"corpus", "handmade", "hostile", "truncated", "fuzz"} {
		eachLine(t, "testdata/golden/"+file+".jsonl.gz", func(c goldenCase) {
			o := decode(c.frame(t))
			if c.Outcome == "ok" {
				checkSame(t, c, o, used)
			} else {
				checkAtMost(t, c, o, used)
			}
		})
	}
	for _, d := range differences {
		if used[d.name] == 0 {
			t.Errorf("the difference %q does not exist", d.name)
		}
	}
	for _, d := range []string{unfitNames, tagOrder} {
		if used[d] == 0 {
			t.Errorf("the difference %q does not exist", d)
		}
	}
	t.Logf("differences: %v", used)
}

// checkSame checks that a frame that carbon takes gives the same points.
func checkSame(t *testing.T, c goldenCase, o outcome, used map[string]int) {
	if reason := stricter[c.Name]; (o.err != nil) != (reason != "") {
		t.Errorf("%s (%s): got %v, want points (%s)", c.ID, c.Name, o.err, reason)
	}
	if o.err != nil {
		return
	}
	if o.rejected[metric.Fields] != c.BadItems {
		t.Errorf("%s (%s): got %d unfit items, want %d", c.ID, c.Name, o.rejected[metric.Fields], c.BadItems)
	}
	if c.Digest != "" {
		if got := digest(o.lines); got != c.Digest {
			t.Errorf("%s (%s): got points of digest %s, want %s", c.ID, c.Name, got, c.Digest)
		}
		return
	}
	want := expected(t, c.Points, used)
	if len(o.lines) != len(want) {
		t.Errorf("%s (%s): got %d points, want %d", c.ID, c.Name, len(o.lines), len(want))
		return
	}
	for i, p := range want {
		if !samePoint(t, o.lines[i], p) {
			t.Errorf("%s (%s): got %s, want %+v", c.ID, c.Name, metric.Append(nil, o.lines[i]), p)
		}
	}
}

// checkAtMost checks that a frame that carbon does not take, or not all of, gives
// no more points than carbon took, or differs as intended.
func checkAtMost(t *testing.T, c goldenCase, o outcome, used map[string]int) {
	want := expected(t, c.Points, map[string]int{})
	if o.err != nil {
		return
	}
	if len(o.lines) <= len(want) {
		want = want[:len(o.lines)]
	} else if d := slices.IndexFunc(differences, func(d difference) bool { return d.applies(c, o) }); d >= 0 {
		used[differences[d].name]++
	} else {
		t.Errorf("%s (%s): got %d points, want at most %d (%s %s)", c.ID, c.Name, len(o.lines), len(want), c.Err, c.Why)
		return
	}
	for i, p := range want {
		if !samePoint(t, o.lines[i], p) {
			t.Errorf("%s (%s): got %s, want %+v", c.ID, c.Name, metric.Append(nil, o.lines[i]), p)
		}
	}
}

// expected returns those of carbon's points that plumbago takes.
func expected(t *testing.T, points []goldenPoint, used map[string]int) (want []goldenPoint) {
	for _, p := range points {
		switch {
		case p.Size == 0 && name.Check([]byte(p.name())) != "":
			used[unfitNames]++
		default:
			if p.Size == 0 && canonical(p.name()) != p.name() {
				used[tagOrder]++
			}
			want = append(want, p)
		}
	}
	return want
}

func canonical(n string) string { return string(name.AppendCanonical(nil, []byte(n))) }

func samePoint(t *testing.T, l metric.Line, p goldenPoint) bool {
	sameName := string(l.Name) == canonical(p.name())
	if p.Size > 0 {
		sameName = len(l.Name) == p.Size && fmt.Sprintf("%x", sha256.Sum256(l.Name)) == p.Hash
	}
	return sameName && float(t, string(l.Value)) == float(t, p.V) && float(t, string(l.Timestamp)) == float(t, p.T)
}

// digest is that of the golden files: of the points with their numbers as Python
// prints floats.
func digest(lines []metric.Line) string {
	h := sha256.New()
	for _, l := range lines {
		fmt.Fprintf(h, "%s\t%s\t%s\n", l.Name, repr(l.Timestamp), repr(l.Value))
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// repr prints a number as Python prints a float.
func repr(text []byte) string {
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		panic(err)
	}
	if math.IsInf(f, 0) {
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(f, 'f', -1, 64), "+"))
	}
	if size := math.Abs(f); size != 0 && (size < 1e-4 || size >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

func float(t *testing.T, text string) float64 {
	if text == "now" {
		return now
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// goldenStream is what was sent to one connection, and what came of it.
type goldenStream struct {
	ID, Cat, Why string
	Settings     map[string]any
	Chunks       []struct {
		Hex string `json:"d_hex"`
		Gz  string `json:"d_gz"`
	}
	Points   []goldenPoint
	Digest   string `json:"points_sha256"`
	Closed   bool
	Rejected int `json:"rejected_frames"`
	BadItems int `json:"bad_items"`
}

// TestGoldenFrames cuts streams into frames, which is the listener's work, to see
// that frames after bad ones are read.
func TestGoldenFrames(t *testing.T) {
	eachLine(t, "testdata/golden/frames.jsonl.gz", func(s goldenStream) {
		if s.Cat == "resolution" {
			return // rounding times is not the codec's work
		}
		var stream []byte
		for _, c := range s.Chunks {
			b, _ := hex.DecodeString(c.Hex)
			if c.Gz != "" {
				b = gunzip(t, c.Gz)
			}
			stream = append(stream, b...)
		}
		limit := 1 << 20
		if v, ok := s.Settings["PICKLE_RECEIVER_MAX_LENGTH"].(float64); ok {
			limit = int(v)
		}
		checkStream(t, s, frames(stream, limit))
	})
}

// frames returns the complete frames of a stream, up to one that is too long.
func frames(stream []byte, limit int) (all [][]byte) {
	for len(stream) >= 4 {
		n := int(binary.BigEndian.Uint32(stream))
		if n > limit || n > len(stream)-4 {
			break
		}
		all = append(all, stream[4:4+n])
		stream = stream[4+n:]
	}
	return all
}

func checkStream(t *testing.T, s goldenStream, frames [][]byte) {
	var lines []metric.Line
	refused, unfit := 0, 0
	for _, f := range frames {
		o := decode(f)
		lines = append(lines, o.lines...)
		unfit += o.rejected[metric.Fields]
		if o.err != nil {
			refused++
		}
	}
	keeps := strings.HasPrefix(s.Why, "exception:") // carbon closes, plumbago does not
	if !keeps && (refused != s.Rejected || unfit != s.BadItems) {
		t.Errorf("%s: got %d frames refused and %d unfit items, want %d and %d", s.ID, refused, unfit, s.Rejected, s.BadItems)
	}
	if s.Digest != "" {
		if got := digest(lines); got != s.Digest {
			t.Errorf("%s: got points of digest %s, want %s", s.ID, got, s.Digest)
		}
		return
	}
	if len(lines) < len(s.Points) || len(lines) > len(s.Points) && !keeps {
		t.Errorf("%s: got %d points, want %d", s.ID, len(lines), len(s.Points))
		return
	}
	for i, p := range s.Points {
		if !samePoint(t, lines[i], p) {
			t.Errorf("%s: got %s, want %+v", s.ID, metric.Append(nil, lines[i]), p)
		}
	}
}
