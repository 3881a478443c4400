package conffile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/conffile"
)

func TestErrorsHaveALineForEachProblem(t *testing.T) {
	errs := conffile.Errors{
		{Place: conffile.Place{File: "a.conf", Line: 3}, Text: "no such option"},
		{Place: conffile.Place{File: "b.conf", Line: 1}, Text: "not there"},
	}
	if got, want := errs.Error(), "a.conf:3: no such option\nb.conf:1: not there"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReadKeepsToItsBound(t *testing.T) {
	const bound = 16 << 20
	path := filepath.Join(t.TempDir(), "a.conf")
	for size, fits := range map[int]bool{0: true, bound: true, bound + 1: false} {
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		text, err := conffile.Read(path)
		if fits && (err != nil || len(text) != size) {
			t.Errorf("got %d bytes and %v of %d", len(text), err, size)
		}
		if !fits && (err == nil || !strings.Contains(err.Error(), "a.conf is larger than 16777216 bytes")) {
			t.Errorf("got %v of %d bytes, want that it is too large", err, size)
		}
	}
	if _, err := conffile.Read(path + ".not"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that there is no such file", err)
	}
}
