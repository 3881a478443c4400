package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// torturer is a run: a gateway with clients and far ends, and what is done to them.
type torturer struct {
	settings
	ground  *ground
	levers  *levers // nil: none
	gateway *gateway
	streams []*stream
	fars    []*far
	draft   draft
	members *membership
	wire    sync.RWMutex
	report  *report

	writing sync.Mutex // guards draft
}

// runWorld is a whole run.
func runWorld(ctx context.Context, s settings, out io.Writer) error {
	t := &torturer{settings: s, report: newReport(s, out), members: newMembership()}
	fmt.Fprintf(out, "torture: seed %d, %v of faults in rounds of %v, files in %s\n", s.Seed, s.Time, s.Round, s.Dir)
	if err := t.build(); err != nil {
		return err
	}
	watching, stopWatching := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { t.gateway.watch(watching, t.checkScrape) })
	err := t.torture(ctx)
	stopWatching()
	watch.Wait()
	t.end()
	t.report.print(t)
	if n := t.report.violations(); err == nil && n > 0 {
		err = fmt.Errorf("%d violations", n)
	}
	return err
}

// torture is the rounds. The first violation ends it.
func (t *torturer) torture(ctx context.Context) error {
	began := time.Now()
	for n, tortured := 0, time.Duration(0); tortured < t.Time; n++ {
		d := min(t.Round, t.Time-tortured)
		tortured += d
		t.round(ctx, n, d)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("ended before its time: %w", err)
		}
		if err := t.rest(); err != nil {
			t.report.violate("%v", err)
		}
		t.judge()
		fmt.Fprintf(t.report.out, "torture: round %d at rest after %v: %s\n", n+1, time.Since(began).Round(time.Second), t.report.progress(t))
		if t.report.violations() > 0 {
			return nil
		}
		for _, s := range t.streams {
			s.resume()
		}
	}
	return nil
}

// build starts everything.
func (t *torturer) build() (err error) {
	if t.ground, err = newGround(t.Private, t.Dir); err != nil {
		return err
	}
	if t.Still == "" {
		if t.levers, err = newLevers(t.Dir); err != nil {
			return err
		}
	}
	rng := rand.New(rand.NewPCG(t.Seed, 0))
	if err := t.buildFars(); err != nil {
		return err
	}
	t.buildStreams(rng)
	admin := freeAddress(rng)
	t.draft = draft{admin: admin, disk: filepath.Join(t.ground.disk, "data"), fars: t.fars, with: true, rng: rng}
	for _, s := range t.streams {
		t.draft.doors += "  - " + s.door() + "\n"
	}
	if err := t.draft.write(configPath(t.Dir)); err != nil {
		return err
	}
	t.members.add(time.Now())
	log, err := os.Create(filepath.Join(t.Dir, "gateway.log"))
	if err != nil {
		return err
	}
	t.gateway = &gateway{ground: t.ground, levers: t.levers, binary: t.Binary, config: configPath(t.Dir), admin: admin, log: log,
		lost: &lossWatch{file: log, atClose: map[string]float64{}}}
	if err := t.gateway.start(0); err != nil {
		return err
	}
	if err := t.gateway.awaitReady(); err != nil {
		return err
	}
	for _, s := range t.streams {
		if err := s.start(); err != nil {
			return err
		}
	}
	return nil
}

func (t *torturer) buildFars() error {
	for _, f := range []*far{
		{sink: &sink{protocol: "line"}, limited: true},
		{sink: &sink{protocol: "line"}, comes: true},
		{sink: &sink{protocol: "line"}},
		{sink: &sink{protocol: "pickle"}},
		{sink: &sink{protocol: "http"}},
	} {
		name := f.protocol
		switch {
		case f.limited:
			name = "limited"
		case f.comes:
			name = "guest"
		}
		f.arrivals = newArrivals(name)
		f.ground, f.wire, f.conns = t.ground, &t.wire, map[*farConn]struct{}{}
		f.address = t.ground.farHost() + ":0"
		if err := f.up(); err != nil {
			return err
		}
		t.fars = append(t.fars, f)
	}
	return nil
}

func (t *torturer) buildStreams(rng *rand.Rand) {
	for _, what := range []struct{ name, protocol string }{
		{"line-1", "line"}, {"line-2", "line"}, {"pickle-1", "pickle"}, {"udp-1", "udp"}, {"http-1", "http"}, {"http-2", "http"},
	} {
		s := &stream{sending: sending{Stream: what.name, Protocol: what.protocol, Address: freeAddress(rng), Rate: t.Rate, Seed: t.Seed}}
		if what.protocol == "udp" {
			s.Rate = max(1, t.Rate/4)
		}
		t.streams = append(t.streams, s)
	}
}

// door is the stream's listener in the gateway's configuration.
func (s *stream) door() string {
	protocol, network := s.Protocol, "tcp"
	if protocol == "udp" {
		protocol, network = "line", "udp"
	}
	s.listener = fmt.Sprintf("%s+%s://%s", protocol, network, s.Address)
	return fmt.Sprintf(`{protocol: %s, listen: "%s://%s"}`, protocol, network, s.Address)
}

// end leaves nothing running.
func (t *torturer) end() {
	for _, s := range t.streams {
		if s.cmd != nil {
			s.kill()
		}
	}
	t.gateway.exchange.Lock()
	defer t.gateway.exchange.Unlock()
	if err := t.gateway.stop(); err != nil {
		t.report.violate("%v", err)
	}
	for _, f := range t.fars {
		f.goOn()
		if f.listener != nil {
			f.down()
		}
	}
	t.gateway.log.Close()
}
