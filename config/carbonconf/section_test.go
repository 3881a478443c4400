package carbonconf_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config/carbonconf"
)

func TestReadSection(t *testing.T) {
	file := filepath.Join(t.TempDir(), "forward.conf")
	if err := os.WriteFile(file, []byte("# a comment\n[other]\na = 1\n[mine]\nTenant = 123\nkey: k = v\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := carbonconf.ReadSection(file, "mine")
	want := []carbonconf.Option{{"tenant", "123", 5}, {"key", "k = v", 6}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("got error %v and (-want +got):\n%s", err, diff)
	}
	_, err = carbonconf.ReadSection(file, "yours")
	if err == nil || !strings.Contains(err.Error(), "has no section [yours]; it has: [mine], [other]") {
		t.Errorf("got %v, want an error that names the sections", err)
	}
}

func TestReadSectionOfABrokenFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "forward.conf")
	if err := os.WriteFile(file, []byte("no section\n[mine]\na = 1\na = 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := carbonconf.ReadSection(file, "mine"); err == nil || !strings.Contains(err.Error(), file+":1") {
		t.Errorf("got %v, want an error with its place", err)
	}
}
