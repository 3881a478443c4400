// Command torture runs the real gateway under random faults and proves that
// nothing is lost, looking at it from outside. See README.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "torture: %v\n", err)
		os.Exit(1)
	}
}

// The program runs itself in other roles, which these variables tell.
const (
	roleVariable     = "PLUMBAGO_TORTURE_ROLE"
	settingsVariable = "PLUMBAGO_TORTURE_SETTINGS"

	worldRole = "world" // all of a run, in namespaces of its own where that can be
	sendRole  = "send"  // a client
)

// run is the program, in one of its roles.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	switch role := os.Getenv(roleVariable); role {
	case worldRole:
		return play(func(s settings) error { return runWorld(ctx, s, stdout) })
	case sendRole:
		return play(func(s sending) error { return runSend(s, os.Stdin, stdout) })
	case "":
	default:
		return fmt.Errorf("%s is %q: want %s or %s", roleVariable, role, worldRole, sendRole)
	}
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	return launch(ctx, s, stdout, stderr)
}

// play runs a role with its settings, which are JSON.
func play[T any](role func(T) error) error {
	var set T
	if err := json.Unmarshal([]byte(os.Getenv(settingsVariable)), &set); err != nil {
		return fmt.Errorf("read the settings: %w", err)
	}
	return role(set)
}

// settings say what a run is like.
type settings struct {
	Time    time.Duration // of all rounds of faults
	Round   time.Duration // of faults, until everything has to be at rest and is checked
	Seed    uint64        // of all that is drawn
	Rate    int           // points a second of each client
	Binary  string        // under test; "": one that has levers is made
	Still   string        // why there are no levers; "" where there are
	Dir     string        // of this run's files; removed after a run without violation
	Private bool          // the run has a network and mounts of its own
}

func parse(args []string, stderr io.Writer) (s settings, err error) {
	f := flag.NewFlagSet("torture", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.DurationVar(&s.Time, "time", 10*time.Minute, "how long faults go on, the checks between them left out")
	f.DurationVar(&s.Round, "round", 40*time.Second, "how long they go on until everything is checked at rest")
	f.Uint64Var(&s.Seed, "seed", 0, "of the faults: that of a run that failed has the same ones again (default: random)")
	f.IntVar(&s.Rate, "rate", 1500, "points a second of each client")
	f.StringVar(&s.Binary, "plumbago", "", "the binary under test, without levers (default: one is made)")
	f.StringVar(&s.Dir, "dir", os.TempDir(), "where the run may write")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("%q is no flag: see -help", f.Arg(0))
	}
	if s.Time <= 0 || s.Round <= 0 || s.Rate <= 0 {
		return s, errors.New("time, round and rate must be more than nothing")
	}
	if s.Seed == 0 {
		s.Seed = rand.Uint64N(1_000_000_000) + 1
	}
	if s.Binary != "" {
		s.Binary, err = filepath.Abs(s.Binary)
	}
	return s, err
}
