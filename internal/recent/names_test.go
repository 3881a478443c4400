package recent_test

import (
	"hash/maphash"
	"runtime"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/recent"
)

const (
	start  = int64(1_700_000_000)
	window = 5 * time.Minute
	step   = 38 // s, an eighth of the window, in whole seconds
)

var seed = maphash.MakeSeed()

func hash(name int) uint64 { return maphash.Comparable(seed, name) }

func TestAdmitRefusesNewNamesAtTheLimit(t *testing.T) {
	n := recent.NewNames(3, window)
	for name := range 3 {
		if !n.Admit(hash(name), start) {
			t.Errorf("name %d of 3: got refused, want admitted", name)
		}
	}
	if n.Admit(hash(3), start) {
		t.Error("the name over the limit: got admitted, want refused")
	}
	for name := range 3 {
		if !n.Admit(hash(name), start+299) {
			t.Errorf("known name %d: got refused, want admitted", name)
		}
	}
	if got := n.Live(start + 299); got != 3 {
		t.Errorf("got %d live, want 3", got)
	}
}

func TestAdmitForgetsNamesNotSeenForTheWindow(t *testing.T) {
	for _, c := range []struct {
		name   string
		window time.Duration
		after  int64
		want   int
	}{
		{"window", window, 300, 2},
		{"window and a step", window, 300 + step + 5, 1},
		{"one second", time.Second, 1, 2},
		{"one second, long ago", time.Second, 2, 1},
		{"less than a second", time.Millisecond, 2, 1},
		{"no window", 0, 2, 1},
		{"nine seconds", 9 * time.Second, 9, 2},
		{"nine seconds, long ago", 9 * time.Second, 12, 1},
		{"years", window, 1e9, 1},
		{"until the end of time", window, 1<<63 - 1 - start, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := recent.NewNames(2, c.window)
			n.Admit(hash(0), start)
			n.Admit(hash(1), start+c.after)
			if got := n.Live(start + c.after); got != c.want {
				t.Errorf("got %d live, want %d", got, c.want)
			}
			if got, want := n.Admit(hash(2), start+c.after), c.want < 2; got != want {
				t.Errorf("a further name: got admitted %t, want %t", got, want)
			}
		})
	}
}

func TestAdmitWithoutRoom(t *testing.T) {
	for _, limit := range []int{0, -1} {
		n := recent.NewNames(limit, window)
		if n.Admit(hash(0), start) || n.Live(start) != 0 {
			t.Errorf("limit %d: got admitted, want refused", limit)
		}
	}
}

func TestGrowKeepsWhatIsRemembered(t *testing.T) {
	n := recent.NewNames(100, window)
	for name := range 100 {
		n.Admit(hash(name), start)
	}
	n.Grow(10_000)
	for name := range 10_000 {
		if !n.Admit(hash(name), start+1) {
			t.Fatalf("name %d of 10000: got refused, want admitted", name)
		}
	}
	n.Grow(10)
	for name := range 10_000 {
		if !n.Admit(hash(name), start+2) {
			t.Fatalf("known name %d: got refused, want admitted", name)
		}
	}
	if n.Admit(hash(10_000), start+2) {
		t.Error("a new name over the lowered limit: got admitted, want refused")
	}
	if got := n.Live(start + 2); got != 10_000 {
		t.Errorf("got %d live, want 10000", got)
	}
}

func TestAdmitWhenTheClockIsSetBack(t *testing.T) {
	n := recent.NewNames(100, window)
	for name := range 100 {
		n.Admit(hash(name), start)
	}
	for _, now := range []int64{start - 1, start - step, start - 3600, start, 0, -1 << 63, 1<<63 - 1 - 1e10, -5, 5} {
		if now > start {
			continue
		}
		for name := range 100 {
			if !n.Admit(hash(name), now) {
				t.Fatalf("known name %d at %d: got refused, want admitted", name, now)
			}
		}
		if n.Admit(hash(100), now) {
			t.Errorf("a new name at %d: got admitted, want refused", now)
		}
	}
}

func TestNamesDoNotAgeByCallersThatAreLate(t *testing.T) {
	n := recent.NewNames(2, window)
	n.Admit(hash(0), start)
	for range 20 {
		n.Admit(hash(1), start+100)
		n.Admit(hash(1), start+20)
	}
	if got := n.Live(start + 100); got != 2 {
		t.Errorf("got %d live, want 2", got)
	}
}

func TestNamesGoOnAgeingAfterTheClockWasSetBack(t *testing.T) {
	n := recent.NewNames(2, window)
	n.Admit(hash(0), start)
	n.Admit(hash(1), start+200)
	back := start - 1e6
	n.Admit(hash(1), back)
	if got := n.Live(back); got != 2 {
		t.Errorf("just after: got %d live, want 2", got)
	}
	if got := n.Live(back + 190); got != 1 {
		t.Errorf("190 s after: got %d live, want 1", got)
	}
	if got := n.Live(back + 400); got != 0 {
		t.Errorf("400 s after: got %d live, want 0", got)
	}
}

func TestManyNamesInAFewBytesEach(t *testing.T) {
	names := 1_000_000
	if raceEnabled {
		names /= 10
	}
	before := heap()
	n := recent.NewNames(names, window)
	if small := heap() - before; small > 16<<10 {
		t.Errorf("empty: got %d bytes, want few", small)
	}
	for name := range names {
		n.Admit(hash(name), start)
	}
	if got := n.Live(start); got != names {
		t.Errorf("got %d live, want %d", got, names)
	}
	if got := heap() - before; got > 32*int64(names) {
		t.Errorf("got %d bytes, want at most 32 a name", got)
	}
	if n.Live(start+int64(window.Seconds())+2*step) != 0 {
		t.Error("long after: got names live, want none")
	}
	if got := heap() - before; got > 16<<10 {
		t.Errorf("empty again: got %d bytes, want few", got)
	}
	runtime.KeepAlive(n)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
