package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/plumbago/plumbago/internal/hashring"
	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/route"
)

// ringCommand shows what rings do to names before they do it.
type ringCommand struct {
	Diff    ringDiffCommand    `cmd:"" help:"Which names another configuration would place elsewhere: names from standard input."`
	Balance ringBalanceCommand `cmd:"" help:"How evenly a configuration spreads names: names from standard input."`
}

// placing is a configuration, to place names with.
type placing struct {
	setup *setup
	table *route.Table
}

func openPlacing(file, instance string) (placing, error) {
	s, err := readInstance(file, instance)
	if err != nil {
		return placing{}, err
	}
	t, err := s.table()
	return placing{s, t}, err
}

// of returns the destinations of a name.
func (p placing) of(n string) []string {
	if p.setup.keepsTags() {
		return p.table.Destinations(n)
	}
	return p.table.Destinations(string(name.AppendCanonical(nil, []byte(n))))
}

// nodes are those of the first ring there is.
func (p placing) nodes() []hashring.Node {
	for _, r := range p.setup.relay.Rules {
		if r.By != nil {
			return r.By.Nodes
		}
	}
	return nil
}

type ringDiffCommand struct {
	Old string `arg:"" help:"The configuration as it is: plumbago.yml or carbon.conf."`
	New string `arg:"" help:"The configuration as it would be: of the same kind, as destinations are compared by name."`

	Instance string `default:"${carbon_instance}" help:"For carbon.conf: the instance."`
}

func (c *ringDiffCommand) Run(_ context.Context, s streams) error {
	before, err := openPlacing(c.Old, c.Instance)
	if err != nil {
		return err
	}
	after, err := openPlacing(c.New, c.Instance)
	if err != nil {
		return err
	}
	var moves hashring.Moves
	for n, err := range eachName(nil, s.in) {
		if err != nil {
			return fmt.Errorf("read names: %w", err)
		}
		moves.Add(before.of(n), after.of(n))
	}
	if hashring.OnlyOrderDiffers(before.nodes(), after.nodes()) {
		fmt.Fprintln(s.err, "plumbago: warning: the destinations are the same, in another order: carbon's ring depends on the order wherever entries of two nodes meet")
	}
	return printMoves(s.out, moves)
}

func printMoves(w io.Writer, m hashring.Moves) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%d of %s move (%.3f %%)\n", m.Moved, plural(m.Names, "name"), 100*m.Share())
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	flows := slices.SortedFunc(maps.Keys(m.Flows), func(a, b hashring.Flow) int {
		return cmp.Or(cmp.Compare(m.Flows[b], m.Flows[a]), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	for _, f := range flows {
		fmt.Fprintf(t, "%d\tfrom %s\tto %s\n", m.Flows[f], cmp.Or(f.From, "nowhere"), cmp.Or(f.To, "nowhere"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return out.Flush()
}

type ringBalanceCommand struct {
	File     string `arg:"" help:"The configuration: plumbago.yml or carbon.conf."`
	Instance string `default:"${carbon_instance}" help:"For carbon.conf: the instance."`
}

func (c *ringBalanceCommand) Run(_ context.Context, s streams) error {
	p, err := openPlacing(c.File, c.Instance)
	if err != nil {
		return err
	}
	names := p.setup.destinations()
	balance := hashring.NewBalance(len(names))
	for n, err := range eachName(nil, s.in) {
		if err != nil {
			return fmt.Errorf("read names: %w", err)
		}
		var picks []int
		for _, d := range p.of(n) {
			picks = append(picks, slices.Index(names, d))
		}
		balance.Add(picks)
	}
	return printBalance(s.out, names, balance)
}

func printBalance(w io.Writer, names []string, b *hashring.Balance) error {
	total := 0
	for _, n := range b.Copies {
		total += n
	}
	least, most := b.Spread()
	fmt.Fprintf(w, "%s, %s: the least loaded destination has %.0f %% of the mean, the most loaded %.0f %%\n",
		plural(b.Names, "name"), plural(total, "place"), 100*least, 100*most)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, n := range names {
		fmt.Fprintf(t, "%s\t%d\t%.2f %%\n", n, b.Copies[i], 100*float64(b.Copies[i])/float64(max(1, total)))
	}
	return t.Flush()
}
