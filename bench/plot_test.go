package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFigureIsWellFormedAndInItsFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := panel{x: "a < b & c", y: "s/M", log: rapid.Bool().Draw(t, "log")}
		for range rapid.IntRange(0, 3).Draw(t, "curves") {
			c := curve{name: rapid.StringMatching(`[a-z<&"]{1,9}`).Draw(t, "name")}
			for range rapid.IntRange(0, 30).Draw(t, "points") {
				c.points = append(c.points, spot{float64(rapid.IntRange(0, 1e9).Draw(t, "x")), rapid.Float64Range(0, 1e9).Draw(t, "y")})
			}
			p.curves = append(p.curves, c)
		}
		text := string(figure{title: `A "title" <&>`, panels: []panel{p, p}}.svg())
		wellFormed(t, text)
		inFrame(t, text)
	})
}

// failer is a test of either kind.
type failer interface{ Fatalf(string, ...any) }

func wellFormed(t failer, text string) {
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
}

var corners = regexp.MustCompile(`([-+.\deNaInf]+),([-+.\deNaInf]+) `)

func inFrame(t failer, text string) {
	for _, m := range corners.FindAllStringSubmatch(text, -1) {
		x, errX := strconv.ParseFloat(m[1], 64)
		y, errY := strconv.ParseFloat(m[2], 64)
		if errX != nil || errY != nil || !(x >= frameLeft && x <= frameRight && y >= frameTop && y <= frameBottom) {
			t.Fatalf("point %q is not in the frame of %s", m[0], text)
		}
	}
}

func TestFigureShowsWhatItIsGiven(t *testing.T) {
	f := figure{"Cost", []panel{{x: "destinations", y: "seconds", log: true, curves: []curve{
		{"ring", []spot{{0, 0}, {1, 0.1}, {10, 0.2}, {100, 0.2}}}, {"list", []spot{{1, 0.4}}}}}}}
	file := filepath.Join(t.TempDir(), "cost.svg")
	if err := f.write(file); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	// Three steps of the logarithm share the frame's width, 0 is before the first, and the top is 0.4.
	for _, want := range []string{
		`points="72.0,250.0 171.3,199.0 270.7,148.0 370.0,148.0 "`, ">Cost</text>", ">destinations</text>", ">seconds</text>",
		">ring</text>", ">list</text>", ">100</text>", ">0.4</text>", "prefers-color-scheme:dark", `r="3"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("got %s, want %s in it", text, want)
		}
	}
	if strings.Count(text, "<circle") != 5 {
		t.Errorf("got %d circles, want 5", strings.Count(text, "<circle"))
	}
}

func TestNumbersOnAxes(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.25: "0.25", 64: "64", 1000: "1 k", 2.5e6: "2.5 M", 2e9: "2 G"} {
		if got := tickText(v); got != want {
			t.Errorf("%v: got %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]float64{0: 1, 0.03: 0.05, 1: 1, 1.1: 2, 2.2: 2.5, 6: 10, 12: 20} {
		if got := roundStep(v); got < want*0.999 || got > want*1.001 {
			t.Errorf("round step for %v: got %v, want %v", v, got, want)
		}
	}
}
