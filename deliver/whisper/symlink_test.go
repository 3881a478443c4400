package whisper_test

import (
	"os"
	"path/filepath"
	"testing"

	store "github.com/plumbago/plumbago/deliver/whisper"
)

// TestLinksToNowhere has links where files and folders are to be: what belongs there
// cannot be stored, and keeps nothing else from it.
func TestLinksToNowhere(t *testing.T) {
	t.Parallel()
	for name, link := range map[string]string{"a file": "gone.wsp", "a folder": "gone", "a circle": "gone.wsp"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			to := filepath.Join(dir, "nowhere")
			if name == "a circle" {
				to = filepath.Join(dir, link)
			}
			if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
				t.Fatal(err)
			}
			s := open(t, store.Options{Dir: dir})
			c := dial(t, s)
			series := "gone"
			if filepath.Ext(link) == "" {
				series = "gone.a"
			}
			refused := send(t, c, batch(line(series, 1, 0), line("other", 1, 0)))
			awaitAcked(t, c, 1)
			late, _ := lost(c)
			if refused+int(late) != 1 {
				t.Errorf("got %d points refused and %d lost, want 1 in all", refused, late)
			}
			closeConn(t, c)
		})
	}
}
