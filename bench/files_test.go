package main

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// store gives a series' points to Debian's whisper, in a file made if need be.
func store(t *testing.T, path string, points ...string) {
	t.Helper()
	const script = `import os, sys, whisper
path = sys.argv[1]
if not os.path.exists(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    whisper.create(path, [(10, 2160), (60, 1440)])
whisper.update_many(path, [tuple(map(float, p.split(":"))) for p in sys.argv[2:]])`
	out, err := exec.Command("/usr/bin/python3", append([]string{"-c", script, path}, points...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("store %s: %v\n%s", path, err, out)
	}
}

func TestFilesAreCountedSeriesBySeries(t *testing.T) {
	if testing.Short() {
		t.Log("left out in short mode, as it needs Debian's python3-whisper")
		return
	}
	const series, points = 3, 8 // 3, 3 and 2 of each
	f := files{folder: t.TempDir(), points: points, stream: newStream(series).from(int(time.Now().Unix())/10*10 - 100)}
	put := func(numbers ...int) {
		for _, n := range numbers {
			path := filepath.Join(f.folder, strings.ReplaceAll(f.stream.name(n), ".", "/")+".wsp")
			store(t, path, strconv.Itoa(f.stream.time(n))+":"+strconv.FormatFloat(value(n), 'f', 1, 64))
		}
	}
	steps := []struct {
		numbers      []int
		count, final int64
	}{
		{nil, 0, 0},
		{[]int{1, 4, 7, 0}, 0, 4}, // the second series is whole, and the first is not
		{[]int{3, 6}, 6, 6},
		{[]int{2}, 6, 7},
		{[]int{5}, 8, 8},
	}
	for _, step := range steps {
		put(step.numbers...)
		for word, want := range map[string]int64{"count": step.count, "final": step.final} {
			if a, err := f.obey(word); err != nil || a.Count.Unique != want {
				t.Errorf("%s after %v: got %d points, %v, want %d", word, step.numbers, a.Count.Unique, err, want)
			}
		}
	}
	if a, err := f.obey("there"); err != nil || a.Count.Unique != series {
		t.Errorf("got %d files, %v, want %d", a.Count.Unique, err, series)
	}
	if _, err := f.obey("down"); err == nil {
		t.Error("down: got no error, as if files could go down")
	}
}

func TestAnotherValueIsNotCounted(t *testing.T) {
	if testing.Short() {
		t.Log("left out in short mode, as it needs Debian's python3-whisper")
		return
	}
	f := files{folder: t.TempDir(), points: 1, stream: newStream(1).from(int(time.Now().Unix())/10*10 - 100)}
	path := filepath.Join(f.folder, strings.ReplaceAll(f.stream.name(0), ".", "/")+".wsp")
	store(t, path, strconv.Itoa(f.stream.time(0))+":7")
	if a, err := f.obey("final"); err != nil || a.Count.Unique != 0 {
		t.Errorf("got %d points, %v, want none", a.Count.Unique, err)
	}
}
