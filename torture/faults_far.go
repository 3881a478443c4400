package main

import (
	"context"
	"math/rand/v2"
	"time"
)

// The faults of a far end. Between its reads and its death there is never more
// than what replay_margin covers, since more is not promised.

func (f *far) die(ctx context.Context, rng *rand.Rand) error {
	f.down()
	idle(ctx, between(rng, 50*time.Millisecond, 8*time.Second))
	return f.up()
}

func (f *far) resets(_ context.Context, rng *rand.Rand) error {
	f.reset(between(rng, 0, 1500*time.Millisecond))
	return nil
}

func (f *far) stalls(ctx context.Context, rng *rand.Rand) error {
	f.stall()
	idle(ctx, between(rng, 500*time.Millisecond, 12*time.Second))
	f.goOn()
	time.Sleep(catchUp)
	return nil
}

// catchUp is how long a far end may take to read what its kernel holds.
const catchUp = 1500 * time.Millisecond

func (f *far) halfCloses(context.Context, *rand.Rand) error {
	f.halfClose()
	return nil
}

func (f *far) babbles(_ context.Context, rng *rand.Rand) error {
	f.babble(rng)
	return nil
}

func (f *far) misbehaves(ctx context.Context, rng *rand.Rand) error {
	f.behave(manners[rng.IntN(len(manners))])
	idle(ctx, between(rng, 300*time.Millisecond, 5*time.Second))
	f.behave(takes)
	return nil
}

// fillDisk leaves no room on the disk for a while.
func (t *torturer) fillDisk(ctx context.Context, rng *rand.Rand) error {
	if err := t.ground.fill(); err != nil {
		return err
	}
	for end := time.Now().Add(between(rng, time.Second, 12*time.Second)); time.Now().Before(end) && ctx.Err() == nil; {
		idle(ctx, 200*time.Millisecond)
		t.ground.fill() // what the gateway removed meanwhile
	}
	return t.ground.empty()
}

// breakDisk has writes end with an error half-way, or syncs, or both.
func (t *torturer) breakDisk(ctx context.Context, rng *rand.Rand) error {
	b := []broken{{writes: true}, {syncs: true}, {writes: true, syncs: true}}[rng.IntN(3)]
	if err := t.levers.breakDisk(b); err != nil {
		return err
	}
	idle(ctx, between(rng, 200*time.Millisecond, 6*time.Second))
	return t.levers.breakDisk(broken{})
}

func (t *torturer) cutCable(ctx context.Context, rng *rand.Rand) error {
	t.wire.Lock()
	defer t.wire.Unlock()
	if err := t.ground.cut(); err != nil {
		return err
	}
	idle(ctx, between(rng, 200*time.Millisecond, 12*time.Second))
	return t.ground.mend()
}

func (t *torturer) killClient(ctx context.Context, rng *rand.Rand) error {
	s := t.streams[rng.IntN(len(t.streams))]
	s.kill()
	idle(ctx, between(rng, 0, time.Second))
	return s.start()
}
