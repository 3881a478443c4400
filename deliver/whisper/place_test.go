package whisper_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	store "github.com/plumbago/plumbago/deliver/whisper"
)

// TestFolderThatIsReplaced takes the folder away under a store: nothing that goes to
// the new one is acknowledged by what the old one says, and nothing is forgotten.
func TestFolderThatIsReplaced(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "w")
	s := open(t, store.Options{Dir: dir})
	c := dial(t, s)
	send(t, c, batch(line("a", 1, 0), line("old;x=1", 1, 0)))
	awaitAcked(t, c, 1)
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	send(t, c, batch(line("a", 2, 0), line("new;x=1", 2, 0)))
	<-c.Broken()
	if c.Acked() != 1 {
		t.Errorf("got %d batches acknowledged, want 1", c.Acked())
	}
	if err := c.Close(t.Context()); err == nil {
		t.Error("got no error of the end")
	}
	c = dial(t, s)
	soon, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := open(t, store.Options{Dir: dir}).Dial(soon); err == nil {
		t.Error("another writes to the new folder at the same time")
	}
	send(t, c, batch(line("a", 2, 0), line("old;x=1", 2, 0), line("new;x=1", 2, 0)))
	closeConn(t, c)
	if c.Acked() != 1 {
		t.Errorf("got %d batches acknowledged in the new folder, want 1", c.Acked())
	}
	if got, want := tagged(t, open(t, store.Options{Dir: dir})), []string{"new;x=1", "old;x=1"}; !slices.Equal(got, want) {
		t.Errorf("got the tagged series %q after a new start, want %q", got, want)
	}
}
