package deliver_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/durable"
	"github.com/plumbago/plumbago/internal/durable/durabletest"
	"github.com/plumbago/plumbago/internal/logtest"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 5, time.FixedZone("", 3600))

// read returns what is in a file, "" if there is none.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

func TestKeepWritesWhatAPersonCanRead(t *testing.T) {
	tests := []struct{ name, why, want string }{
		{"plain", "400 no such value: \"x\"", "400 no such value: \"x\""},
		{"several lines", "400 one\r\ntwo\x1b[31m\ttree\x00", `400 one\r\ntwo\x1b[31m\ttree\x00`},
		{"other letters", "400 größer \u2028 \u202e als \xff", `400 größer \u2028 \u202e als \xff`},
		{"nothing", "", ""},
		{"long", "400 " + strings.Repeat("ä", 1000), "400 " + strings.Repeat("ä", 242)},
		{"long escapes", "40 " + strings.Repeat("\x01", 1000), "40 " + strings.Repeat(`\x01`, 121)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a", "b", "refused")
			r := deliver.OpenRefusals(path)
			if _, err := os.Stat(filepath.Dir(path)); err == nil {
				t.Error("got a folder before there was anything to keep")
			}
			for range 2 {
				if err := r.Keep(batch("a 1 1\nb 2 1\n", 2), noon, tt.why); err != nil {
					t.Fatal(err)
				}
			}
			comment := "# 2026-11-21T11:00:00Z " + tt.want + "\n"
			want := strings.Repeat(comment+"a 1 1\nb 2 1\n", 2)
			if got := read(t, path); got != want || len(comment) > 512 {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestKeepKeepsToItsBound(t *testing.T) {
	const bound = 4000
	path := filepath.Join(t.TempDir(), "refused")
	r := deliver.OpenRefusalsOn(durable.OS(), path, bound)
	newest := func(i int) string { return fmt.Sprintf("name.%06d 1 1\n", i) }
	for i := range 500 {
		if err := r.Keep(batch(newest(i), 1), noon, "400 no"); err != nil {
			t.Fatal(err)
		}
		now, old := read(t, path), read(t, path+".1")
		if len(now)+len(old) > bound || !strings.HasSuffix(now, newest(i)) {
			t.Fatalf("got %d bytes that end with %q, want at most %d and %q", len(now)+len(old), now[max(0, len(now)-20):], bound, newest(i))
		}
		if i > 200 && !strings.Contains(old+now, newest(i-40)) {
			t.Fatalf("got less than half of what there is room for")
		}
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 2 {
		t.Errorf("got %v, %v, want 2 files", files, err)
	}
}

func TestKeepTakesOfALargeBatchWhatThereIsRoomFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "refused")
	r := deliver.OpenRefusalsOn(durable.OS(), path, 4000)
	lines := strings.Repeat("name 1 1\n", 1000)
	if err := r.Keep(batch(lines, 1000), noon, "400 no"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); len(got) > 2000 || len(got) < 1980 || !strings.HasSuffix(got, "\nname 1 1\n") {
		t.Errorf("got %d bytes, want whole lines up to 2000", len(got))
	}
}

func TestKeepCutsWhatAPowerCutLeft(t *testing.T) {
	for _, torn := range []string{"bad.na", strings.Repeat("x", 3000), "\x00\x00", "# 2026"} {
		path := filepath.Join(t.TempDir(), "refused")
		for _, whole := range []string{"", "# then 400\nbad 1 1\n"} {
			if err := os.WriteFile(path, []byte(whole+torn), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := deliver.OpenRefusals(path).Keep(batch("a 1 1\n", 1), noon, "400"); err != nil {
				t.Fatal(err)
			}
			if got, want := read(t, path), whole+"# 2026-11-21T11:00:00Z 400\na 1 1\n"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
}

// TestKeepOnADiskThatFails has each operation fail in turn.
func TestKeepOnADiskThatFails(t *testing.T) {
	for n := range 8 {
		disk := durabletest.New()
		path := filepath.Join(t.TempDir(), "refused")
		r := deliver.OpenRefusalsOn(disk, path, 200)
		disk.Fail(durabletest.Nth(n, 3, 7, syscall.ENOSPC))
		failed := 0
		for i := range 12 {
			err := r.Keep(batch(fmt.Sprintf("name.%d 1 1\n", i), 1), noon, "400 no")
			if err != nil && !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("fault %d: got %v, want that the disk is full", n, err)
			}
			if err != nil {
				failed++
			}
		}
		if failed != 1 {
			t.Errorf("fault %d: got %d errors, want 1: it is said once", n, failed)
		}
		for _, p := range []string{path, path + ".1"} {
			for line := range strings.Lines(read(t, p)) {
				whole := strings.HasSuffix(line, " 1 1\n") && strings.HasPrefix(line, "name.") || strings.HasPrefix(line, "# ") && strings.HasSuffix(line, " no\n")
				if !whole {
					t.Errorf("fault %d: got %q, want whole lines", n, line)
				}
			}
		}
		if got := read(t, path); !strings.HasSuffix(got, "name.11 1 1\n") {
			t.Errorf("fault %d: got %q, want the last point once the disk is well", n, got)
		}
	}
}

func TestKeepTellsOfEachOutageOfTheDisk(t *testing.T) {
	disk := durabletest.New()
	r := deliver.OpenRefusalsOn(disk, filepath.Join(t.TempDir(), "refused"), 1000)
	full := func(durabletest.Op, string) (int, error) { return 0, syscall.ENOSPC }
	var got []bool
	for _, fails := range []bool{false, true, true, false, true} {
		disk.Fail(nil)
		if fails {
			disk.Fail(full)
		}
		got = append(got, r.Keep(batch("a 1 1\n", 1), noon, "400") != nil)
	}
	if want := []bool{false, true, false, false, true}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestKeepLeavesNoHalfLine(t *testing.T) {
	disk := durabletest.New()
	path := filepath.Join(t.TempDir(), "refused")
	r := deliver.OpenRefusalsOn(disk, path, 1000)
	for short := range 40 {
		disk.Fail(func(op durabletest.Op, _ string) (int, error) {
			if op == durabletest.Write {
				return short, syscall.ENOSPC
			}
			return 0, nil
		})
		r.Keep(batch("a 1 1\n", 1), noon, "400")
		if got := read(t, path); got != "" {
			t.Errorf("got %q of what was not written whole, want nothing", got)
		}
	}
}

func TestKeepFromManyAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "refused")
	r := deliver.OpenRefusals(path)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for range 50 {
				if err := r.Keep(batch(fmt.Sprintf("name.%d 1 1\n", i), 1), noon, "400"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := strings.Count(read(t, path), "\n"); got != 400 {
		t.Errorf("got %d lines, want 400", got)
	}
}

func TestSettleSaysWhatSendReturns(t *testing.T) {
	var out logtest.Journal
	log := slog.New(slog.NewTextHandler(&out, nil))
	path := filepath.Join(t.TempDir(), "refused")
	refused := []deliver.Refusal{
		{Batch: batch("a 1 1\nb 1 1\n", 2), Why: deliver.Permanent(errors.New("400 no"))},
		{Batch: batch("c 1 1\n", 1), Why: deliver.Permanent(errors.New("400 never"))},
	}
	for _, r := range []*deliver.Refusals{deliver.OpenRefusals(path), deliver.OpenRefusals("")} {
		if err := r.Settle(nil, log); err != nil {
			t.Errorf("got %v of nothing, want nil", err)
		}
		if err := r.Settle(refused, log); err == nil || err.Error() != "400 no" || deliver.IsPermanent(err) {
			t.Errorf("got %v, want the first answer, and not for the whole batch", err)
		}
	}
	if got := read(t, path); strings.Count(got, "\n") != 5 || !strings.HasSuffix(got, "Z 400 never\nc 1 1\n") {
		t.Errorf("got %q kept, want both", got)
	}
	if got := out.Take(); got != "" {
		t.Errorf("got %q logged, want nothing", got)
	}
	if err := os.Mkdir(path+".d", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := deliver.OpenRefusals(path+".d").Settle(refused, log); err == nil {
		t.Error("got nil, want the points refused whatever the disk does")
	}
	if got := out.Take(); strings.Count(got, "level=WARN") != 1 {
		t.Errorf("got %q logged, want one warning", got)
	}
}
