package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// table prints results as Markdown: a row for each scenario and each peer that
// takes part in it.
type table struct {
	scenarios []scenario
	peers     []string
	results   []result
}

func (t table) print(w io.Writer) {
	t.printCosts(w)
	t.printLatencies(w)
	t.printIdle(w)
	t.printDatagrams(w)
	t.printRepeats(w)
}

func (t table) printCosts(w io.Writer) {
	row(w, []string{"scenario", "relay", "s/M", "points/s", "RSS MB", "lost", "÷ best", "÷ floor"})
	row(w, []string{"---", "---", "--:", "--:", "--:", "--:", "--:", "--:"})
	for _, s := range t.scenarios {
		if s.times || s.rest > 0 {
			continue // so few points cost next to nothing, a million times over
		}
		title := s.title
		for _, p := range t.peers {
			if results := t.of(s, p); len(results) > 0 {
				row(w, slices.Concat([]string{title, p}, costs(results), []string{ratio(results, t.best(s)), ratio(results, t.floor(s))}))
				title = ""
			}
		}
	}
}

// best are the results of the cheapest of the peers that are neither plumbago nor
// there to tell what something costs it.
func (t table) best(s scenario) (best []result) {
	for _, p := range t.peers {
		results := t.of(s, p)
		if len(results) == 0 || p == ourselves || p == noTenants || p == floorRole {
			continue
		}
		if len(best) == 0 || median(results, result.perMillion) < median(best, result.perMillion) {
			best = results
		}
	}
	return best
}

const ourselves = "plumbago"

// floor are the results of the floor: in the scenario itself, or in the plainest
// of the same run where it takes no part. What a fault or a disk costs is not
// comparable.
func (t table) floor(s scenario) []result {
	if own := t.of(s, floorRole); len(own) > 0 || len(s.faults) > 0 || s.out == "files" {
		return own
	}
	return t.of(scenario{name: plainest}, floorRole)
}

const plainest = "flat-out"

// costs are the four cells of a peer.
func costs(results []result) []string {
	return []string{
		fmt.Sprintf("%.3f", median(results, result.perMillion)),
		thousands(int64(median(results, result.pointsPerSecond))),
		fmt.Sprintf("%.0f", median(results, peakMB)),
		lost(results),
	}
}

func peakMB(r result) float64 { return float64(r.Used.Peak) / (1 << 20) }

// lost is the worst of the results.
func lost(results []result) string {
	worst := slices.MaxFunc(results, func(a, b result) int { return cmp.Compare(a.Lost, b.Lost) })
	return share(worst.Lost, worst.Sent.Points)
}

// share is a number, and what part it is of all.
func share(n, all int64) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%s (%.3g %%)", thousands(n), 100*float64(n)/float64(max(1, all)))
}

func ratio(a, b []result) string {
	if len(b) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", median(a, result.perMillion)/max(median(b, result.perMillion), 1e-9))
}

func (t table) printLatencies(w io.Writer) {
	timed := func(s scenario) bool { return s.times || s.in == "http" }
	t.printEach(w, []string{"milliseconds", "median", "99 %", "longest"}, timed, func(_ scenario, results []result) []string {
		l := latenciesOf(results)
		return []string{quantile(l, 50), quantile(l, 99), quantile(l, 100)}
	})
}

func latenciesOf(results []result) (all []int64) {
	for _, r := range results {
		all = append(all, r.Latencies...)
	}
	slices.Sort(all)
	return all
}

// quantile is the percent-th part of sorted nanoseconds, in milliseconds.
func quantile(sorted []int64, percent int) string {
	if len(sorted) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f", float64(sorted[(len(sorted)-1)*percent/100])/1e6)
}

// printIdle tells what connections cost on which nothing comes.
func (t table) printIdle(w io.Writer) {
	t.printEach(w, []string{"at rest", "RSS MB", "ms of processor a second"}, scenario.idles, func(s scenario, results []result) []string {
		return []string{
			fmt.Sprintf("%.0f", median(results, func(r result) float64 { return float64(r.Rested.RSS) / (1 << 20) })),
			fmt.Sprintf("%.2f", median(results, func(r result) float64 { return 1e3 * r.Rested.CPU.Seconds() / s.rest.Seconds() })),
		}
	})
}

// printDatagrams tells who lost datagrams: the kernel, before the relay read them,
// or the relay.
func (t table) printDatagrams(w io.Writer) {
	t.printEach(w, []string{"datagrams", "sent a second", "dropped by the kernel", "by the relay"}, scenario.floods, func(s scenario, results []result) []string {
		worst := slices.MaxFunc(results, func(a, b result) int { return cmp.Compare(a.Lost, b.Lost) })
		sent, chunk := worst.Sent.Points/int64(s.chunk), int64(s.chunk)
		return []string{
			thousands(int64(median(results, func(r result) float64 { return float64(r.Sent.Points) / float64(chunk) / r.Sent.Took.Seconds() }))),
			share(worst.Dropped, sent),
			share(max(0, worst.Lost-worst.Dropped*chunk)/chunk, sent),
		}
	})
}

func (s scenario) idles() bool  { return s.rest > 0 }
func (s scenario) floods() bool { return s.in == "udp" }

// printEach prints a table of its own for the scenarios of a sort, if there are any.
func (t table) printEach(w io.Writer, head []string, sort func(scenario) bool, cells func(scenario, []result) []string) {
	begun := false
	for _, s := range t.scenarios {
		for _, p := range t.peers {
			results := t.of(s, p)
			if !sort(s) || len(results) == 0 {
				continue
			}
			if !begun {
				fmt.Fprintln(w)
				row(w, head)
				row(w, append([]string{"---"}, slices.Repeat([]string{"--:"}, len(head)-1)...))
				begun = true
			}
			row(w, append([]string{s.title + ": " + p}, cells(s, results)...))
		}
	}
}

// printRepeats tells what came twice or damaged, which is worth a sentence where
// it is not nothing.
func (t table) printRepeats(w io.Writer) {
	fmt.Fprintln(w)
	for _, r := range t.results {
		if r.Came.Twice > 0 || r.Came.Damaged > 0 {
			fmt.Fprintf(w, "- %s, %s: %s points came twice, %s damaged %s\n", r.Scenario, r.Peer,
				thousands(r.Came.Twice), thousands(r.Came.Damaged), strings.Join(r.Came.Samples, " "))
		}
	}
}

func (t table) of(s scenario, peer string) (found []result) {
	for _, r := range t.results {
		if r.Scenario == s.name && r.Peer == peer {
			found = append(found, r)
		}
	}
	return found
}

func row(w io.Writer, cells []string) { fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }

// median of what of sees in the results, of which there is at least one.
func median(results []result, of func(result) float64) float64 {
	v := make([]float64, len(results))
	for i, r := range results {
		v[i] = of(r)
	}
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// thousands writes n with a comma after every three digits.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
