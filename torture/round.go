package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"
)

// fault is something that is done to a part of the run, and undone before strike
// returns, early if ctx ends.
type fault struct {
	name   string
	weight int
	strike func(ctx context.Context, rng *rand.Rand) error
}

// plague is what is done to one part, one fault after another.
type plague struct {
	part   string
	gap    time.Duration // the longest between two faults
	faults []fault
}

// round lets loose all plagues at once. Each draws from a source of its own, which
// the seed and the number of the round alone decide.
func (t *torturer) round(ctx context.Context, n int, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var all sync.WaitGroup
	for _, p := range t.plagues() {
		p.gap = min(p.gap, t.Round/2) // so that each strikes in each round
		all.Go(func() { t.run(ctx, p, source(t.Seed, n, p.part)) })
	}
	all.Go(func() { t.mourn(ctx) })
	all.Wait()
}

// source is what the faults of one part in one round are drawn from.
func source(seed uint64, round int, part string) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, round, " ", part)
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

func (t *torturer) run(ctx context.Context, p plague, rng *rand.Rand) {
	for {
		idle(ctx, p.gap/8+rand2(rng, p.gap*7/8))
		f := draw(rng, p.faults)
		own := rand.New(rand.NewPCG(rng.Uint64(), 0)) // what a fault draws changes nothing for the next
		if ctx.Err() != nil {
			return
		}
		t.report.struck(p.part + ": " + f.name)
		if err := f.strike(ctx, own); err != nil {
			t.report.violate("%s, %s: %v", p.part, f.name, err)
			return
		}
		t.report.healed(p.part + ": " + f.name)
	}
}

// mourn tells of a gateway that ended by itself.
func (t *torturer) mourn(ctx context.Context) {
	for ctx.Err() == nil {
		if t.gateway.ranOut() {
			t.report.violate("the gateway ended by itself")
			return
		}
		idle(ctx, 100*time.Millisecond)
	}
}

func draw(rng *rand.Rand, of []fault) fault {
	sum := 0
	for _, f := range of {
		sum += f.weight
	}
	n := rng.IntN(sum)
	for _, f := range of {
		if n -= f.weight; n < 0 {
			return f
		}
	}
	panic("weights do not add up")
}

func rand2(rng *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(rng.Int64N(int64(most) + 1))
}

// between draws a time.
func between(rng *rand.Rand, least, most time.Duration) time.Duration {
	return least + rand2(rng, most-least)
}

// idle waits, until ctx ends at most.
func idle(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (t *torturer) plagues() []plague {
	all := []plague{
		{"gateway", 8 * time.Second, []fault{
			{"kill -9", 4, t.killGateway}, {"killed twice", 1, t.killTwice}, {"SIGTERM", 3, t.stopGateway},
			{"killed in a reload", 2, t.killInReload}, {"paused", 2, t.pauseGateway}}},
		{"configuration", 6 * time.Second, []fault{
			{"settings", 3, t.reloadSettings}, {"destination removed or added", 4, t.reloadMembers}, {"a mistake", 1, t.reloadMistake}}},
		{"clients", 4 * time.Second, []fault{{"kill -9", 1, t.killClient}}},
	}
	if t.Private {
		all = append(all,
			plague{"disk", 15 * time.Second, []fault{{"full", 1, t.fillDisk}}},
			plague{"network", 12 * time.Second, []fault{{"cable unplugged", 1, t.cutCable}}})
	}
	if t.levers != nil {
		all[0].faults = append(all[0].faults, fault{"killed between two jumps of its clock", 3, t.killAtJump})
		all = append(all,
			plague{"clock", 5 * time.Second, []fault{{"jumps", 3, t.jumpClock}, {"another age", 2, t.otherAge}, {"drifts back", 1, t.driftClock}}},
			plague{"disk below", 18 * time.Second, []fault{{"fails", 1, t.breakDisk}}})
	}
	for _, f := range t.fars {
		p := plague{f.name, 5 * time.Second, []fault{
			{"killed", 3, f.die}, {"reset", 3, f.resets}, {"stops reading", 2, f.stalls}, {"half-close", 1, f.halfCloses}, {"garbage", 1, f.babbles}}}
		if f.protocol == "http" {
			p.faults = append(p.faults, fault{"HTTP manners", 8, f.misbehaves})
		}
		all = append(all, p)
	}
	return all
}
