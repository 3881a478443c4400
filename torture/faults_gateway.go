package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"
)

// The faults of the gateway and of its configuration. One at a time: each holds
// exchange.

func (t *torturer) killGateway(ctx context.Context, rng *rand.Rand) error {
	t.gateway.exchange.Lock()
	defer t.gateway.exchange.Unlock()
	t.gateway.kill()
	idle(ctx, between(rng, 0, 2*time.Second))
	return t.bear(rng)
}

// bear begins a life on another clock.
func (t *torturer) bear(rng *rand.Rand) error {
	if err := t.gateway.start(rng.IntN(1_000_000)); err != nil {
		return err
	}
	if err := t.gateway.awaitReady(); err != nil {
		return err
	}
	t.writing.Lock()
	defer t.writing.Unlock()
	if t.draft.with {
		t.members.add(time.Now())
	}
	return nil
}

// killTwice kills the second life while it begins.
func (t *torturer) killTwice(_ context.Context, rng *rand.Rand) error {
	t.gateway.exchange.Lock()
	defer t.gateway.exchange.Unlock()
	t.gateway.kill()
	if err := t.gateway.start(rng.IntN(1_000_000)); err != nil {
		return err
	}
	time.Sleep(between(rng, 0, 400*time.Millisecond))
	t.gateway.kill()
	return t.bear(rng)
}

func (t *torturer) stopGateway(ctx context.Context, rng *rand.Rand) error {
	t.gateway.exchange.Lock()
	defer t.gateway.exchange.Unlock()
	if err := t.gateway.stop(); err != nil {
		return err
	}
	idle(ctx, between(rng, 0, time.Second))
	return t.bear(rng)
}

// pauseGateway is a machine that stands still for a while.
func (t *torturer) pauseGateway(ctx context.Context, rng *rand.Rand) error {
	t.gateway.exchange.Lock()
	defer t.gateway.exchange.Unlock()
	t.gateway.signal(syscall.SIGSTOP)
	idle(ctx, between(rng, 100*time.Millisecond, 4*time.Second))
	t.gateway.signal(syscall.SIGCONT)
	return nil
}

func (t *torturer) killInReload(_ context.Context, rng *rand.Rand) error {
	t.gateway.exchange.Lock()
	defer t.gateway.exchange.Unlock()
	if err := t.rewrite(rng, one(rng, settle, toggle)); err != nil {
		return err
	}
	t.gateway.signal(syscall.SIGHUP)
	time.Sleep(between(rng, 0, 60*time.Millisecond))
	t.gateway.kill()
	return t.bear(rng)
}

// What a reload changes.
const (
	settle   = "settings"
	toggle   = "members"
	mistaken = "a mistake"
)

// rewrite draws another configuration.
func (t *torturer) rewrite(rng *rand.Rand, what string) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	d := t.draft
	d.rng, d.broken = rng, what == mistaken
	if what == toggle {
		d.with = !d.with
	}
	if !d.with {
		t.members.remove(t.readUpTo())
	}
	t.draft = d
	return d.write(configPath(t.Dir))
}

// readUpTo is the time before which the gateway has surely read all that was sent.
func (t *torturer) readUpTo() time.Time {
	at := time.Now()
	n := len(t.gateway.lives) - 1
	for _, s := range t.streams {
		if unsure := t.unread(s, n); len(unsure) > 0 && unsure[0].began.Before(at) {
			at = unsure[0].began
		}
	}
	return at
}

// unread lists the tries of a stream that the n-th life has not surely read.
func (t *torturer) unread(s *stream, n int) (tries []try) {
	t.gateway.mu.Lock()
	defer t.gateway.mu.Unlock()
	l := t.gateway.lives[n]
	var sum float64
	for _, try := range s.since(l.started) {
		if sum += float64(try.end - try.first); sum > l.safe[s.listener] {
			tries = append(tries, try)
		}
	}
	return tries
}

func (t *torturer) reloadSettings(_ context.Context, rng *rand.Rand) error {
	return t.reload(rng, settle)
}

func (t *torturer) reloadMembers(_ context.Context, rng *rand.Rand) error {
	return t.reload(rng, toggle)
}

// reload has the gateway take up another configuration while points flow.
func (t *torturer) reload(rng *rand.Rand, what string) error {
	t.gateway.exchange.Lock()
	defer t.gateway.exchange.Unlock()
	if err := t.rewrite(rng, what); err != nil {
		return err
	}
	turns := t.levers.turnsOfDisk()
	if outcome := t.gateway.reload(); outcome == "refused" && !t.ground.full() && t.levers.wholeSince(turns) {
		return fmt.Errorf("the gateway refuses a configuration that is good: see its log")
	} else if outcome == "applied" && t.draft.with {
		t.members.add(time.Now())
	}
	return nil
}

// reloadMistake has it refuse one, and puts a good one in its place.
func (t *torturer) reloadMistake(_ context.Context, rng *rand.Rand) error {
	t.gateway.exchange.Lock()
	defer t.gateway.exchange.Unlock()
	if err := t.rewrite(rng, mistaken); err != nil {
		return err
	}
	outcome := t.gateway.reload()
	if outcome == "applied" {
		return fmt.Errorf("the gateway takes a configuration with a mistake")
	}
	return t.rewrite(rng, settle)
}
