package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// options are the command line of a comparison.
type options struct {
	scenarios, peers                 string
	reps, points, rate               int
	results, dir, folder, perf, page string
	plumbago                         string
	short, keep                      bool
}

// everybody is who is measured where nobody is named.
const everybody = "plumbago,carbon-c-relay,carbon-relay,carbon-cache,stunnel,no-tenants,floor"

// wholePage is the page that a run of everything writes.
const wholePage = "docs/performance.md"

func parse(args []string, stderr io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.scenarios, "scenario", "", "which, with commas between: "+strings.Join(namesOf(scenarios()), ", ")+" (default: all)")
	f.BoolVar(&o.short, "short", false, fmt.Sprintf("the first %d scenarios, once each", short))
	f.StringVar(&o.peers, "peer", everybody, "which, with commas between")
	f.IntVar(&o.reps, "reps", 0, "how often each is measured (default: as the scenario says, 3 or 1)")
	f.IntVar(&o.points, "n", 0, "points (default: as the scenario says)")
	f.IntVar(&o.rate, "rate", 0, "points a second (default: as the scenario says)")
	f.StringVar(&o.results, "o", "", "append every measurement to this file, as a line of JSON")
	f.StringVar(&o.page, "page", "", "write the tables into this page, between its marks (default: "+wholePage+", if everything is measured as it is)")
	f.StringVar(&o.dir, "dir", os.TempDir(), "where the relays may write while they are measured")
	f.StringVar(&o.folder, "peers", "", "a folder of more peers")
	f.StringVar(&o.plumbago, "plumbago", "bin/plumbago", "the binary under test")
	f.StringVar(&o.perf, "perf", "", "record a profile of the relay in this file (for one peer and one scenario)")
	f.BoolVar(&o.keep, "keep", false, "keep what the relays wrote, and say where")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("%q is no flag: see -help", f.Arg(0))
	}
	if o.perf != "" && (strings.Contains(o.peers, ",") || o.scenarios == "" || strings.Contains(o.scenarios, ",")) {
		return o, errors.New("-perf records one -peer in one -scenario")
	}
	return o.settle(), nil
}

// settle fills in what follows from the rest.
func (o options) settle() options {
	if o.short {
		o.reps = max(1, o.reps)
		if o.scenarios == "" {
			o.scenarios = strings.Join(namesOf(scenarios()[:short]), ",")
		}
	}
	if o.page == "" && o.whole() {
		o.page = wholePage
	}
	return o
}

// whole says whether everything is measured, and as it is meant to be.
func (o options) whole() bool {
	return o.scenarios == "" && o.peers == everybody && o.reps == 0 && o.points == 0 && o.rate == 0 && o.perf == ""
}

// comparison makes of the command line what is to be done. A peer that is not
// installed is left out, aloud.
func (o options) comparison(progress io.Writer) (*comparison, error) {
	c := &comparison{perf: o.perf, keep: o.keep, progress: progress}
	var err error
	if c.at, err = o.place(); err != nil {
		return nil, err
	}
	if c.scenarios, err = findScenarios(split(o.scenarios)); err != nil {
		return nil, err
	}
	for i := range c.scenarios {
		o.override(&c.scenarios[i])
	}
	c.leaveOut(mostFiles())
	for _, name := range split(o.peers) {
		p, err := findPeer(name, o.folder)
		if err != nil {
			return nil, err
		}
		if err := p.installed(c.at); err != nil {
			fmt.Fprintf(progress, "%s is left out: %v\n", name, err)
			continue
		}
		c.peers = append(c.peers, p)
	}
	if len(c.peers) == 0 {
		return nil, errors.New("no peer to measure (`make build` makes bin/plumbago)")
	}
	return c, nil
}

// leaveOut leaves out, aloud, what needs more connections than files may be open.
func (c *comparison) leaveOut(files int) {
	const others = 200
	c.scenarios = slices.DeleteFunc(c.scenarios, func(s scenario) bool {
		tooMany := s.connections+others > files
		if tooMany {
			fmt.Fprintf(c.progress, "%s is left out: a process may open no more than %d files\n", s.name, files)
		}
		return tooMany
	})
}

func (o options) place() (p place, err error) {
	if p.Bench, err = os.Executable(); err != nil {
		return p, err
	}
	p.Plumbago, err = filepath.Abs(o.plumbago)
	return p, err
}

func (o options) override(s *scenario) {
	if o.reps > 0 {
		s.reps = o.reps
	}
	if o.points > 0 {
		s.points = o.points
	}
	if o.rate > 0 {
		s.rate = o.rate
		s.title += fmt.Sprintf(" (at %s/s)", thousands(int64(o.rate)))
	}
}

func namesOfPeers(peers []peer) (names []string) {
	for _, p := range peers {
		names = append(names, p.name)
	}
	return names
}

func split(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return c == ',' || c == ' ' })
}
