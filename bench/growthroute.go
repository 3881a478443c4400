package main

import (
	"context"
	"fmt"
	"strings"
)

// ringTrend grows the number of a ring's destinations.
func ringTrend() trend {
	return trend{name: "ring", heading: "Destinations of a ring", axis: "destinations",
		sizes: []int64{1, 2, 4, 8, 16, 32, 64}, small: []int64{1, 8, 64}, costs: []string{"all points"},
		note: "10,000 names, spread by `carbon_ch` over destinations with a queue and a connection each.",
		run: func(ctx context.Context, g *growth, size int64) (sample, error) {
			to, deliver := growthDestinations(int(size))
			route := fmt.Sprintf("  - {by: carbon_ch, to: [%s]}\n", to)
			return g.warm(ctx, growthConfiguration(route, deliver), hostNames(10_000), 10_000)
		}}
}

// namesTrend grows the number of names.
func namesTrend() trend {
	return trend{name: "names", heading: "Names", axis: "names",
		sizes: []int64{10_000, 100_000, 1_000_000, 10_000_000}, small: []int64{10_000, 1_000_000}, costs: []string{"all points"},
		note: "One after the other, all of them once before it is measured; four rules, and a ring of eight destinations for what they leave.",
		run: func(ctx context.Context, g *growth, size int64) (sample, error) {
			to, deliver := growthDestinations(8)
			route := "  - {match: '^collectd\\.', to: [d00]}\n  - {match: '\\.debug\\.', to: [d01]}\n" +
				"  - {match: '^(dev|test)\\.', to: [d02]}\n  - {match: '\\.gc\\.pause\\.count$', to: [d03]}\n" +
				fmt.Sprintf("  - {by: carbon_ch, to: [%s]}\n", to)
			return g.warm(ctx, growthConfiguration(route, deliver), hostNames(int(size)), int(size))
		}}
}

// rulesTrend grows the number of rules.
func rulesTrend() trend {
	return trend{name: "rules", heading: "Rules", axis: "rules",
		sizes: []int64{10, 100, 1000, 10_000}, small: []int64{10, 1000}, costs: []string{"10,000 names", "new names"},
		note: "Nine in ten like `^team-0042\\.`, one in ten like `\\.svc-0042\\.`, and one for every name behind them. Half of the points are of eight " +
			"teams with a rule, half match the last rule alone. New names: each is seen for the first time.",
		run: measureRules}
}

func measureRules(ctx context.Context, g *growth, size int64) (s sample, err error) {
	_, deliver := growthDestinations(2)
	t, err := g.newGrowthTrial(growthConfiguration(growthRules(int(size)), deliver))
	if err != nil {
		return s, err
	}
	defer t.over()
	if _, err := t.begin(ctx); err != nil {
		return s, err
	}
	known, unknown := teamNames(int(size), 10_000), teamNames(int(size), 100_000_000)
	if _, err := t.through(ctx, known, 20_000); err != nil {
		return s, err
	}
	s.Costs = make([]float64, 2)
	if s.Costs[0], err = t.through(ctx, known, g.Points); err != nil {
		return s, err
	}
	s.Costs[1], err = t.through(ctx, unknown, max(1000, g.Points/10))
	s.Peak = t.usage().Peak
	return s, err
}

// growthRules are so many rules, the last one for every name.
func growthRules(n int) string {
	var b strings.Builder
	for k := range n - 1 {
		shape := `^team-%04d\.`
		if k%10 == 9 {
			shape = `\.svc-%04d\.`
		}
		fmt.Fprintf(&b, "  - {match: '"+shape+"', to: [d%02d]}\n", k, k%2)
	}
	b.WriteString("  - {to: [d00]}\n")
	return b.String()
}

// teamNames are names, half of them of eight teams that have one of so many rules,
// from the first to the last, and half of teams that have none.
func teamNames(rules, series int) naming {
	return func(dst []byte, i int) []byte {
		i %= series
		team := 9990 + i%10
		if i%2 == 0 {
			team = i / 2 % 8 * rules / 8 / 10 * 10
		}
		dst = appendPadded(append(dst, "team-"...), team, 4)
		dst = appendPadded(append(dst, ".host-"...), i/100, 7)
		dst = appendPadded(append(dst, ".svc-"...), 9990+i%9, 4)
		dst = append(append(dst, '.'), families[i/len(aspects)%len(families)]...)
		return append(append(dst, '.'), aspects[i%len(aspects)]...)
	}
}

// warm measures points of known names: all of the series have been sent before.
func (g *growth) warm(ctx context.Context, configuration string, n naming, series int) (s sample, err error) {
	t, err := g.newGrowthTrial(configuration)
	if err != nil {
		return s, err
	}
	defer t.over()
	if _, err := t.begin(ctx); err != nil {
		return s, err
	}
	if _, err := t.through(ctx, n, 2*series); err != nil {
		return s, err
	}
	cost, err := t.through(ctx, n, max(g.Points, series))
	s.Costs, s.Peak = []float64{cost}, t.usage().Peak
	return s, err
}

// growthDestinations are so many, all at one address and told apart by instance.
func growthDestinations(n int) (names, deliver string) {
	var list []string
	for i := range n {
		name := fmt.Sprintf("d%02d", i)
		list = append(list, name)
		deliver += fmt.Sprintf("  - {name: %s, type: carbon, address: '{{out}}', instance: %s, protocol: line}\n", name, name)
	}
	return strings.Join(list, ", "), deliver
}

func growthConfiguration(route, deliver string) string {
	return "data_dir: '{{data}}'\nreceive:\n  - {protocol: line, listen: '{{line}}'}\nroute:\n" + route + "deliver:\n" + deliver +
		"admin: {socket: '{{socket}}'}\nlog: {level: warn}\n"
}
