package pickle_test

import (
	"encoding/json"
	"math"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/pickle"
)

// TestPython decodes what the python3 of this machine pickles: every protocol, by
// the pickler written in C and by the one written in Python.
func TestPython(t *testing.T) {
	interpreter := python3(t)
	out, err := exec.Command(interpreter, "testdata/dump.py").Output()
	if err != nil {
		t.Fatal(err)
	}
	parts := frames(out, math.MaxInt)
	for i := 0; i+1 < len(parts); i += 2 {
		var about struct {
			Label  string
			Points []goldenPoint
		}
		if err := json.Unmarshal(parts[i], &about); err != nil {
			t.Fatal(err)
		}
		checkPython(t, about.Label, about.Points, decode(parts[i+1]))
	}
	if len(parts) < 300 {
		t.Errorf("got %d pickles, want 150 and more", len(parts)/2)
	}
}

func python3(t *testing.T) string {
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	return path
}

func checkPython(t *testing.T, label string, want []goldenPoint, got outcome) {
	if got.err != nil || len(got.lines) != len(want) {
		t.Errorf("%s: got %d points, %v, want %d", label, len(got.lines), got.err, len(want))
		return
	}
	for i, p := range want {
		if !samePoint(t, got.lines[i], p) {
			t.Errorf("%s: got %s, want %+v", label, metric.Append(nil, got.lines[i]), p)
		}
	}
}

// reader is a program that prints the points of frames as canonical lines.
const reader = `
import pickle, struct, sys
data = sys.stdin.buffer.read()
while data:
    n, = struct.unpack(">I", data[:4])
    for name, (t, v) in pickle.loads(data[4:4+n]):
        assert type(t) is float and type(v) is float
        print(name, repr(v), repr(t))
    data = data[4+n:]
`

// TestPythonReadsWhatIsEncoded has python3 read frames back.
func TestPythonReadsWhatIsEncoded(t *testing.T) {
	interpreter := python3(t)
	batch := metric.Batch{Lines: []byte("x 1 1700000000\nx -2.5 1700000000.25\ncafé.b 1e+300 0\n日本;a=b inf 1\n")}
	batch.Lines = append(batch.Lines, batchOf(1203).Lines...)
	e := pickle.Encoder{MaxPoints: 1100}
	cmd := exec.Command(interpreter, "-X", "utf8", "-c", reader)
	cmd.Stdin = strings.NewReader(string(e.AppendFrames(nil, batch)))
	out, err := cmd.Output()
	if err != nil || !utf8.Valid(out) {
		t.Fatal(err)
	}
	got := string(out)
	for l := range batch.All() {
		var line string
		line, got, _ = strings.Cut(got, "\n")
		if want := string(l.Name) + " " + repr(l.Value) + " " + repr(l.Timestamp); line != want {
			t.Errorf("got %q, want %q", line, want)
		}
	}
	if got != "" {
		t.Errorf("got %q behind the last point, want nothing", got)
	}
}
