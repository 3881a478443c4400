package main

import (
	"fmt"
	"strings"
	"time"
)

// scenario is one way to use a relay.
type scenario struct {
	name        string
	title       string
	in, out     string   // line, pickle, or tls, which is lines by TLS; in may also be http or udp, out files
	tenant      bool     // whether a key says whose the points are
	ring        int      // destinations that a ring spreads the names over; 0 is one, and no ring
	rules       []string // expressions that each name is held against
	points      int
	series      int
	connections int
	rate        int  // points a second; 0 is as fast as it goes
	chunk       int  // points to a write, to a frame, or to a request
	times       bool // whether each point's way is timed
	faults      []fault
	rest        time.Duration // how long the connections are idle before the first point
	stall       time.Duration // how long nothing may come, after the last was sent, until the rest is lost
	reps        int           // how often each peer is measured
	together    bool          // all peers at once: only what they lose is of interest
	created     bool          // the files are there before: creating them is not measured
}

// fault is something that happens in mid-stream.
type fault struct {
	at   time.Duration
	what string // down, up, reset: the destination; kill, stop: the relay, started again at once
}

// scenarios lists all of them; those of the short set come first.
func scenarios() []scenario {
	return []scenario{
		{name: "flat-out", title: "lines, as fast as it goes", points: 3_000_000, chunk: 500, reps: 3},
		{name: "paced", title: "lines, 100,000/s", points: 300_000, rate: 100_000, chunk: 50, reps: 3},
		{name: "ring", title: "lines, carbon_ch over 4 destinations", ring: 4, points: 2_000_000, chunk: 500, reps: 3},
		{name: "rules", title: "lines, 19 expressions and a default", rules: expressions(), points: 2_000_000, chunk: 500, reps: 3},
		{name: "pickle", title: "pickles in, lines out, as fast as it goes", in: "pickle", points: 2_000_000, chunk: 500, reps: 3},
		{name: "pickles", title: "pickles in and out, as fast as it goes", in: "pickle", out: "pickle", points: 2_000_000, chunk: 500, reps: 3},
		{name: "to-pickle", title: "lines in, pickles out, as fast as it goes", out: "pickle", points: 2_000_000, chunk: 500, reps: 3},
		{name: "tls", title: "lines by TLS in and out, as fast as it goes", in: "tls", out: "tls", points: 1_000_000, chunk: 500, reps: 3},
		{name: "tls-out", title: "lines in, lines by TLS out, as fast as it goes", out: "tls", points: 1_000_000, chunk: 500, reps: 3},
		{name: "tenants", title: "lines with a tenant's key, as fast as it goes", tenant: true, points: 3_000_000, chunk: 500, reps: 3},
		{name: "http", title: "requests of 250 lines, 1,000/s, until answered", in: "http", tenant: true,
			points: 1_500_000, connections: 64, rate: 250_000, chunk: 250, reps: 3},
		{name: "udp", title: "datagrams of 10 lines, 100,000/s", in: "udp", points: 4_000_000, connections: 16, rate: 1_000_000, chunk: 10,
			stall: 2 * time.Second, reps: 3},
		{name: "million", title: "lines of a million series", points: 2_000_000, series: 1_000_000, chunk: 500, reps: 1},
		{name: "latency", title: "lines, 200/s, one a write, until they arrive", points: 600, series: 100, rate: 200, chunk: 1, times: true, reps: 1},

		{name: "busy", title: "10,000 connections, a write of 10 lines a second on each", points: 1_000_000, connections: 10_000, rate: 100_000, chunk: 10, reps: 3},
		{name: "idle", title: "10,000 idle connections", points: 10_000, connections: 10_000, rate: 10_000, chunk: 1, rest: 10 * time.Second, reps: 1},
		{name: "outage", title: "destination down for 20 s, 50,000/s", points: 1_250_000, rate: 50_000, chunk: 50,
			faults: []fault{{2 * time.Second, "down"}, {22 * time.Second, "up"}}, stall: 16 * time.Second, reps: 1, together: true},
		{name: "kill", title: "relay killed while the destination is down, 50,000/s", points: 400_000, rate: 50_000, chunk: 50,
			faults: []fault{{2 * time.Second, "down"}, {4 * time.Second, "kill"}, {6 * time.Second, "up"}}, stall: 8 * time.Second, reps: 1, together: true},
		{name: "reset", title: "destination resets every 2 s, 50,000/s", points: 450_000, rate: 50_000, chunk: 50,
			faults: every(2*time.Second, 4, "reset"), stall: 8 * time.Second, reps: 1, together: true},
		{name: "stop", title: "relay stopped in mid-stream, 50,000/s", points: 300_000, rate: 50_000, chunk: 50,
			faults: []fault{{3 * time.Second, "stop"}}, stall: 8 * time.Second, reps: 1, together: true},
		{name: "files", title: "lines into Whisper files, as fast as it goes", out: "files", points: 3_000_000, chunk: 500, stall: 2 * time.Minute, reps: 1},
		{name: "files-paced", title: "100,000 series into Whisper files, a point each every 10 s", out: "files",
			points: 1_200_000, series: 100_000, rate: 10_000, chunk: 50, stall: 2 * time.Minute, reps: 1, together: true, created: true},
	}
}

