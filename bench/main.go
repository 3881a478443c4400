// Command bench measures Graphite relays from outside: plumbago beside its
// peers, and beside the floor, which is the least that the work can cost. See
// README.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// run is the program, in one of its roles.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	switch {
	case len(args) > 0 && args[0] == growthRole:
		return runGrowth(ctx, args[1:], stdout, stderr)
	case len(args) > 0 && args[0] == weekRole:
		return runWeek(ctx, args[1:], stdout, stderr)
	}
	if len(args) != 2 {
		return compare(ctx, args, stdout, stderr)
	}
	switch args[0] {
	case growthQueueRole:
		return play(args[1], func(s growthQueueSettings) error { return runGrowthQueue(ctx, s, stdout, stderr) })
	case loadRole:
		return play(args[1], func(l load) error { return runLoad(l, stdin, stdout) })
	case sinkRole:
		return play(args[1], func(s sinkSettings) error { return runSink(s, stdin, stdout) })
	case filesRole:
		return play(args[1], func(s filesSettings) error { return runFiles(s, stdin, stdout) })
	case floorRole:
		return play(args[1], func(f floorSettings) error { return runFloor(f) })
	}
	return compare(ctx, args, stdout, stderr)
}

// play runs a role with its settings, which are JSON.
func play[T any](settings string, role func(T) error) error {
	var set T
	if err := json.Unmarshal([]byte(settings), &set); err != nil {
		return fmt.Errorf("read the settings %q: %w", settings, err)
	}
	return role(set)
}

// options are the command line of a comparison.
type options struct {
	scenarios, peers           string
	reps, points, rate         int
	results, dir, folder, perf string
	plumbago                   string
	keep                       bool
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.scenarios, "scenario", "", "which, with commas between: "+strings.Join(namesOf(scenarios()), ", ")+" (default: all but the last three)")
	f.StringVar(&o.peers, "peer", "plumbago,carbon-c-relay,carbon-cache,stunnel,no-tenants,floor", "which, with commas between; the others are compared with the first")
	f.IntVar(&o.reps, "reps", 0, "how often each is measured (default: as the scenario says, 3 or 1)")
	f.IntVar(&o.points, "n", 0, "points (default: as the scenario says)")
	f.IntVar(&o.rate, "rate", 0, "points a second (default: as the scenario says)")
	f.StringVar(&o.results, "o", "", "append every measurement to this file, as a line of JSON")
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
	return o, nil
}

// compare measures what the command line asks for and prints the table.
func compare(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	c, err := o.comparison(stderr)
	if err != nil {
		return err
	}
	if c.dir, err = os.MkdirTemp(o.dir, "plumbago-bench-"); err != nil {
		return err
	}
	defer c.tidy()
	if o.results != "" {
		f, err := os.OpenFile(o.results, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		defer f.Close()
		c.results = f
	}
	results, err := c.run(ctx)
	table{c.scenarios, namesOfPeers(c.peers), results}.print(stdout)
	return err
}

// tidy removes the run's folder, or says where it is.
func (c *comparison) tidy() {
	if c.keep {
		fmt.Fprintln(c.progress, "kept in", c.dir)
		return
	}
	os.RemoveAll(c.dir)
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
