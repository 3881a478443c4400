package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// row is the medians of the samples of one size.
type growthRow struct {
	size  int64
	costs []float64
	start float64 // seconds
	peak  float64 // MB
}

// rows are those of a trend, in the order of its sizes; sizes that were left out
// have none.
func (t *trend) rows() (rows []growthRow) {
	for _, size := range t.sizes {
		var of []sample
		for _, s := range t.samples {
			if s.Size == size {
				of = append(of, s)
			}
		}
		if len(of) == 0 {
			continue
		}
		r := growthRow{size: size, start: medianOf(of, func(s sample) float64 { return s.Start.Seconds() }),
			peak: medianOf(of, func(s sample) float64 { return float64(s.Peak) / (1 << 20) })}
		for i := range t.costs {
			r.costs = append(r.costs, medianOf(of, func(s sample) float64 { return s.Costs[i] }))
		}
		rows = append(rows, r)
	}
	return rows
}

func medianOf(all []sample, of func(sample) float64) float64 {
	v := make([]float64, len(all))
	for i, s := range all {
		v[i] = of(s)
	}
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// print writes the table, and how flat each cost is.
func (t *trend) print(w io.Writer) {
	head, lines := []string{t.axis}, []string{"--:"}
	for _, c := range t.costs {
		head, lines = append(head, c+", s/M"), append(lines, "--:")
	}
	if t.starts() {
		head, lines = append(head, "start, s"), append(lines, "--:")
	}
	row(w, append(head, "RSS MB"))
	row(w, append(lines, "--:"))
	for _, r := range t.rows() {
		line := append([]string{thousands(r.size)}, cells(r.costs, 3)...)
		if t.starts() {
			line = append(line, fmt.Sprintf("%.3f", r.start))
		}
		row(w, append(line, fmt.Sprintf("%.0f", r.peak)))
	}
	fmt.Fprintf(w, "\n%s\n\n", t.verdict())
}

// starts says whether the time until the gateway is ready is of interest.
func (t *trend) starts() bool {
	return slices.ContainsFunc(t.samples, func(s sample) bool { return s.Start > 0 })
}

// verdict says how the largest size compares with the smallest.
func (t *trend) verdict() string {
	rows := t.rows()
	if len(rows) < 2 {
		return ""
	}
	first, last := rows[0], rows[len(rows)-1]
	var parts []string
	for i, c := range t.costs {
		parts = append(parts, fmt.Sprintf("%s %.2f times", c, last.costs[i]/max(first.costs[i], 1e-9)))
	}
	return fmt.Sprintf("From %s to %s %s: %s the cost.", thousands(first.size), thousands(last.size), t.axis, strings.Join(parts, ", "))
}

// figure draws the trend: what it costs, how long the start takes, and the memory.
func (t *trend) figure() figure {
	cost, start, memory := curvesOf(t.costs), curve{}, curve{}
	for _, r := range t.rows() {
		x := float64(r.size)
		for i := range cost {
			cost[i].points = append(cost[i].points, spot{x, r.costs[i]})
		}
		start.points = append(start.points, spot{x, r.start})
		memory.points = append(memory.points, spot{x, r.peak})
	}
	f := figure{title: t.heading, panels: []panel{{x: t.axis, y: "s / million points", log: true, curves: cost}}}
	if t.starts() {
		f.panels = append(f.panels, panel{x: t.axis, y: "start, s", log: true, curves: []curve{start}})
	}
	f.panels = append(f.panels, panel{x: t.axis, y: "peak memory, MB", log: true, curves: []curve{memory}})
	return f
}

func curvesOf(names []string) []curve {
	c := make([]curve, len(names))
	for i := range c {
		c[i].name = names[i]
	}
	return c
}

// publish writes the pictures, and the page's section, where all was measured.
func (g *growth) publish(trends []trend) error {
	if g.Page == "" {
		return nil
	}
	if g.Only != "" {
		fmt.Fprintf(g.progress, "%s is left alone: it shows all trends, and these are some\n", g.Page)
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "`make growth`, %s; each figure is the median of %d measurements. Seconds of processor time, user and system, for a million "+
		"points (s/M); RSS is the most memory that the gateway ever held.\n\n", benchGround(), g.Reps)
	for _, t := range trends {
		picture := "performance-" + t.name + ".svg"
		if err := t.figure().write(filepath.Join(filepath.Dir(g.Page), picture)); err != nil {
			return err
		}
		fmt.Fprintf(&b, "### %s\n\n%s\n\n![%s: the cost of a point](%s)\n\n", t.heading, t.note, t.heading, picture)
		t.print(&b)
	}
	return page(g.Page).replace("growth", b.String())
}

// benchGround says what a figure was measured on.
func benchGround() string {
	where := fmt.Sprintf("%s, %d processors of %s", time.Now().Format("January 2006"), runtime.NumCPU(), runtime.GOARCH)
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		release, _, _ := strings.Cut(strings.TrimSpace(string(b)), "-")
		where += ", Linux " + release
	}
	return where
}