// short is how many of the scenarios are in the short set: what points cost,
// without crowds, faults and files, which take long.
const short = 14

func every(turn time.Duration, times int, what string) (faults []fault) {
	for n := range times {
		faults = append(faults, fault{time.Duration(n+1) * turn, what})
	}
	return faults
}

// findScenarios returns the scenarios of these names, or all.
func findScenarios(names []string) (found []scenario, err error) {
	all := scenarios()
	if len(names) == 0 {
		names = namesOf(all)
	}
	for _, name := range names {
		s, ok := pick(all, name)
		if !ok {
			return nil, fmt.Errorf("find scenario %q: there are %s", name, strings.Join(namesOf(all), ", "))
		}
		found = append(found, s.complete())
	}
	return found, nil
}

func pick(all []scenario, name string) (scenario, bool) {
	for _, s := range all {
		if s.name == name {
			return s, true
		}
	}
	return scenario{}, false
}

func namesOf(all []scenario) (names []string) {
	for _, s := range all {
		names = append(names, s.name)
	}
	return names
}

// complete fills in what most scenarios have in common.
func (s scenario) complete() scenario {
	if s.in == "" {
		s.in = "line"
	}
	if s.out == "" {
		s.out = "line"
	}
	if s.series == 0 {
		s.series = 10_000
	}
	if s.connections == 0 {
		s.connections = 4
	}
	if s.stall == 0 {
		s.stall = 5 * time.Second
	}
	return s
}

// load is what the generator sends, and how.
func (s scenario) load() load {
	return load{Protocol: protocolOf(s.in), Points: s.points, Series: s.series,
		Connections: s.connections, Rate: s.rate, Chunk: s.chunk, Rest: s.rest, Times: s.times}
}

// protocolOf says how points are written on a way in or out.
func protocolOf(way string) string {
	if way == "tls" || way == "files" {
		return "line"
	}
	return way
}

// epoch is the time of the first points if they go into files at now, which keep
// only what is young: so that the last of them is hardly over. 0 is the usual.
func (s scenario) epoch(now time.Time) int {
	if s.out != "files" {
		return 0
	}
	rounds := (s.points + s.series - 1) / s.series
	return int(now.Unix())/interval*interval - rounds*interval
}

// limit bounds a measurement's time.
func (s scenario) limit() time.Duration {
	limit := 2*time.Minute + s.stall + s.rest
	if s.connections > fewConnections {
		limit += preparing
	}
	if s.rate > 0 {
		limit += time.Duration(s.points/s.rate) * time.Second
	}
	return limit
}
