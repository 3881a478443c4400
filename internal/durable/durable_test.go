package durable_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/plumbago/plumbago/internal/durable"
	"github.com/plumbago/plumbago/internal/durable/durabletest"
)

func TestReplaceIsAllOrNothing(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	for n := 0; ; n++ {
		if err := durable.Replace(durable.OS(), name, []byte("old")); err != nil {
			t.Fatal(err)
		}
		disk := durabletest.New()
		disk.Fail(durabletest.Nth(n, 1, 1, syscall.EIO))
		err := durable.Replace(disk, name, []byte("new"))
		got, _ := os.ReadFile(name)
		if string(got) != "old" && string(got) != "new" || err == nil && string(got) != "new" {
			t.Errorf("fault %d: got %q and error %v", n, got, err)
		}
		if err == nil {
			if n != 5 {
				t.Errorf("got %d operations, want create, write, sync, rename and sync of the directory", n)
			}
			return
		}
		if _, err := os.Stat(name + ".tmp"); err == nil {
			t.Errorf("fault %d: left the temporary file", n)
		}
	}
}

func TestLockIsExclusive(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	if held, err := durable.Locked(name); held || err != nil {
		t.Errorf("got %v, %v of a file that is not there", held, err)
	}
	l, err := durable.LockFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := durable.LockFile(name); !errors.Is(err, durable.ErrLocked) {
		t.Errorf("got error %v, want ErrLocked", err)
	}
	if held, err := durable.Locked(name); !held || err != nil {
		t.Errorf("got %v, %v of a held lock", held, err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	if l, err = durable.LockFile(name); err != nil {
		t.Fatalf("lock once more: %v", err)
	}
	l.Unlock()
}

func TestFree(t *testing.T) {
	if n, err := durable.OS().Free(t.TempDir()); n == 0 || err != nil {
		t.Errorf("got %d, %v; want some space", n, err)
	}
}
