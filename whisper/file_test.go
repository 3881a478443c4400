package whisper_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plumbago/plumbago/internal/schema"
	"github.com/plumbago/plumbago/whisper"
)

var small = schema.Schema{
	Archives:     []schema.Archive{{Step: 10, Points: 36}, {Step: 60, Points: 30}},
	XFilesFactor: 0.25, Method: schema.Sum,
}

// newFile makes a file with these points, and returns its path.
func newFile(t testing.TB, updates ...[]whisper.Point) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.wsp")
	if err := whisper.Create(path, small, whisper.Sparse); err != nil {
		t.Fatal(err)
	}
	f, err := whisper.OpenWrite(path, whisper.Unlocked)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, points := range updates {
		if _, err := f.Update(points, now); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestUpdateTellsWhatItDropped(t *testing.T) {
	f, err := whisper.OpenWrite(newFile(t), whisper.Unlocked)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	points := []whisper.Point{{Time: now}, {Time: now - 1801}, {Time: -5}, {Time: math.MaxUint32 + 1}, {Time: 59}, {Time: now - 1800}}
	if dropped, err := f.Update(points, now); dropped != 4 || err != nil {
		t.Errorf("got %d dropped and error %v, want 4", dropped, err)
	}
}

func TestOpenRefusesWhatIsNoFile(t *testing.T) {
	good, err := os.ReadFile(newFile(t, []whisper.Point{{Time: now, Value: 1}}))
	if err != nil {
		t.Fatal(err)
	}
	put := func(at int, n uint32) []byte {
		b := append([]byte(nil), good...)
		binary.BigEndian.PutUint32(b[at:], n)
		return b
	}
	for _, c := range []struct {
		name string
		file []byte
	}{
		{"no whole metadata", good[:15]},
		{"no whole archives", good[:30]},
		{"no points", good[:40]},
		{"the last byte missing", good[:len(good)-1]},
		{"method 0", put(0, 0)},
		{"method 9", put(0, 9)},
		{"xFilesFactor above 1", put(8, math.Float32bits(1.5))},
		{"xFilesFactor below 0", put(8, math.Float32bits(-0.5))},
		{"xFilesFactor not a number", put(8, 0x7fc00000)},
		{"no archive", put(12, 0)},
		{"more archives than it has room for", put(12, 60)},
		{"four billion archives", put(12, math.MaxUint32)},
		{"archive within the header", put(16, 4)},
		{"archive behind the end", put(16, math.MaxUint32)},
		{"step 0", put(20, 0)},
		{"no points in an archive", put(24, 0)},
		{"four billion points", put(24, math.MaxUint32)},
		{"steps that fall", put(20, 3600)},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.wsp")
			if err := os.WriteFile(path, c.file, 0o644); err != nil {
				t.Fatal(err)
			}
			if f, err := whisper.Open(path); !errors.Is(err, whisper.ErrCorrupt) {
				t.Errorf("got %v and error %v, want ErrCorrupt", f, err)
			}
		})
	}
}

func TestOpenOfOtherThings(t *testing.T) {
	dir := t.TempDir()
	if _, err := whisper.Open(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that it is not there", err)
	}
	if _, err := whisper.Open(dir); !errors.Is(err, unix.EISDIR) {
		t.Errorf("got %v, want that it is a directory", err)
	}
	pipe := filepath.Join(dir, "pipe.wsp")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, "/dev/zero"} {
		if _, err := whisper.Open(path); !errors.Is(err, whisper.ErrCorrupt) {
			t.Errorf("%s to be read: got %v, want ErrCorrupt", path, err)
		}
		if _, err := whisper.OpenWrite(path, whisper.Unlocked); !errors.Is(err, whisper.ErrCorrupt) {
			t.Errorf("%s to be written: got %v, want ErrCorrupt", path, err)
		}
	}
}

