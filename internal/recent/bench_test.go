package recent_test

import (
	"strconv"
	"testing"

	"github.com/plumbago/plumbago/internal/recent"
)

func BenchmarkAdmit(b *testing.B) {
	for _, names := range []int{1_000, 100_000, 1_000_000} {
		b.Run("known of "+strconv.Itoa(names), func(b *testing.B) {
			n, hashes := filled(names)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i == names {
					i = 0
				}
				n.Admit(hashes[i], start)
			}
		})
	}
	b.Run("refused at 100000", func(b *testing.B) {
		n, hashes := filled(100_000)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if i == len(hashes) {
				i = 0
			}
			n.Admit(^hashes[i], start)
		}
	})
	b.Run("known of 100000, many at once", func(b *testing.B) {
		n, hashes := filled(100_000)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				if i == len(hashes) {
					i = 0
				}
				n.Admit(hashes[i], start)
			}
		})
	})
}

// BenchmarkStep is what it takes to begin a step with a million names, of which
// all stay, or one goes and the others have to be copied.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		name  string
		fresh int // names of each step
	}{{"all stay", 0}, {"one goes", 1}} {
		b.Run(c.name, func(b *testing.B) {
			n, hashes := filled(1_000_000 - 10)
			now, next := start, 0
			for b.Loop() {
				b.StopTimer()
				for _, h := range hashes {
					n.Admit(h, now)
				}
				for range c.fresh {
					next--
					n.Admit(hash(next), now)
				}
				now += step
				b.StartTimer()
				n.Live(now)
			}
		})
	}
}

func filled(names int) (*recent.Names, []uint64) {
	n := recent.NewNames(names+10, window)
	hashes := make([]uint64, names)
	for i := range hashes {
		hashes[i] = hash(i)
		n.Admit(hashes[i], start)
	}
	return n, hashes
}

func BenchmarkAllow(b *testing.B) {
	for _, names := range []int{1, 1_000, 50_000, 1_000_000} {
		b.Run("names "+strconv.Itoa(names), func(b *testing.B) {
			r := recent.NewRates(1000)
			hashes := make([]uint64, names)
			for i := range hashes {
				hashes[i] = hash(i)
			}
			now := start * 1e9
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i == names {
					i = 0
				}
				now += 1000
				r.Allow(hashes[i], now)
			}
		})
	}
}
