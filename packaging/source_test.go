package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func TestVersionsAsPackagesSpellThem(t *testing.T) {
	tests := []struct{ name, version, want string }{
		{"a tag", "v1.2.3", "1.2.3"},
		{"a candidate", "v1.2.3-rc.1", "1.2.3~rc.1"},
		{"commits after a tag", "v1.2.3-4-gabc1234", "1.2.3+4.gabc1234"},
		{"changed", "v1.2.3-dirty", "1.2.3+dirty"},
		{"no tag", "abc1234", "0.0.0~20260304120000.abc1234"},
		{"no tag, digits first", "1abc234-dirty", "0.0.0~20260304120000.1abc234.dirty"},
		{"nothing", "unknown", "0.0.0~20260304120000.unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := (source{version: tt.version, date: noon}).packaged(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestVersionsSortAsTheyFollow asks dpkg, which is on every Debian.
func TestVersionsSortAsTheyFollow(t *testing.T) {
	inOrder := []string{"abc1234", "v1.2.3-rc.1", "v1.2.3", "v1.2.3-4-gabc1234", "v1.2.4"}
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		t.Logf("the order is dpkg's to tell: %v", err)
		return
	}
	for i := range inOrder[1:] {
		before, after := source{version: inOrder[i], date: noon}.packaged(), source{version: inOrder[i+1], date: noon}.packaged()
		if err := exec.Command(dpkg, "--compare-versions", before, "lt", after).Run(); err != nil {
			t.Errorf("%q comes before %q: %v", before, after, err)
		}
	}
}

func TestTheDateOfTheSource(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	s, err := readSource(".", "v1")
	if err != nil || s.date.Unix() != 1700000000 {
		t.Errorf("got %v, %v, want that of SOURCE_DATE_EPOCH", s.date, err)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "tomorrow")
	if _, err := readSource(".", "v1"); err == nil {
		t.Error("got no error for a date that is no number")
	}
}

func TestOneSystemAlone(t *testing.T) {
	if got, err := only(systems, "linux/arm"); err != nil || len(got) != 1 || got[0].packageArch() != "arm7" {
		t.Errorf("got %v, %v, want linux/arm", got, err)
	}
	if _, err := only(linuxes(systems), "darwin/arm64"); err == nil || !strings.Contains(err.Error(), "linux/riscv64") {
		t.Errorf("got %v, want the systems that there are", err)
	}
	if got, err := only(systems, ""); err != nil || len(got) != 6 {
		t.Errorf("got %v, %v, want all six", got, err)
	}
}

func TestArchivesAreTheSameEachTime(t *testing.T) {
	entries := []entry{{name: "a/", mode: 0o755, owner: 7}, {name: "a/b", mode: 0o600, text: []byte("text")}}
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		if err := writeTar(b, noon, entries); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) || !bytes.Equal(zipped(first.Bytes()), zipped(second.Bytes())) {
		t.Error("got other bytes for the same entries")
	}
	if err := writeTar(&first, noon, []entry{{name: "c", file: "/nonexistent"}}); err == nil {
		t.Error("got no error for a file that is missing")
	}
}

func TestTagsOfImages(t *testing.T) {
	if got, want := (source{version: "v1.2.3+dirty/x"}).tag(), "v1.2.3_dirty_x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestALicenceMustBeThere(t *testing.T) {
	var b bytes.Buffer
	if err := appendLicences(&b, "example.com/m v1", t.TempDir()); err == nil || !strings.Contains(err.Error(), "example.com/m") {
		t.Errorf("got %v, want an error that names the module", err)
	}
}
