package whisper_test

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	store "github.com/plumbago/plumbago/deliver/whisper"
)

func TestWhatCannotBeStoredIsRefused(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("x", 256)
	if err := os.WriteFile(filepath.Join(dir, "damaged.wsp"), []byte("no whisper file"), 0o644); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	refusals := filepath.Join(dir, "refused")
	s := open(t, store.Options{Dir: filepath.Join(dir), RefusalsPath: refusals, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	c := dial(t, s)
	bad := []string{
		line("../escape", 1, 0), line("a/b", 1, 0), line("a..b", 1, 0), line(".a", 1, 0), line("a.", 1, 0), line("..", 1, 0),
		line(long, 1, 0), line(long+".a", 1, 0), line(long[:252], 1, 0), line("_tagged.a", 1, 0), line("_tagged", 1, 0),
		line(strings.Repeat("abcdefg.", 600)+"x", 1, 0),
		line("late", 1, 7300), "future 1 4294967296", "minus 1 -5",
		line("damaged", 1, 0), line("damaged", 2, 0),
	}
	good := []string{line(long[:251], 1, 0), line(long+";a=b", 1, 0), line("a.../../b;c=../../d", 1, 0), line("ok", 1, 0)}
	if got := send(t, c, batch(append(bad, good...)...)); got != len(bad) {
		t.Errorf("got %d refused, want %d", got, len(bad))
	}
	closeConn(t, c)
	kept, err := os.ReadFile(refusals)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range bad {
		if !strings.Contains(string(kept), "\n"+l+"\n") {
			t.Errorf("%.40q is not kept among the refusals", l)
		}
	}
	if n := strings.Count(log.String(), "cannot be used"); n != 1 {
		t.Errorf("got %d messages about the damaged file, want 1: %s", n, log.String())
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "damaged.wsp")); string(b) != "no whisper file" {
		t.Error("the damaged file was changed")
	}
	var files []string
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, _ error) error {
		if strings.HasSuffix(path, ".wsp") {
			files = append(files, path)
		}
		return nil
	})
	if len(files) != len(good)+1 {
		t.Errorf("got files %q, want those of %d series", files, len(good)+1)
	}
}
