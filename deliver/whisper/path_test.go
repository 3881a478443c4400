package whisper_test

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	store "github.com/plumbago/plumbago/deliver/whisper"
)

func TestPathsAreCarbons(t *testing.T) {
	s := open(t, store.Options{})
	f, err := os.Open("testdata/tags.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for d := json.NewDecoder(bufio.NewReader(f)); d.More(); n++ {
		var c struct {
			Path string
			Hash string `json:"encoded_hash"`
			Name string `json:"encoded_name"`
		}
		if err := d.Decode(&c); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(c.Path, ".") || c.Hash == "" {
			continue // carbon leaves out the dots, here such names are refused
		}
		if got := store.PathOf(s, c.Path); got != c.Hash+".wsp" {
			t.Errorf("%q: got %q, want %q", c.Path, got, c.Hash)
		}
		got, ok := store.ReadablePathOf(s, c.Path)
		if ok && got != c.Name+".wsp" || !ok && strings.Contains(c.Path, ";") && len(c.Name) < 250 && !strings.ContainsAny(c.Path, "/\x00") {
			t.Errorf("%q: got the readable path %q, want %q", c.Path, got, c.Name)
		}
	}
	if n < 100 {
		t.Errorf("got %d cases", n)
	}
}