// TestCreateWritesIntoNothingElse: where a file is made, a link that somebody put in the
// way is not followed, and a pipe is not waited for.
func TestCreateWritesIntoNothingElse(t *testing.T) {
	how := schema.Default().For([]byte("x"))
	for name, put := range map[string]func(path, other string) error{
		"link": func(path, other string) error { return os.Symlink(other, path) },
		"pipe": func(path, _ string) error { return unix.Mkfifo(path, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			other := filepath.Join(t.TempDir(), "other")
			if err := errors.Join(os.WriteFile(other, []byte("mine"), 0o600), put(filepath.Join(dir, ".plumbago-new"), other)); err != nil {
				t.Fatal(err)
			}
			if err := whisper.Create(filepath.Join(dir, "x.wsp"), how, whisper.Sparse); err == nil {
				t.Error("got no error")
			}
			if text, err := os.ReadFile(other); string(text) != "mine" || err != nil {
				t.Errorf("got %q and error %v in the file that the link leads to", text, err)
			}
		})
	}
}

// TestFileThatAPowerCutLeft opens what is left of a file whose name was durable before
// its bytes, and puts a new one in its place.
func TestFileThatAPowerCutLeft(t *testing.T) {
	for name, size := range map[string]int64{"no bytes": 0, "a few zeros": 10, "zeros": 16 + 24 + 96*12} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.wsp")
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, size); err != nil {
				t.Fatal(err)
			}
			if f, err := whisper.Open(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("got %v and error %v, want that it is not there", f, err)
			}
			if err := whisper.Create(path, small, whisper.Sparse); err != nil {
				t.Fatal(err)
			}
			f, err := whisper.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
			if err := whisper.Create(path, small, whisper.Sparse); !errors.Is(err, fs.ErrExist) {
				t.Errorf("got %v for one that is whole, want that it is there", err)
			}
		})
	}
}

// TestFetchOfALongTime reads more points than are read at once, from a ring that begins
// in the middle.
func TestFetchOfALongTime(t *testing.T) {
	const all = 50_000
	path := filepath.Join(t.TempDir(), "x.wsp")
	if err := whisper.Create(path, schema.Schema{Archives: []schema.Archive{{Step: 1, Points: all}}, Method: schema.Average}, whisper.Sparse); err != nil {
		t.Fatal(err)
	}
	f, err := whisper.OpenWrite(path, whisper.Unlocked)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var points []whisper.Point
	for i := range int64(all) {
		points = append(points, whisper.Point{Time: now - i, Value: float64(now - i)})
	}
	for _, some := range [][]whisper.Point{points[all-7:], points[all/2 : all-7], points[:all/2]} {
		if _, err := f.Update(some, now); err != nil {
			t.Fatal(err)
		}
	}
	r := whisper.Range{From: now - all, Until: now, Now: now}
	got, err := f.Fetch(r)
	if err != nil || len(got.Values) != all || f.Count(r) != all {
		t.Fatalf("got %d values, a count of %d and error %v, want %d", len(got.Values), f.Count(r), err, all)
	}
	for i, v := range got.Values {
		if want := float64(got.From + int64(i)); v != want {
			t.Fatalf("value %d: got %v, want %v", i, v, want)
		}
	}
}

func TestHeaderSaysWhatWasCreated(t *testing.T) {
	f, err := whisper.Open(newFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := f.Header()
	if h.Method != schema.Sum || h.XFilesFactor != 0.25 || h.MaxRetention != 1800 || h.Span() != 1800 ||
		len(h.Archives) != 2 || h.Archives[1].Archive != small.Archives[1] || h.Archives[1].Offset != 16+24+36*12 {
		t.Errorf("got %+v", h)
	}
}

func TestMoreArchivesThanTheUsual(t *testing.T) {
	s := small
	s.Archives = nil
	for i := range int64(10) {
		s.Archives = append(s.Archives, schema.Archive{Step: 1 << i, Points: 20})
	}
	path := filepath.Join(t.TempDir(), "x.wsp")
	if err := whisper.Create(path, s, whisper.Sparse); err != nil {
		t.Fatal(err)
	}
	f, err := whisper.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.Header().Archives; len(got) != 10 || got[9].Archive != s.Archives[9] {
		t.Errorf("got %v", got)
	}
}

func TestPreviewIsWhatWillBeRead(t *testing.T) {
	before := []whisper.Point{{Time: now - 100, Value: 1}, {Time: now - 700, Value: 2}}
	more := []whisper.Point{{Time: now - 90, Value: 3}, {Time: now - 100, Value: 4}, {Time: now - 690, Value: 5}, {Time: now, Value: 6}}
	path, want := newFile(t, before), newFile(t, before, more)
	compareFetches(t, func(t *testing.T, at whisper.Range) whisper.Series {
		f, err := whisper.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		p, err := f.Preview(append([]whisper.Point(nil), more...), now)
		if err != nil {
			t.Fatal(err)
		}
		s, _ := p.Fetch(at)
		return s
	}, want)
}

// TestPreviewOfManyGaps has points that each are written by themselves, and read for the
// coarser archive: its time must not grow with their square.
func TestPreviewOfManyGaps(t *testing.T) {
	const all = 40_000
	f := whisper.New(schema.Schema{Archives: []schema.Archive{{Step: 10, Points: 12 * all}, {Step: 60, Points: 3 * all}}, Method: schema.Average})
	var points []whisper.Point
	for i := range int64(all) {
		points = append(points, whisper.Point{Time: now - 120*(all-1-i), Value: 1})
	}
	start := time.Now()
	if _, err := f.Preview(points, now); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("got a preview after %v, want it soon", took)
	}
}

