package main

import (
	"context"
	"math/rand/v2"
	"time"
)

// The faults of the gateway's wall clock. What is measured in a life goes on evenly;
// from one life to the next the monotonic clock is another one anyhow.

// jumpClock is somebody who sets the time, wrongly or rightly.
func (t *torturer) jumpClock(_ context.Context, rng *rand.Rand) error {
	return t.levers.setClock(leap(rng, t.levers.clock()))
}

// leap draws how far the clock is ahead next: minutes, hours or days from where it is,
// but never where the system would not let it be.
func leap(rng *rand.Rand, ahead time.Duration) time.Duration {
	const day = 24 * time.Hour
	most := []time.Duration{10 * time.Minute, 12 * time.Hour, 90 * day}[rng.IntN(3)]
	ahead += between(rng, -most, most)
	if ahead < -20*365*day || ahead > 40*365*day {
		return 0
	}
	return ahead
}

// ages are beyond what some programs hold for the limits of time: before the Unix
// time had ten digits, before 1 January 1970 was a minute old, and after 31 bits.
var ages = []time.Time{
	time.Unix(30, 0), time.Date(1999, 12, 31, 23, 59, 57, 0, time.UTC), time.Date(2001, 9, 9, 1, 46, 37, 0, time.UTC),
	time.Unix(1<<31-3, 0), time.Unix(1<<32-3, 0), time.Date(2150, 1, 1, 0, 0, 0, 0, time.UTC),
}

// otherAge is a clock that has lost its battery, or worse, until it is set again.
func (t *torturer) otherAge(ctx context.Context, rng *rand.Rand) error {
	was := t.levers.clock()
	if err := t.levers.setClock(time.Until(ages[rng.IntN(len(ages))])); err != nil {
		return err
	}
	idle(ctx, between(rng, 200*time.Millisecond, 6*time.Second))
	return t.levers.setClock(was)
}

// driftClock has the clock go back to the right time in steps.
func (t *torturer) driftClock(ctx context.Context, rng *rand.Rand) error {
	const steps = 30
	pause := between(rng, 10*time.Millisecond, 150*time.Millisecond)
	for was, n := t.levers.clock(), steps-1; n >= 0; n-- {
		if err := t.levers.setClock(was / steps * time.Duration(n)); err != nil {
			return err
		}
		idle(ctx, pause)
	}
	return nil
}

// killAtJump is a machine whose time is set, which crashes, and has another time again.
func (t *torturer) killAtJump(ctx context.Context, rng *rand.Rand) error {
	t.gateway.exchange.Lock()
	defer t.gateway.exchange.Unlock()
	if err := t.jumpClock(ctx, rng); err != nil {
		return err
	}
	idle(ctx, between(rng, 0, 100*time.Millisecond))
	t.gateway.kill()
	if err := t.jumpClock(ctx, rng); err != nil {
		return err
	}
	return t.bear(rng)
}
