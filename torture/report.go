package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// report is what a run found.
type report struct {
	settings
	out     io.Writer
	began   time.Time
	scrapes atomic.Int64

	mu     sync.Mutex
	faults map[string]int
	losses map[string]int // by far end and stream, or reason
	broken []string
}

func newReport(s settings, out io.Writer) *report {
	return &report{settings: s, out: out, began: time.Now(), faults: map[string]int{}, losses: map[string]int{}}
}

// struck counts a fault that begins, and notes when in the file faults.log.
func (r *report) struck(fault string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults[fault]++
	r.timeline(fault)
}

// healed notes when it has ended.
func (r *report) healed(fault string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timeline(fault + ": over")
}

func (r *report) timeline(what string) {
	f, err := os.OpenFile(filepath.Join(r.Dir, "faults.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	defer f.Close()
	fmt.Fprintln(f, time.Now().UTC().Format("15:04:05.000"), what)
}

// allowed notes losses that are; a later judgement takes the place of an earlier one.
func (r *report) allowed(far, why string, points int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.losses[far+", "+why] = points
}

func (r *report) violate(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.broken) < 20 {
		r.broken = append(r.broken, fmt.Sprintf(format, args...))
		fmt.Fprintln(r.out, "torture: VIOLATION:", r.broken[len(r.broken)-1])
	}
}

func (r *report) violations() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.broken)
}

func (r *report) progress(t *torturer) string {
	sent, _ := t.sent()
	return fmt.Sprintf("%d points sent, %d lives of the gateway, %d violations", sent, len(t.gateway.lives), r.violations())
}

// sent counts the points that were handed over, and those that surely were.
func (t *torturer) sent() (made, whole int) {
	for _, s := range t.streams {
		for _, try := range s.ledger() {
			made += try.end - try.first
			if !try.done.IsZero() {
				whole += try.end - try.first
			}
		}
	}
	return made, whole
}

func (r *report) print(t *torturer) {
	made, whole := t.sent()
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.out
	fmt.Fprintf(w, "\ntorture: seed %d, %v\n", r.Seed, time.Since(r.began).Round(time.Second))
	fmt.Fprintf(w, "%d points sent, of which %d were surely handed over, to %d far ends\n", made, whole, len(t.fars))
	for _, f := range t.fars {
		f.arrivals.mu.Lock()
		fmt.Fprintf(w, "  %-10s %9d delivered, %9d of them repeated\n", f.name, f.distinct, f.repeated)
		f.arrivals.mu.Unlock()
	}
	fmt.Fprintf(w, "allowed losses:\n")
	for _, why := range sortedKeys(r.losses) {
		if n := r.losses[why]; n > 0 {
			fmt.Fprintf(w, "  %9d %s%s\n", n, why, reasonOf(why))
		}
	}
	fmt.Fprintf(w, "faults:\n")
	for _, name := range sortedKeys(r.faults) {
		fmt.Fprintf(w, "  %9d %s\n", r.faults[name], name)
	}
	if !t.Private {
		fmt.Fprintf(w, "left out, as only root may: a full disk, a cut cable, other clocks\n")
	}
	if t.Still != "" {
		fmt.Fprintf(w, "left out: wall clocks that jump, a disk that fails: %s\n", t.Still)
	}
	fmt.Fprintf(w, "%d scrapes kept the identity\n%d violations\n", r.scrapes.Load(), len(r.broken))
	if len(r.broken) > 0 {
		fmt.Fprintf(w, "again: go run ./torture -seed %d -time %v -round %v -rate %d\n", r.Seed, r.Time, r.Round, r.Rate)
	}
}

// reasonOf says why a loss is allowed.
func reasonOf(why string) string {
	for _, protocol := range []string{"line-", "pickle-"} {
		if _, stream, _ := strings.Cut(why, ", "); strings.HasPrefix(stream, protocol) {
			return ": on its way when the gateway was killed or stopped, and not surely in a file"
		}
	}
	return ""
}