func TestPreviewOfNoFile(t *testing.T) {
	points := []whisper.Point{{Time: now - 90, Value: 3}, {Time: now - 690, Value: 5}}
	want := newFile(t, append([]whisper.Point(nil), points...))
	compareFetches(t, func(t *testing.T, at whisper.Range) whisper.Series {
		p, err := whisper.New(small).Preview(points, now)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		s, _ := p.Fetch(at)
		return s
	}, want)
}

func compareFetches(t *testing.T, got func(*testing.T, whisper.Range) whisper.Series, path string) {
	t.Helper()
	f, err := whisper.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, long := range []int64{50, 360, 1800} {
		at := whisper.Range{From: now - long, Until: now, Now: now}
		want, err := f.Fetch(at)
		if g := got(t, at); err != nil || !same(g, want) {
			t.Errorf("%d s: got %v, want %v", long, g, want)
		}
	}
}

func same(a, b whisper.Series) bool {
	if a.From != b.From || a.Until != b.Until || a.Step != b.Step || len(a.Values) != len(b.Values) {
		return false
	}
	for i := range a.Values {
		if math.Float64bits(a.Values[i]) != math.Float64bits(b.Values[i]) {
			return false
		}
	}
	return true
}

func TestLockedWaitsForOthers(t *testing.T) {
	path := newFile(t)
	other, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := unix.Flock(int(other.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	opened := make(chan error)
	go func() {
		f, err := whisper.OpenWrite(path, whisper.Locked)
		if err == nil {
			err = f.Close()
		}
		opened <- err
	}()
	select {
	case <-opened:
		t.Error("it did not wait")
	case <-time.After(20 * time.Millisecond):
	}
	unix.Flock(int(other.Fd()), unix.LOCK_UN)
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

func FuzzOpen(f *testing.F) {
	good, err := os.ReadFile(newFile(f, []whisper.Point{{Time: now, Value: 1}, {Time: now - 500, Value: 2}}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:100])
	f.Fuzz(func(t *testing.T, file []byte) {
		path := filepath.Join(t.TempDir(), "x.wsp")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		w, err := whisper.OpenWrite(path, whisper.Unlocked)
		if err != nil {
			return
		}
		defer w.Close()
		if _, err := w.Update([]whisper.Point{{Time: now, Value: 1}, {Time: now - 60, Value: 2}, {Time: now - 1e6, Value: 2}}, now); err != nil {
			t.Errorf("update: %v", err)
		}
		s, err := w.Fetch(whisper.Range{From: now - min(w.Header().Span(), 1e6), Until: now, Now: now})
		if err != nil || int64(len(s.Values))*max(s.Step, 1) > 1e6+2*max(s.Step, 1) {
			t.Errorf("got %d values and error %v", len(s.Values), err)
		}
		if after, _ := os.ReadFile(path); len(after) != len(file) {
			t.Errorf("got a file of %d bytes, want the %d of before", len(after), len(file))
		}
	})
}
