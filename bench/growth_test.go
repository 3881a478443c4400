//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/queue"
)

// TestShortFormsOfLongRuns runs `make growth` and `make week` with small figures, both
// with one binary.
func TestShortFormsOfLongRuns(t *testing.T) {
	t.Parallel()
	binary := os.Getenv("PLUMBAGO_BINARY")
	if binary == "" {
		binary = filepath.Join(t.TempDir(), "plumbago")
		cmd := exec.Command("go", "build", "-buildvcs=false", "-o", binary, "../cmd/plumbago")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("build the binary: %v\n%s", err, out)
		}
	}
	t.Run("growth", func(t *testing.T) { shortGrowth(t, binary) })
	t.Run("week", func(t *testing.T) { shortWeek(t, binary) })
}

func shortGrowth(t *testing.T, binary string) {
	t.Parallel()
	var said bytes.Buffer
	g := growth{Reps: 1, Points: 20_000, Quick: true, Plumbago: binary, Dir: t.TempDir(), progress: &said, private: true}
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, []byte(opening("growth")+"\n"+closing("growth")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	trends, err := g.trends()
	if err != nil {
		t.Fatal(err)
	}
	for i := range trends {
		tr := &trends[i]
		tr.sizes = tr.sizes[:min(2, len(tr.sizes))]
		if tr.name == "names" || tr.name == "queue" {
			tr.sizes = tr.sizes[:1]
		}
		if err := g.measureTrend(t.Context(), tr); err != nil {
			t.Fatalf("%s: %v\n%s", tr.name, err, said.String())
		}
		for _, r := range tr.rows() {
			if len(r.costs) != len(tr.costs) || r.costs[0] <= 0 || r.costs[0] > 1000 || r.peak < 5 || tr.private != (r.start > 0) {
				t.Errorf("%s: got %+v, which cannot be", tr.name, r)
			}
		}
	}
	g.Page = file
	if err := g.publish(trends); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil || strings.Count(string(b), ".svg)") != 4 || !strings.Contains(string(b), "| destinations | all points, s/M | RSS MB |") {
		t.Errorf("got %s, %v, want four pictures and tables", b, err)
	}
	if svg, err := os.ReadFile(filepath.Join(filepath.Dir(file), "performance-queue.svg")); err != nil || strings.Count(string(svg), "<g ") != 3 {
		t.Errorf("got %d panels, %v, want cost, start and memory", strings.Count(string(svg), "<g "), err)
	}
}

func TestBacklogIsReadByAQueue(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "queue")
	const records = 300 // more than a segment
	points, err := makeBacklog(t.Context(), dir, records*growthRecord)
	if err != nil {
		t.Fatal(err)
	}
	s, err := queue.Inspect(dir)
	if err != nil || s.CursorError != "" || len(s.Segments) != 2 || s.Bytes != records*growthRecord || s.Points != uint64(points) {
		t.Fatalf("got %+v, %v, want two segments with %d points", s, err, points)
	}
	q, err := queue.Open(dir, queue.Options{Name: "backlog", MaxBytes: math.MaxInt64, ReplayRate: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	q.CloseInput()
	lines := int64(0)
	for {
		b, err := q.Next(ctx)
		if err != nil {
			break
		}
		lines += int64(bytes.Count(b.Lines, []byte{'\n'}))
		q.Release(b)
	}
	if lines != points || ctx.Err() != nil {
		t.Errorf("read %d points, %v, want all %d", lines, ctx.Err(), points)
	}
}

func TestPayloadIsOfTheSizeAskedFor(t *testing.T) {
	for _, size := range []int{301, 4096, growthRecord - growthHeader} {
		lines, points := growthPayload(size)
		if len(lines) != size || bytes.Count(lines, []byte{'\n'}) != points || lines[len(lines)-1] != '\n' {
			t.Errorf("got %d bytes and %d points of %d lines, want %d bytes", len(lines), points, bytes.Count(lines, []byte{'\n'}), size)
		}
	}
}

func TestRoomForABacklog(t *testing.T) {
	if err := roomFor(t.TempDir(), 1, 1); err != nil {
		t.Error(err)
	}
	if err := roomFor(t.TempDir(), 1<<60, 1); !errors.Is(err, errNoRoom) {
		t.Errorf("got %v, want no room", err)
	}
}

func TestCountersAreReadAndAdded(t *testing.T) {
	c, err := readCounters(strings.NewReader("# HELP a b 3\na_total{dest=\"x\",r=\"p q\"} 3\na_total{dest=\"y\"} 4\nb 1e3\n"))
	if err != nil || c["b"] != 1000 || c.sum("a_total", "") != 7 || c.sum("a_total", `dest="x"`) != 3 || c.sum("a", "") != 0 {
		t.Errorf("got %v, %v", c, err)
	}
	if _, err := readCounters(strings.NewReader("")); err == nil {
		t.Error("got no error for no metrics")
	}
}

func TestDrainComesBackAtItsAddress(t *testing.T) {
	var n lineCount
	d, err := listenDrain(n.take)
	if err != nil {
		t.Fatal(err)
	}
	at := d.address
	d.down()
	if err := d.up(); err != nil || d.listener.Addr().String() != at {
		t.Errorf("up again at %v, %v, want %s", d.listener.Addr(), err, at)
	}
	d.down()
	d.down()
}
