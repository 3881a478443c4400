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
	"strings"
	"syscall"
	"time"
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
	if o.page != "" {
		if _, _, err := page(o.page).around(comparisonSection); err != nil {
			return err
		}
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
	began := time.Now()
	results, err := c.run(ctx)
	var text strings.Builder
	table{c.scenarios, namesOfPeers(c.peers), results}.print(&text)
	fmt.Fprintf(&text, "\n%s\n", c.circumstances(began))
	fmt.Fprint(stdout, &text)
	if o.page != "" && ctx.Err() == nil {
		err = errors.Join(err, page(o.page).replace(comparisonSection, text.String()))
	}
	return err
}

// comparisonSection is the section of a page that the comparison writes.
const comparisonSection = "comparison"

// tidy removes the run's folder, or says where it is.
func (c *comparison) tidy() {
	if c.keep {
		fmt.Fprintln(c.progress, "kept in", c.dir)
		return
	}
	os.RemoveAll(c.dir)
}
