package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPageReplacesItsSectionOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	const head, tail = "# Title\n\n<!-- a: made by the command, not by hand -->", "<!-- end of a -->\n\nThe end.\n"
	for _, old := range []string{"", "\n", "\n\nold\n\n| table |\n\n"} {
		if err := os.WriteFile(file, []byte(head+old+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := page(file).replace("a", "\nnew\n"); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(file)
		if want := head + "\n\nnew\n\n" + tail; err != nil || string(b) != want {
			t.Errorf("got %q, %v, want %q", b, err, want)
		}
		if err := page(file).replace("b", "x"); err == nil {
			t.Error("got no error for a section that is not there")
		}
	}
}
