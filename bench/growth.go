package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// growthRole and growthQueueRole are words of the command line: the command that
// measures how cost grows, and the process of it that has a file system of its own.
const (
	growthRole      = "growth"
	growthQueueRole = "growth-queue"
)

// growth measures how the cost of a point grows, in several ways of growing.
type growth struct {
	Only     string // names of trends, with commas between
	Reps     int
	Points   int  // of each measurement
	Quick    bool // small sizes
	Plumbago string
	Dir      string // where the gateways may write
	Page     string // the page with the section, and the pictures beside it; "" for none

	progress io.Writer
	private  bool // the file system of Dir is this process' own
}

// runGrowth is the command.
func runGrowth(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	g, err := parseGrowth(args, stderr)
	if err != nil {
		return err
	}
	trends, err := g.trends()
	if err != nil {
		return err
	}
	if g.Dir, err = os.MkdirTemp(g.Dir, "plumbago-growth-"); err != nil {
		return err
	}
	defer os.RemoveAll(g.Dir)
	for i := range trends {
		if err := g.measureTrend(ctx, &trends[i]); err != nil {
			return fmt.Errorf("%s: %w", trends[i].name, err)
		}
		trends[i].print(stdout)
	}
	return g.publish(trends)
}

func parseGrowth(args []string, stderr io.Writer) (g growth, err error) {
	f := flag.NewFlagSet("bench growth", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&g.Only, "growth", "", "which, with commas between: ring, rules, names, queue (default: all; the page is written for all only)")
	f.IntVar(&g.Reps, "reps", 3, "how often each is measured; the medians are told")
	f.IntVar(&g.Points, "n", 5_000_000, "points of a measurement")
	f.BoolVar(&g.Quick, "quick", false, "small sizes and few points, in a minute; the page is left alone")
	f.StringVar(&g.Plumbago, "plumbago", "bin/plumbago", "the binary under test")
	f.StringVar(&g.Dir, "dir", os.TempDir(), "where the gateways may write while they are measured")
	f.StringVar(&g.Page, "page", "docs/performance.md", "the page whose section is written, with the pictures beside it; empty for none")
	if err := f.Parse(args); err != nil {
		return g, err
	}
	if f.NArg() > 0 {
		return g, fmt.Errorf("%q is no flag: see -help", f.Arg(0))
	}
	if g.Quick {
		g.Page, g.Reps, g.Points = "", 1, min(g.Points, 500_000)
	}
	g.progress = stderr
	if g.Plumbago, err = filepath.Abs(g.Plumbago); err != nil {
		return g, err
	}
	if _, err = os.Stat(g.Plumbago); err != nil {
		return g, fmt.Errorf("%w (`make build` makes bin/plumbago)", err)
	}
	return g, nil
}

// trends are the ways of growing that the command line asks for.
func (g *growth) trends() (chosen []trend, err error) {
	all := []trend{ringTrend(), rulesTrend(), namesTrend(), queueTrend()}
	for _, name := range split(g.Only) {
		i := slices.IndexFunc(all, func(t trend) bool { return t.name == name })
		if i < 0 {
			return nil, fmt.Errorf("find %q: there are ring, rules, names, queue", name)
		}
		chosen = append(chosen, all[i])
	}
	if len(chosen) == 0 {
		chosen = all
	}
	for i := range chosen {
		if g.Quick {
			chosen[i].sizes = chosen[i].small
		}
	}
	return chosen, nil
}

// trend is one way of growing.
type trend struct {
	name, heading string
	axis          string  // what the sizes are
	sizes, small  []int64 // all, and those of the quick form
	costs         []string
	private       bool // it is measured on a file system of its own
	note          string
	run           func(ctx context.Context, g *growth, size int64) (sample, error)

	samples []sample
}

// sample is one measurement.
type sample struct {
	Size  int64
	Costs []float64     // processor seconds for a million points, as the trend's costs name them
	Start time.Duration // until the gateway was ready; 0 where that is not of interest
	Peak  int64         // bytes of memory at most
}

// measureTrend fills in the samples.
func (g *growth) measureTrend(ctx context.Context, t *trend) error {
	if t.private && !g.private {
		return g.measureElsewhere(ctx, t)
	}
	return g.rounds(ctx, t, func(s sample) { t.samples = append(t.samples, s) })
}

// rounds measures all sizes, one after the other, then all again, so that what else
// the machine does meets all of them.
func (g *growth) rounds(ctx context.Context, t *trend, take func(sample)) error {
	for rep := range g.Reps {
		for _, size := range t.sizes {
			ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
			s, err := t.run(ctx, g, size)
			cancel()
			if errors.Is(err, errNoRoom) {
				fmt.Fprintf(g.progress, "%s, %s %s: left out: %v\n", t.name, thousands(size), t.axis, err)
				continue
			}
			if err != nil {
				return fmt.Errorf("%s %s: %w", thousands(size), t.axis, err)
			}
			s.Size = size
			take(s)
			fmt.Fprintf(g.progress, "%-6s %11s %d: %s s/M  start %.3f s  %3d MB\n", t.name, thousands(size), rep+1,
				strings.Join(cells(s.Costs, 4), " "), s.Start.Seconds(), s.Peak>>20)
		}
	}
	return nil
}

func cells(values []float64, digits int) (text []string) {
	for _, v := range values {
		text = append(text, fmt.Sprintf("%.*f", digits, v))
	}
	return text
}

// growthQueueSettings are those of the process with a file system of its own.
type growthQueueSettings struct {
	Growth  growth
	Trend   string
	Private bool
}

// runGrowthQueue is that process. It writes samples, a line of JSON each.
func runGrowthQueue(ctx context.Context, s growthQueueSettings, stdout, stderr io.Writer) error {
	g := s.Growth
	g.Only, g.progress, g.private = s.Trend, stderr, true
	trends, err := g.trends()
	if err != nil {
		return err
	}
	if g.Dir, err = growthGround(ctx, g.Dir, s.Private); err != nil {
		return err
	}
	out := json.NewEncoder(stdout)
	return g.rounds(ctx, &trends[0], func(s sample) { out.Encode(s) })
}
