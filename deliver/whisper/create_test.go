package whisper_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	store "github.com/plumbago/plumbago/deliver/whisper"
)

func TestFilesAreCreatedAtABoundedRate(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{MaxCreates: 5})
	c := dial(t, s)
	send(t, c, batch(line("known", 1, 60)))
	awaitAcked(t, c, 1)
	var many []string
	for i := range 12 {
		many = append(many, line(fmt.Sprintf("new.n%02d", i), 1, 0))
	}
	send(t, c, batch(append(many, line("known", 2, 0))...))
	await(t, "the known series' point", func() bool { return len(inFile(t, s, "known")) == 2 })
	if nodes := countFiles(t, s, "new.*"); nodes >= 12 || c.Acked() != 1 {
		t.Errorf("got %d new files at once and %d batches acknowledged", nodes, c.Acked())
	}
	awaitAcked(t, c, 2)
	if nodes := countFiles(t, s, "new.*"); nodes != 12 {
		t.Errorf("got %d new files in the end, want 12", nodes)
	}
	closeConn(t, c)
}

func TestFilesAreCreatedBetweenRounds(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{FlushEvery: time.Hour})
	c := dial(t, s)
	send(t, c, batch(line("new", 1, 0)))
	await(t, "a file long before the round", func() bool { return countFiles(t, s, "new") == 1 })
	if c.Acked() != 0 {
		t.Error("acknowledged before it is synced")
	}
	closeConn(t, c)
	if c.Acked() != 1 {
		t.Errorf("got %d batches acknowledged, want 1", c.Acked())
	}
}

// TestFilesThatAPowerCutLeft has files of which nothing but the name was durable: one
// that was there before, and one that has come to this while its series is known.
func TestFilesThatAPowerCutLeft(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{})
	c := dial(t, s)
	send(t, c, batch(line("known", 1, 60)))
	awaitAcked(t, c, 1)
	for _, name := range []string{"found", "known"} {
		if err := os.WriteFile(filepath.Join(store.Dir(s), name+".wsp"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if refused := send(t, c, batch(line("found", 2, 0), line("known", 3, 0))); refused > 0 {
		t.Errorf("got %d points refused, want none", refused)
	}
	awaitAcked(t, c, 2)
	if lost, why := lost(c); lost > 0 {
		t.Errorf("got %d points lost: %v", lost, why)
	}
	closeConn(t, c)
	for name, want := range map[string]float64{"found": 2, "known": 3} {
		if got := inFile(t, s, name); !slices.Equal(got, []float64{want}) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

func countFiles(t *testing.T, s *store.Store, pattern string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(store.Dir(s), strings.ReplaceAll(pattern, ".", "/")+".wsp"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}
