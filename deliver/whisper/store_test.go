package whisper_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	store "github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/whisper"
	"go.uber.org/goleak"
)

func TestPointsAreInFilesWhenTheyAreAcknowledged(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	s, err := store.Open(store.Options{Dir: dir, Schemas: rules(), FlushEvery: 30 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, s)
	send(t, c, batch(line("a.b.c", 1, 40), line("a.b.c", 2, 20), line("d;x=y", 3, 20)))
	send(t, c, batch(line("a.b.c", 4, 0)))
	awaitAcked(t, c, 2)
	if got := inFile(t, s, "a.b.c"); !slices.Equal(got, []float64{1, 2, 4}) {
		t.Errorf("got %v, want 1, 2 and 4", got)
	}
	tagged, _ := filepath.Glob(filepath.Join(dir, "_tagged/*/*/*.wsp"))
	if len(tagged) != 1 {
		t.Errorf("got %q, want one tagged series", tagged)
	}
	closeConn(t, c)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestWhatWaitsIsPartOfTheAnswer(t *testing.T) {
	s := open(t, store.Options{FlushEvery: time.Hour})
	c := dial(t, s)
	send(t, c, batch(line("a.b", 1, 30), line("a.b", 7, 20), line("t;x=1", 5, 20)))
	send(t, c, batch(line("a.b", 2, 20)))
	if c.Acked() != 0 {
		t.Fatal("acknowledged before anything was written")
	}
	if got := last(t, s, "a.b"); !slices.Equal(got, []float64{1, 2}) {
		t.Errorf("got %v, want 1 and 2", got)
	}
	if got := find(t, s, "a.*"); got != "a.b" {
		t.Errorf("got %q, want the series that has no file yet", got)
	}
	if got := names(t, s); !slices.Equal(got, []string{"a.b", "t;x=1"}) {
		t.Errorf("got the names %q, want both", got)
	}
	if got := last(t, s, "t;x=1"); !slices.Equal(got, []float64{5}) {
		t.Errorf("got %v of a tagged series, want 5", got)
	}
	closeConn(t, c)
	send2 := dial(t, s)
	send(t, send2, batch(line("a.b", 9, 0)))
	if got := last(t, s, "a.b"); !slices.Equal(got, []float64{1, 2, 9}) {
		t.Errorf("got %v, want what is in the file and what waits", got)
	}
	closeConn(t, send2)
}

func TestTheLastOfTwoPointsOfATimeCounts(t *testing.T) {
	s := open(t, store.Options{FlushEvery: time.Hour})
	c := dial(t, s)
	send(t, c, batch(line("a", 1, 30), line("a", 2, 10), line("a", 3, 30), line("a", 4, 20), line("a", 5, 30)))
	closeConn(t, c)
	if got := last(t, s, "a"); !slices.Equal(got, []float64{5, 4, 2}) {
		t.Errorf("got %v, want 5, 4 and 2", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	const bound = 64 << 10
	s := open(t, store.Options{CacheBytes: bound, FlushEvery: time.Hour, MaxCreates: 1})
	c := dial(t, s)
	for i := range 50 {
		var lines []string
		for j := range 20 {
			lines = append(lines, line(fmt.Sprintf("a%d.b%d", i, j), 1, 0))
		}
		send(t, c, batch(lines...))
		if got := store.CacheBytes(s); got > bound+20<<10 {
			t.Fatalf("got %d bytes after %d batches, want %d and a batch at most", got, i, bound)
		}
	}
	closeConn(t, c)
	if n := countFiles(t, s, "*.*"); n != 1000 {
		t.Errorf("got %d files, want 1000", n)
	}
}

func TestAFileThatIsTakenAwayIsMadeAgain(t *testing.T) {
	s := open(t, store.Options{})
	c := dial(t, s)
	send(t, c, batch(line("a.b", 1, 30)))
	awaitAcked(t, c, 1)
	if err := os.RemoveAll(filepath.Join(store.Dir(s), "a")); err != nil {
		t.Fatal(err)
	}
	store.Rescan(s)
	await(t, "that the series is not found any more", func() bool { return len(names(t, s)) == 0 })
	send(t, c, batch(line("a.b", 2, 0)))
	awaitAcked(t, c, 2)
	if got := names(t, s); !slices.Equal(got, []string{"a.b"}) {
		t.Errorf("got the names %q, want the series again", got)
	}
	if got := last(t, s, "a.b"); !slices.Equal(got, []float64{2}) {
		t.Errorf("got %v, want 2", got)
	}
	closeConn(t, c)
}

func TestReadableNamesOfTaggedSeriesAreTakenOver(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "_tagged/aff/cc1/foo;c=d;a=b.wsp")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := whisper.Create(path, rules().For(nil), whisper.Sparse); err != nil {
		t.Fatal(err)
	}
	s := open(t, store.Options{Dir: dir})
	c := dial(t, s)
	send(t, c, batch(line("foo;c=d;a=b", 5, 0)))
	closeConn(t, c)
	if files, _ := filepath.Glob(filepath.Join(dir, "_tagged/*/*/*")); !slices.Equal(files, []string{path}) {
		t.Errorf("got %q, want only %q", files, path)
	}
	if got := last(t, s, "foo;c=d;a=b"); !slices.Equal(got, []float64{5}) {
		t.Errorf("got %v, want 5", got)
	}
}

func TestOpenNeedsAFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", file, filepath.Join(file, "below")} {
		if s, err := store.Open(store.Options{Dir: dir}); err == nil {
			s.Close()
			t.Errorf("%q: got no error", dir)
		}
	}
}
