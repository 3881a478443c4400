package e2e_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// point is what a line says, as numbers.
type point struct {
	name             string
	timestamp, value float64
}

func TestWhatPythonPicklesArrivesEqual(t *testing.T) {
	lines, pickles := newSink(t, "line"), newSink(t, "pickle")
	g := startGateway(t, destinations(
		fmt.Sprintf(`{name: lines, type: carbon, address: "tcp://%s", protocol: line}`, lines.address),
		fmt.Sprintf(`{name: pickles, type: carbon, address: "tcp://%s", protocol: pickle}`, pickles.address)))

	want := dumps(t, g.pickle)
	for _, far := range []*sink{lines, pickles} {
		eventually(t, 10*time.Second, "all pickled points at the sink for "+far.protocol, func() bool {
			return far.distinct() >= len(want)
		})
		checkSamePoints(t, far, want)
		far.checkUndamaged()
	}
	if m := g.metrics(); m.rejected() != 0 {
		t.Errorf("%v items rejected, want 0; the log says:\n%s", m.rejected(), g.said())
	}
}

// dumps lets python3 send its pickles, and returns the points that are in them.
func dumps(t *testing.T, address string) map[point]bool {
	t.Helper()
	python := exec.Command(program(t, "python3", "python3"), "testdata/dumps.py", "127.0.0.1", port(address))
	var stderr strings.Builder
	python.Stderr = &stderr
	out, err := python.Output()
	if err != nil {
		t.Fatalf("dumps.py: %v\n%s", err, &stderr)
	}
	points := map[point]bool{}
	for line := range strings.Lines(string(out)) {
		var p point
		if err := json.Unmarshal([]byte(line), &[]any{&p.name, &p.timestamp, &p.value}); err != nil {
			t.Fatalf("dumps.py printed %q: %v", line, err)
		}
		points[p] = true
	}
	return points
}

func checkSamePoints(t *testing.T, far *sink, want map[point]bool) {
	t.Helper()
	got := map[point]bool{}
	for _, l := range far.lines() {
		p := parsePoint(t, l)
		if got[p] = true; !want[p] {
			t.Errorf("%s: got %+v, which python did not pickle", far.protocol, p)
		}
	}
	for p := range want {
		if !got[p] {
			t.Errorf("%s: %+v has not arrived", far.protocol, p)
		}
	}
}

func parsePoint(t *testing.T, line string) point {
	t.Helper()
	fields := strings.Split(line, " ")
	if len(fields) != 3 {
		t.Fatalf("the sink got %q, want three fields with single blanks", line)
	}
	value, err := strconv.ParseFloat(fields[1], 64)
	if err != nil {
		t.Fatalf("value of %q: %v", line, err)
	}
	timestamp, err := strconv.ParseFloat(fields[2], 64)
	if err != nil {
		t.Fatalf("timestamp of %q: %v", line, err)
	}
	return point{fields[0], timestamp, value}
}
