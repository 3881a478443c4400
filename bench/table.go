package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// table prints results as Markdown: a row for each scenario and each peer that
// takes part in it, with how much more processor time the peer takes than the
// first.
type table struct {
	scenarios []scenario
	peers     []string
	results   []result
}

func (t table) print(w io.Writer) {
	t.printCosts(w)
	t.printLatencies(w)
	t.printRepeats(w)
}

func (t table) printCosts(w io.Writer) {
	row(w, []string{"scenario", "relay", "s/M", "points/s", "RSS MB", "lost", "÷"})
	row(w, []string{"---", "---", "--:", "--:", "--:", "--:", "--:"})
	for _, s := range t.scenarios {
		if s.times {
			continue // so few points cost next to nothing, a million times over
		}
		title := s.title
		for _, p := range t.peers {
			if results := t.of(s, p); len(results) > 0 {
				row(w, slices.Concat([]string{title, p}, costs(results), []string{ratio(results, t.of(s, t.peers[0]))}))
				title = ""
			}
		}
	}
}

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
	if worst.Lost == 0 {
		return "0"
	}
	return fmt.Sprintf("%s (%.2g %%)", thousands(worst.Lost), 100*float64(worst.Lost)/float64(worst.Sent.Points))
}

func ratio(a, b []result) string {
	if len(b) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", median(a, result.perMillion)/max(median(b, result.perMillion), 1e-9))
}

func (t table) printLatencies(w io.Writer) {
	if !slices.ContainsFunc(t.results, func(r result) bool { return len(r.Latencies) > 0 }) {
		return
	}
	fmt.Fprintln(w)
	row(w, []string{"milliseconds", "median", "99 %", "longest"})
	row(w, []string{"---", "--:", "--:", "--:"})
	for _, s := range t.scenarios {
		for _, p := range t.peers {
			if l := latenciesOf(t.of(s, p)); len(l) > 0 {
				row(w, []string{s.title + ": " + p, quantile(l, 50), quantile(l, 99), quantile(l, 100)})
			}
		}
	}
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
	return fmt.Sprintf("%.1f", float64(sorted[(len(sorted)-1)*percent/100])/1e6)
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
