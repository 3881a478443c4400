package route_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/route"
)

func TestMemoryIsBounded(t *testing.T) {
	const limit = 16 << 20
	table := mustNew(t, route.Rule{Match: "user$", To: to("a")}, route.Rule{To: to("b")})
	small := table.MemoryBytes()
	var lines []byte
	for i := range 1_200_000 {
		lines = fmt.Appendf(lines[:0], "n%d.user 1 1\n", i)
		table.Route(metric.Batch{Lines: lines, Points: 1}, func(int, metric.Batch) {})
	}
	if got := table.MemoryBytes(); small > 1<<20 || got != limit {
		t.Errorf("got %d bytes at first and %d with many names, want less than 1 MiB and %d", small, got, limit)
	}
}

// Each name has its own destinations: more sets than can be remembered.
func TestMoreDecisionsThanCanBeRemembered(t *testing.T) {
	const bits = 17
	var rules []route.Rule
	var dests []string
	for i := range bits {
		dests = append(dests, fmt.Sprint("d", i))
		rules = append(rules, route.Rule{Match: fmt.Sprintf("^.{%d}1", i), To: dests[i : i+1], Continue: true})
	}
	table, err := route.New(rules, dests)
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for round := range 2 {
		for i := 0; i < 1<<bits; i += 1 + round*7 {
			name := fmt.Sprintf("%0*b", bits, i)
			got = got[:0]
			table.Route(batch(name), func(dest int, _ metric.Batch) { got = append(got, dest) })
			if want := ones(name); !slices.Equal(got, want) {
				t.Fatalf("round %d, %s: got %v, want %v", round, name, got, want)
			}
		}
	}
}

// ones lists where name has a 1.
func ones(name string) (list []int) {
	for i, c := range name {
		if c == '1' {
			list = append(list, i)
		}
	}
	return list
}
