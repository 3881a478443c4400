package whisper_test

import (
	"path/filepath"
	"testing"

	"github.com/plumbago/plumbago/internal/schema"
	"github.com/plumbago/plumbago/whisper"
)

// BenchmarkUpdate is what a minute of a series costs: to open its file, to write six
// points, to roll them up twice, and to close it.
func BenchmarkUpdate(b *testing.B) {
	s := schema.Default().For([]byte("a"))
	path := filepath.Join(b.TempDir(), "x.wsp")
	if err := whisper.Create(path, s, whisper.Sparse); err != nil {
		b.Fatal(err)
	}
	points := make([]whisper.Point, 6)
	b.ReportAllocs()
	at := int64(now)
	for b.Loop() {
		for i := range points {
			points[i] = whisper.Point{Time: at + 10*int64(i), Value: float64(i)}
		}
		at += 60
		f, err := whisper.OpenWrite(path, whisper.Unlocked)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Update(points, at); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}

// BenchmarkFetch is what a day of a series costs.
func BenchmarkFetch(b *testing.B) {
	s := schema.Default().For([]byte("a"))
	path := filepath.Join(b.TempDir(), "x.wsp")
	if err := whisper.Create(path, s, whisper.Sparse); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		f, err := whisper.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Fetch(whisper.Range{From: now - 86400, Until: now, Now: now}); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}

func BenchmarkCreate(b *testing.B) {
	s := schema.Default().For([]byte("a"))
	dir := b.TempDir()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		if err := whisper.Create(filepath.Join(dir, string(rune('a'+n%26))+string(rune(0x4e00+n/26))), s, whisper.Sparse); err != nil {
			b.Fatal(err)
		}
	}
}
