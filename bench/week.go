package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// weekRole is the word of the command line for the accelerated week.
const weekRole = "week"

// week is a gateway that is sent a week's points as fast as it takes them, while
// what happens to a gateway in a week happens to it.
type week struct {
	points   int64
	seed     uint64
	plumbago string
	dir      string
	page     string // with the section; "" for none
	heap     string // file for a profile of the gateway's heap at the end; "" for none

	reload, outage, down time.Duration // between reloads, between outages, and how long one takes
	settle               time.Duration // in which memory may become what it will be
	limit                time.Duration // for everything

	gate    *gate
	far     [2]*drain
	seen    *pointSet
	tenants []*weekTenant
	wrong   atomic.Pointer[error] // the first thing that went wrong for good
	next    atomic.Int64          // number of the next point to send
	sent    atomic.Int64          // points whose write succeeded
	random  *rand.Rand            // of the events
	turned  [2]bool               // rules that lead to the other destination
	report  weekReport
}

// runWeek is the command.
func runWeek(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	w, err := parseWeek(args, stderr)
	if err != nil {
		return err
	}
	if w.dir, err = os.MkdirTemp(w.dir, "plumbago-week-"); err != nil {
		return err
	}
	defer os.RemoveAll(w.dir)
	err = w.run(ctx, stderr)
	w.report.print(stdout)
	if err != nil || w.page == "" {
		return err
	}
	picture := filepath.Join(filepath.Dir(w.page), "performance-week.svg")
	return errors.Join(w.report.figure().write(picture), page(w.page).replace("week", w.report.text(filepath.Base(picture))), w.report.verdict())
}

func parseWeek(args []string, stderr io.Writer) (*week, error) {
	w := &week{reload: 2 * time.Second, outage: 15 * time.Second, down: 2 * time.Second}
	f := flag.NewFlagSet("bench week", flag.ContinueOnError)
	f.SetOutput(stderr)
	points := f.Float64("points", 2e9, "points of the week")
	f.Uint64Var(&w.seed, "seed", 1, "of what happens when")
	f.StringVar(&w.plumbago, "plumbago", "bin/plumbago", "the binary under test")
	f.StringVar(&w.dir, "dir", os.TempDir(), "where the gateway may write: queues of a few GiB")
	f.StringVar(&w.page, "o", "docs/performance.md", "the page whose section is written, with the picture beside it; empty for none")
	f.StringVar(&w.heap, "heap", "", "write a profile of the gateway's heap at the end to this file")
	f.DurationVar(&w.settle, "settle", time.Minute, "the time in which memory may become what it will be")
	f.DurationVar(&w.limit, "limit", time.Hour, "give up after this time")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 || *points < 1e5 || *points > 1e10 {
		return nil, fmt.Errorf("want 1e5 to 1e10 points and nothing but flags, got %g and %q: see -help", *points, f.Args())
	}
	w.points = (int64(*points) + weekChunk - 1) / weekChunk * weekChunk
	var err error
	if w.plumbago, err = filepath.Abs(w.plumbago); err == nil {
		if _, err = os.Stat(w.plumbago); err != nil {
			err = fmt.Errorf("%w (`make build` makes bin/plumbago)", err)
		}
	}
	return w, err
}

// run sends the points, and returns when all of them have come.
func (w *week) run(ctx context.Context, progress io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, w.limit)
	defer cancel()
	w.random = rand.New(rand.NewPCG(w.seed, 7))
	w.seen = newPointSet(w.points)
	w.report = weekReport{points: w.points, settled: w.settle}
	defer w.close()
	if err := w.open(ctx); err != nil {
		return err
	}
	begun := time.Now()
	watching, stopWatching := context.WithCancel(ctx)
	watched := w.watch(watching, progress)
	sent := w.sendAll(ctx)
	err := w.happen(ctx, sent)
	if err == nil {
		err = w.arrive(ctx)
	}
	w.report.took = time.Since(begun)
	stopWatching()
	<-watched
	return errors.Join(err, w.account(context.WithoutCancel(ctx)))
}

// open starts the far ends and the gateway.
func (w *week) open(ctx context.Context) (err error) {
	for i := range w.far {
		if w.far[i], err = listenDrain(w.seen.take); err != nil {
			return err
		}
	}
	w.invite()
	if w.gate, err = newGate(w.plumbago, w.dir, w.configuration()); err != nil {
		return err
	}
	if err := w.gate.start(ctx); err != nil {
		return err
	}
	return w.gate.until(ctx, "the metrics", func(counters) (bool, error) { return true, nil })
}

func (w *week) close() {
	if w.gate != nil {
		w.gate.end()
	}
	for _, d := range w.far {
		if d != nil {
			d.down()
		}
	}
}

// fail notes what went wrong for good; the first counts.
func (w *week) fail(err error) {
	if err != nil {
		w.wrong.CompareAndSwap(nil, &err)
	}
}

func (w *week) failure() error {
	if err := w.wrong.Load(); err != nil {
		return *err
	}
	return nil
}

// happen has the configuration change until all is sent, and destinations break down
// meanwhile.
func (w *week) happen(ctx context.Context, sent <-chan struct{}) error {
	breaking, stopBreaking := context.WithCancel(ctx)
	broken := make(chan struct{})
	go func() { w.breakDown(breaking); close(broken) }()
	defer func() { stopBreaking(); <-broken }()
	reload := time.NewTicker(w.reload)
	defer reload.Stop()
	for {
		select {
		case <-sent:
			return w.failure()
		case <-ctx.Done():
			return fmt.Errorf("%d points of %d were sent: %w", w.sent.Load(), w.points, ctx.Err())
		case <-reload.C:
			if err := w.change(ctx); err != nil {
				return err
			}
			w.report.reloads++
		}
	}
}

// breakDown has a destination be down at times, the first time soon. In the end all
// of them are up.
func (w *week) breakDown(ctx context.Context) {
	random := rand.New(rand.NewPCG(w.seed, 8))
	for pause := w.outage / 10; rest(ctx, pause); pause = w.outage - w.down {
		d := w.far[random.IntN(len(w.far))]
		d.down()
		w.report.outages++
		rest(ctx, w.down)
		if err := d.up(); err != nil {
			w.fail(err)
			return
		}
	}
}

// rest waits, and is false if ctx is done before it is over.
func rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// arrive waits until every point has come to a far end, as long as any does.
func (w *week) arrive(ctx context.Context) error {
	const patience = 30 * time.Second
	last, moved := int64(-1), time.Now()
	for {
		n := w.seen.unique.Load()
		switch {
		case n >= w.points:
			return nil
		case n != last:
			last, moved = n, time.Now()
		case time.Since(moved) > patience:
			return fmt.Errorf("%d points of %d came, and no more for %v: %s", n, w.points, patience, w.gate.lastWords())
		case ctx.Err() != nil:
			return ctx.Err()
		case !w.gate.alive():
			return fmt.Errorf("the gateway ended: %s", w.gate.lastWords())
		}
		time.Sleep(10 * time.Millisecond)
	}
}
