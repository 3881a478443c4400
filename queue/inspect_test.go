package queue_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

func TestInspectAndCatBesideARunningQueue(t *testing.T) {
	dir := memDir(t)
	q := open(t, dir, queue.Options{BlockBytes: 1 << 10})
	add(t, q, 0, 500)
	if err := q.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := queue.Inspect(dir)
	if err != nil || !s.InUse || s.Points != 500 || len(s.Segments) != 1 || s.Oldest.IsZero() {
		t.Errorf("got %+v, error %v; want 500 points in one segment, in use", s, err)
	}
	var out bytes.Buffer
	if err := queue.Cat(dir, &out); err != nil || out.String() != string(batch(0, 500).Lines) {
		t.Errorf("got %d bytes, error %v; want the lines as they were appended", out.Len(), err)
	}
	blocks, ns := take(t, q, 100)
	for _, b := range blocks {
		q.Release(b)
	}
	q.Close()
	out.Reset()
	if err := queue.Cat(dir, &out); err != nil || out.String() != string(batch(len(ns), 500-len(ns)).Lines) {
		t.Errorf("got %d bytes, error %v; want the lines not delivered", out.Len(), err)
	}
	if s, err := queue.Inspect(dir); err != nil || s.InUse || int(s.Points) != 500-len(ns) {
		t.Errorf("got %+v, error %v; want %d points, not in use", s, err, 500-len(ns))
	}
	if found, err := queue.Verify(dir); err != nil || len(found) > 0 {
		t.Errorf("got %v, error %v; want no damage", found, err)
	}
}

func TestVerifyNamesTheDamage(t *testing.T) {
	files, dir := small(t), memDir(t)
	name := slices.Sorted(maps.Keys(files))[1]
	files[name] = flip(files[name], 150)
	files["cursor"] = flip(files["cursor"], 30)
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found, err := queue.Verify(dir)
	if err != nil || len(found) != 2 {
		t.Fatalf("got %v, error %v; want two kinds of damage", found, err)
	}
	if found[0].File != "cursor" || found[1].File != name || found[1].Offset != 0 || found[1].Points != smallRecord {
		t.Errorf("got %v, want the cursor and the first record of %s", found, name)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != len(files) {
		t.Errorf("got %d files, want %d: Verify changes nothing", len(entries), len(files))
	}
}

func TestInspectOfNothingIsAnError(t *testing.T) {
	if _, err := queue.Inspect(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("got no error")
	}
}

func TestMetricsTellTheIdentity(t *testing.T) {
	reg := prometheus.NewRegistry()
	q := open(t, memDir(t), queue.Options{Name: "carbon", Registerer: reg, BlockBytes: 1 << 10})
	other := open(t, memDir(t), queue.Options{Name: "other", Registerer: reg})
	defer other.Close()
	add(t, q, 0, 100)
	blocks, ns := take(t, q, 80)
	q.Release(blocks[0])
	q.Acked(blocks[1])
	q.Drop(blocks[1], 3, metric.Refused)
	want := `
# HELP plumbago_queue_appended_points_total Points handed to the queue, refused ones included.
# TYPE plumbago_queue_appended_points_total counter
plumbago_queue_appended_points_total{dest="carbon"} 100
plumbago_queue_appended_points_total{dest="other"} 0
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "plumbago_queue_appended_points_total"); err != nil {
		t.Error(err)
	}
	s := q.Stats()
	if s.Dropped[metric.Refused] != 3 || int(s.Delivered) != blocks[0].Points+blocks[1].Points-3 || int(s.Waiting) != 100-blocks[0].Points-blocks[1].Points {
		t.Errorf("got %+v after %d points handed out", s, len(ns))
	}
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("got %v, error %v", problems, err)
	}
	q.Close()
	if n, err := testutil.GatherAndCount(reg, "plumbago_queue_appended_points_total"); err != nil || n != 1 {
		t.Errorf("got %d queues in the metrics after one closed, error %v", n, err)
	}
}
