package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	drainedWithin = 2 * time.Minute
	mostResident  = 700 << 20 // bytes of the gateway
)

// rest ends all sending, puts the whole configuration in force, and waits until
// every queue is empty.
func (t *torturer) rest() error {
	var errs []error
	for _, s := range t.streams {
		errs = append(errs, s.pause())
	}
	t.gateway.exchange.Lock()
	defer t.gateway.exchange.Unlock()
	if t.gateway.ranOut() {
		return errors.New("the gateway ended by itself")
	}
	rng := rand.New(rand.NewPCG(t.Seed, 1))
	if !t.draft.with {
		errs = append(errs, t.rewrite(rng, toggle))
		if outcome := t.gateway.reload(); outcome == "applied" {
			t.members.add(time.Now())
		} else {
			errs = append(errs, fmt.Errorf("a reload at rest is %q, want it applied", outcome))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	s, err := t.drained()
	if err != nil {
		return err
	}
	t.awaitReaders()
	return t.checkRest(s)
}

// awaitReaders waits until the far ends have read what their kernels hold.
func (t *torturer) awaitReaders() {
	const quiet = time.Second
	last, since := -1, time.Now()
	for end := time.Now().Add(drainedWithin); time.Now().Before(end) && time.Since(since) < quiet; time.Sleep(50 * time.Millisecond) {
		n := 0
		for _, f := range t.fars {
			n += f.count()
		}
		if n != last {
			last, since = n, time.Now()
		}
	}
}

// drained waits until nothing waits any more.
func (t *torturer) drained() (s *scrape, err error) {
	for end := time.Now().Add(drainedWithin); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if s, err = fetch(t.gateway.admin); err != nil {
			continue
		}
		waiting := 0.0
		for _, a := range s.dests {
			waiting += a.waiting
		}
		if waiting == 0 && len(s.dests) == len(t.fars) {
			return s, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("not drained %v after the last fault: %s", drainedWithin, describe(s))
}

func describe(s *scrape) (text string) {
	for _, name := range sortedKeys(s.dests) {
		a := s.dests[name]
		text += fmt.Sprintf("%s has %.0f waiting and %.0f confirming; ", name, a.waiting, a.confirming)
	}
	return text
}

// checkRest holds the last life to what its own counters must say at rest.
func (t *torturer) checkRest(s *scrape) error {
	routed := s.values["plumbago_relay_received_points_total"]
	if got := s.received(); got != routed {
		return fmt.Errorf("%.0f points were read and %.0f routed", got, routed)
	}
	for _, f := range t.fars {
		if a := s.dests[f.name]; !f.comes && a.appended != routed {
			return fmt.Errorf("%.0f points were routed and %.0f appended for %s", routed, a.appended, f.name)
		}
	}
	if mem := s.values["process_resident_memory_bytes"]; mem > mostResident {
		return fmt.Errorf("the gateway holds %.0f MiB", mem/(1<<20))
	}
	return nil
}

// mayAge is how many points of a destination may be too old: no point waits for so
// long, but one from a life before looks as if it had when the clock was set meanwhile.
func (t *torturer) mayAge(dest string, a account) float64 {
	for _, f := range t.fars {
		if f.name == dest && f.limited && t.levers != nil {
			return a.recovered
		}
	}
	return 0
}

// checkScrape holds every scrape to the identity.
func (t *torturer) checkScrape(_ *life, s *scrape) {
	for name, a := range s.dests {
		if !a.balanced() {
			t.report.violate("identity broken for %s: %+v", name, a)
		}
		if n := a.dropped["refused"] + a.dropped["operator"] + max(0, a.dropped["too_old"]-t.mayAge(name, a)); n > 0 {
			t.report.violate("%.0f points of %s were dropped for a reason that there is none for: %v", n, name, a.dropped)
		}
	}
	t.gateway.lost.mu.Lock()
	defer t.gateway.lost.mu.Unlock()
	for _, line := range t.gateway.lost.bad {
		t.report.violate("the gateway says %s", line)
	}
	t.gateway.lost.bad = nil
	t.report.scrapes.Add(1)
}
