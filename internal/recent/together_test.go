package recent_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/recent"
)

// together has callers call at once with the same time, in rounds a second apart.
func together(rounds int64, call func(caller int, now int64)) {
	for now := start; now < start+rounds; now++ {
		var all sync.WaitGroup
		for caller := range 8 {
			all.Go(func() { call(caller, now) })
		}
		all.Wait()
	}
}

func TestManyAtOnceNeverExceedTheLimitNorLoseAKnownName(t *testing.T) {
	const limit, known, each = 2000, 500, 10
	n := recent.NewNames(limit, window)
	for name := range known {
		n.Admit(hash(name), start)
	}
	var admitted atomic.Int64
	together(100, func(caller int, now int64) {
		for i := range known {
			if name := (i + caller*61) % known; !n.Admit(hash(name), now) {
				t.Errorf("known name %d: got refused, want admitted", name)
			}
		}
		for i := range each {
			if n.Admit(hash(known+(int(now-start)*each+i)*8+caller), now) {
				admitted.Add(1)
			}
		}
	})
	if got := admitted.Load(); got != limit-known {
		t.Errorf("got %d new names admitted, want %d", got, limit-known)
	}
	if got := n.Live(start + 100); got != limit {
		t.Errorf("got %d live, want %d", got, limit)
	}
}

func TestManyAtOnceWhileNamesComeAndGo(t *testing.T) {
	const limit, always, each = 660, 300, 5
	n := recent.NewNames(limit, 8*time.Second)
	for name := range always {
		n.Admit(hash(name), start)
	}
	together(600, func(caller int, now int64) {
		for i := range always {
			if !n.Admit(hash(i), now) {
				t.Errorf("name %d, which is always there, at %d: got refused, want admitted", i, now-start)
			}
		}
		for i := range each { // of 8 callers in 9 steps: 360, which is just the room there is
			if name := always + (int(now)*each+i)*8 + caller; !n.Admit(hash(name), now) {
				t.Errorf("new name %d at %d: got refused, want admitted", name, now-start)
			}
		}
	})
}

func TestManyAtOnceFillTheLastRoomOnce(t *testing.T) {
	const limit = 50
	var n *recent.Names
	var admitted atomic.Int64
	for range 200 {
		n = recent.NewNames(limit, window)
		admitted.Store(0)
		together(1, func(caller int, now int64) {
			for i := range limit {
				if n.Admit(hash(i*8+caller), now) {
					admitted.Add(1)
				}
			}
		})
		if got := admitted.Load(); got != limit {
			t.Fatalf("got %d admitted, want %d", got, limit)
		}
	}
}

// The table is copied because one name is gone and because others are new, while
// all the names in it are noted for the last time that counts.
func TestWhatIsNotedWhileTheTableIsCopiedIsKept(t *testing.T) {
	const names, steps = 50_000, 8
	for range 4 {
		n := recent.NewNames(10*names, window)
		first := start - start%step
		n.Admit(hash(-1), first-step)
		for name := range names {
			n.Admit(hash(name), first)
		}
		last := first + steps*step
		var all sync.WaitGroup
		all.Go(func() { n.Live(last) })
		for half := range 2 {
			all.Go(func() {
				for name := half * names / 2; name < (half+1)*names/2; name++ {
					n.Admit(hash(name), last)
				}
			})
		}
		all.Go(func() {
			for name := range names {
				n.Admit(hash(names+name), last)
			}
		})
		all.Wait()
		if got := n.Live(last + steps*step); got != 2*names {
			t.Errorf("got %d live, want %d", got, 2*names)
		}
	}
}

func TestAllowManyAtOnceInOnePlace(t *testing.T) {
	r := recent.NewRates(2)
	together(300, func(caller int, now int64) {
		if caller%2 == 0 {
			for i := range 1000 {
				r.Allow(uint64(caller+i%6), 2*now*1e9)
			}
			return
		}
		for name := uint64(100 * caller); name < uint64(100*caller+3); name++ {
			for range 2 {
				if !r.Allow(name, 2*now*1e9) {
					t.Errorf("name %d: got refused, want admitted", name)
				}
			}
		}
	})
}
