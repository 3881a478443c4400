//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func shortWeek(t *testing.T, binary string) {
	t.Parallel()
	var said bytes.Buffer
	w := &week{points: 400_000, seed: 3, plumbago: binary, dir: t.TempDir(), limit: time.Minute,
		reload: 100 * time.Millisecond, outage: 500 * time.Millisecond, down: 100 * time.Millisecond, settle: 300 * time.Millisecond}
	if err := w.run(t.Context(), &said); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	r := &w.report
	if err := r.identity(); err != nil {
		t.Error(err)
	}
	if r.reloads == 0 || r.outages == 0 || len(r.samples) == 0 || r.samples[0].files == 0 || r.samples[0].goroutines == 0 {
		t.Errorf("got %d reloads, %d outages, %d samples, want some of each", r.reloads, r.outages, len(r.samples))
	}
	wellFormed(t, string(r.figure().svg()))
}

func TestPointSetKnowsEachPoint(t *testing.T) {
	t.Parallel()
	p := newPointSet(3 * weekChunk)
	for _, first := range []int64{weekChunk, 0, weekChunk} {
		p.take(bytes.ReplaceAll(newWeekLines("key-of-tenant-0001", 1).write(first), []byte("key-of-"), nil))
	}
	if u, tw, d := p.unique.Load(), p.twice.Load(), p.damaged.Load(); u != 2*weekChunk || tw != weekChunk || d != 0 {
		t.Errorf("got %d, %d twice, %d damaged, want %d, %d and none", u, tw, d, 2*weekChunk, weekChunk)
	}
	p.take([]byte("tenant-01.a 99000000000 1700000000\nx 10000000001 1700000000\n\ntenant-01.a 1 1700000000\ntenant-1 10000000001\n"))
	if d := p.damaged.Load(); d != 5 {
		t.Errorf("got %d damaged, want 5", d)
	}
}

func TestWeekJudgesMemory(t *testing.T) {
	const million, mb = 1_000_000, 1 << 20
	whole := weekReport{points: 168 * million, sent: 168 * million, came: 168 * million, appended: 168 * million, settled: time.Second}
	for _, test := range []struct {
		name string
		rss  func(hour int) int64
		lose int64
		want string
	}{
		{"as it was", func(int) int64 { return 100 * mb }, 0, ""},
		{"a little more", func(hour int) int64 { return int64(100+hour/10) * mb }, 0, ""},
		{"a leak", func(hour int) int64 { return int64(100+hour) * mb }, 0, "memory grew to 2.67 times"},
		{"a lost point", func(int) int64 { return mb }, 1, "do not add up"},
	} {
		r := whole
		r.came -= test.lose
		for hour := range hours {
			r.samples = append(r.samples, weekSample{at: time.Duration(hour) * time.Second, points: int64(hour) * million, rss: test.rss(hour)})
		}
		err := r.verdict()
		if got := fmt.Sprint(err); test.want == "" && err != nil || !strings.Contains(got, test.want) && test.want != "" {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
		if parts := r.parts(); len(parts) != 9 || parts[8].samples != 24 || parts[0].samples != 1 {
			t.Errorf("%s: got parts %+v", test.name, parts)
		}
	}
}

func TestWeekCommandLinesThatAreWrong(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"week -points 12":               "1e5 to 1e10",
		"week today":                    "today",
		"week -plumbago ./nothing":      "make build",
		"growth -plumbago ./nothing":    "make build",
		"growth -plumbago . -growth up": `"up": there are ring`,
		"growth now":                    `"now" is no flag`,
	} {
		var out bytes.Buffer
		if err := run(t.Context(), strings.Fields(args), strings.NewReader(""), &out, &out); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("bench %s: got %v, want %q", args, err, want)
		}
	}
}

// TestWeekWritesItsSection with made-up figures.
func TestWeekWritesItsSection(t *testing.T) {
	t.Parallel()
	r := weekReport{points: 168_000, sent: 168_000, came: 168_000, appended: 168_000, settled: time.Second, took: time.Second,
		samples: []weekSample{{points: 10, rss: 1 << 20}, {at: time.Minute, points: 20_000, rss: 1 << 20}}}
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, []byte(opening("week")+"\n"+closing("week")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := page(file).replace("week", r.text("week.svg")); err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(file)
	for _, want := range []string{"(week.svg)", "| first hour | 1 |", "| day 1 | 1 |", "As it should be"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("got %s, want %q in it", b, want)
		}
	}
}
