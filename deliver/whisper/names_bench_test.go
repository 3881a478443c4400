package whisper_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver/delivertest"
	store "github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/render"
)

func millionNames() (names []string) {
	for i := range 1_000_000 {
		names = append(names, fmt.Sprintf("dc%d.host%05d.group%d.metric%d", i%4, i/100, i/10%10, i%10))
	}
	return names
}

// withMillion is a store that knows a million names, and some with tags.
func withMillion(b *testing.B) *store.Store {
	s := open(b, store.Options{IndexBytes: 1 << 30})
	store.AddNames(s, millionNames())
	b.Logf("%d bytes of memory are counted", store.IndexBytes(s))
	return s
}

// reportProcessor tells what an operation took since before: on a busy machine that is
// less than the time that passed.
func reportProcessor(b *testing.B, before time.Duration) {
	b.ReportMetric((delivertest.ProcessorTime()-before).Seconds()*1000/float64(b.N), "cpu-ms/op")
}

// BenchmarkFind looks for some among a million series.
func BenchmarkFind(b *testing.B) {
	s := withMillion(b)
	for _, pattern := range []string{"*", "dc1.*", "dc1.host00001.*", "dc1.*.group3", "*.*.group3.metric3", "*.*.*.metric1", "dc{1,2}.host*7.group?.metric[1-3]", "**.metric9", "dc1.**.metric5"} {
		b.Run(pattern, func(b *testing.B) {
			b.ReportAllocs()
			n, before := 0, delivertest.ProcessorTime()
			for b.Loop() {
				nodes, err := s.Find(b.Context(), pattern, many)
				if err != nil {
					b.Fatal(err)
				}
				n = len(nodes)
			}
			reportProcessor(b, before)
			b.ReportMetric(float64(n), "nodes")
		})
	}
}

// BenchmarkSearch looks for words in a million names.
func BenchmarkSearch(b *testing.B) {
	s := withMillion(b)
	for _, words := range []string{"none", "metric3 host00042", "host0 group9 metric9", "group5"} {
		b.Run(words, func(b *testing.B) {
			b.ReportAllocs()
			before := delivertest.ProcessorTime()
			for b.Loop() {
				if _, err := s.Search(b.Context(), strings.Fields(words), 100_000); err != nil {
					b.Fatal(err)
				}
			}
			reportProcessor(b, before)
		})
	}
}

// BenchmarkNames lists a million names.
func BenchmarkNames(b *testing.B) {
	s := withMillion(b)
	b.ReportAllocs()
	before := delivertest.ProcessorTime()
	for b.Loop() {
		if _, err := s.Names(b.Context(), many); err != nil {
			b.Fatal(err)
		}
	}
	reportProcessor(b, before)
}

// BenchmarkTagged looks for some among half a million series with tags.
func BenchmarkTagged(b *testing.B) {
	s := open(b, store.Options{IndexBytes: 1 << 30})
	var names []string
	for i := range 500_000 {
		names = append(names, fmt.Sprintf("metric%d;dc=dc%d;host=host%05d", i%10, i%4, i/10))
	}
	store.AddTagged(s, names)
	for _, one := range []string{"host=host00042", "name=metric3,dc=dc1", "host=~host0004.", "name=metric3,host=~.*7"} {
		b.Run(one, func(b *testing.B) {
			list := exprs(b, strings.Split(one, ",")...)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Tagged(b.Context(), list, many); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFetchMany reads an hour of a thousand series.
func BenchmarkFetchMany(b *testing.B) {
	s := open(b, store.Options{FlushEvery: time.Hour})
	c := dial(b, s)
	var lines, all []string
	for i := range 1000 {
		all = append(all, fmt.Sprintf("a.b%d.c", i))
		lines = append(lines, line(all[i], 1, 0))
	}
	send(b, c, batch(lines...))
	closeConn(b, c)
	now := time.Now().Unix()
	b.ReportAllocs()
	for b.Loop() {
		if got, err := s.Fetch(b.Context(), all, render.Range{From: now - 3600, Until: now, Now: now}); err != nil || len(got) != 1000 {
			b.Fatal(len(got), err)
		}
	}
	b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "series/s")
}
