package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// comparison is a whole run: scenarios times peers times repetitions.
type comparison struct {
	scenarios []scenario
	peers     []peer
	at        place
	dir       string // where the trials have their folders
	perf      string
	keep      bool
	failed    int             // measurements that went wrong
	slow      map[string]bool // scenarios and peers that are not measured again
	results   io.Writer       // a line of JSON for each measurement
	progress  io.Writer       // a line of text for each
}

// tooSlow is how long a measurement takes that is not repeated: lest a peer that
// can hardly bear a scenario keep everybody waiting.
const tooSlow = time.Minute

// run measures everything. What goes wrong with one measurement is told and
// leaves the others alone; the error says how many went wrong.
func (c *comparison) run(ctx context.Context) (all []result, err error) {
	if c.slow == nil {
		c.slow = map[string]bool{}
	}
	for _, s := range c.scenarios {
		for rep := 1; rep <= s.reps && ctx.Err() == nil; rep++ {
			results, bad := c.round(ctx, s, rep)
			all = append(all, results...)
			c.failed += bad
		}
	}
	if ctx.Err() != nil {
		return all, ctx.Err()
	}
	if c.failed > 0 {
		return all, fmt.Errorf("%d measurements went wrong", c.failed)
	}
	return all, nil
}

// round measures each peer once: one after the other, so that what else the
// machine does meets all of them, or all at once.
func (c *comparison) round(ctx context.Context, s scenario, rep int) (all []result, failed int) {
	var mu sync.Mutex
	var running sync.WaitGroup
	for _, p := range c.peers {
		if !s.suits(p) || ctx.Err() != nil || c.slow[s.name+" "+p.name] {
			continue
		}
		running.Go(func() {
			began := time.Now()
			r, err := c.measure(ctx, s, p, rep)
			mu.Lock()
			defer mu.Unlock()
			c.slow[s.name+" "+p.name] = time.Since(began) > tooSlow
			if err != nil {
				failed++
				fmt.Fprintf(c.progress, "%s, %s: %v\n", s.name, p.name, err)
				return
			}
			all = append(all, r)
			c.tell(r)
		})
		if !s.together {
			running.Wait()
		}
	}
	running.Wait()
	return all, failed
}

func (c *comparison) measure(ctx context.Context, s scenario, p peer, rep int) (result, error) {
	t := &trial{scenario: s.within(p.pace), peer: p, dir: filepath.Join(c.dir, s.name+"-"+p.name+"-"+strconv.Itoa(rep)), perf: c.perf}
	r, err := t.measure(ctx, c.at)
	r.Rep = rep
	if !c.keep {
		os.RemoveAll(t.dir)
	}
	return r, err
}

func (c *comparison) tell(r result) {
	if c.results != nil {
		if err := json.NewEncoder(c.results).Encode(r); err != nil {
			fmt.Fprintln(c.progress, err)
		}
	}
	fmt.Fprintf(c.progress, "%-9s %-15s %d: %6.3f s/M (%.0f %% in the kernel)  %9.0f points/s  %3d MB  lost %d  twice %d  damaged %d",
		r.Scenario, r.Peer, r.Rep, r.perMillion(), r.Used.inKernel(), r.pointsPerSecond(), r.Used.Peak>>20, r.Lost, r.Came.Twice, r.Came.Damaged)
	if r.Sent.Late > time.Second {
		fmt.Fprintf(c.progress, "  sender held up for %.1f s", r.Sent.Late.Seconds())
	}
	if r.Dropped > 0 {
		fmt.Fprintf(c.progress, "  datagrams dropped by the kernel %d", r.Dropped)
	}
	if r.Sent.Refused > 0 {
		fmt.Fprintf(c.progress, "  refused %d", r.Sent.Refused)
	}
	fmt.Fprintln(c.progress)
}
