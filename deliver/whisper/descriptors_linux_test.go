package whisper_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	store "github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/render"
)

// openBelow is how many files of a folder this process has open.
func openBelow(t *testing.T, dir string) (n int) {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range all {
		if path, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(path, dir) {
			n++
		}
	}
	return n
}

// TestFewFilesAreOpen has many ask while points are written and folders are read.
func TestFewFilesAreOpen(t *testing.T) {
	const series, askers = 100, 12
	s := open(t, store.Options{FlushEvery: time.Millisecond, Rescan: time.Millisecond, IndexBytes: 4096})
	c := dial(t, s)
	var lines, all []string
	for i := range series {
		all = append(all, fmt.Sprintf("a%d.b%d.c.d.e.f%d", i%3, i%50, i))
		lines = append(lines, line(all[i], 1, 0))
	}
	var asking sync.WaitGroup
	var stop atomic.Bool
	now := time.Now().Unix()
	for range askers {
		asking.Go(func() {
			for !stop.Load() {
				_, err := s.Fetch(t.Context(), all, render.Range{From: now - 100, Until: now, Now: now})
				if _, other := s.Find(t.Context(), "*.*.c.**", many); err != nil || other != nil {
					t.Error(err, other)
				}
			}
		})
	}
	most := 0
	for until := time.Now().Add(200 * time.Millisecond); time.Now().Before(until); {
		send(t, c, batch(lines...))
		most = max(most, openBelow(t, store.Dir(s)))
	}
	stop.Store(true)
	asking.Wait()
	closeConn(t, c)
	if most > 10 {
		t.Errorf("got %d files open at a time, want 10 at most", most)
	}
}
