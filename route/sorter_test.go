package route_test

import (
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/hashring"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/route"
)

// sent is what a destination was sent, and in how many runs.
type sent struct {
	lines string
	runs  int
}

func sentBy(t *testing.T, table *route.Table, b metric.Batch) map[string]sent {
	t.Helper()
	got := map[string]sent{}
	table.Route(b, func(dest int, run metric.Batch) {
		if n := strings.Count(string(run.Lines), "\n"); n != run.Points || len(run.Lines) != cap(run.Lines) {
			t.Errorf("got a run of %d lines with %d points, and %d bytes with room for %d", n, run.Points, len(run.Lines), cap(run.Lines))
		}
		s := got[dests[dest]]
		got[dests[dest]] = sent{s.lines + string(run.Lines), s.runs + 1}
	})
	return got
}

func TestShortRunsAreGathered(t *testing.T) {
	long := names(3000)
	for i := range long {
		if i%500 == 250 {
			long[i] += strings.Repeat("x", 20_000) // worth no copy
		}
	}
	tests := []struct {
		name     string
		replicas int
		names    []string
		least    int // runs for each destination
		most     int
	}{
		{"a batch", 1, names(1000), 1, 1},
		{"two copies", 2, names(1000), 1, 1},
		{"more than fits", 1, names(10_000), 5, 6},
		{"tiny lines", 1, strings.Split(strings.Repeat("a b c d e f g h i j ", 1000), " ")[:10_000], 3, 3},
		{"everywhere", 4, names(1000), 2, 2},
		{"long lines between", 2, long, 2, 16},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := route.Options{Rules: ringRules(hashring.MMH3CH, tt.replicas), Destinations: dests}
			o.Rules = append([]route.Rule{{Match: `\.idle`, To: to("a"), Continue: true}}, o.Rules...)
			table, err := route.New(o)
			if err != nil {
				t.Fatal(err)
			}
			b := batch(tt.names...)
			want, _ := naiveBatch(o, b)
			for range 2 {
				for d, got := range sentBy(t, table, b) {
					if got.lines != want[d] || got.runs < tt.least || got.runs > tt.most {
						t.Errorf("%s: got %d bytes in %d runs, want %d bytes in %d to %d runs, in the order of the lines",
							d, len(got.lines), got.runs, len(want[d]), tt.least, tt.most)
					}
				}
			}
		})
	}
}

func TestLongRunsAreNotCopied(t *testing.T) {
	list := names(2000)
	for i := range list {
		list[i] = "x" + string(rune('0'+i/1000)) + list[i]
	}
	b := batch(list...)
	table := mustNew(t, route.Rule{Match: "^x0", To: to("a", "c")}, route.Rule{To: to("b")})
	table.Route(b, func(dest int, run metric.Batch) {
		at := strings.Index(string(b.Lines), "\nx1") + 1
		if dest != 1 {
			at = 0
		}
		if run.Points != 1000 || &run.Lines[0] != &b.Lines[at] {
			t.Errorf("%s: got %d points in memory of its own, want 1000 of the batch", dests[dest], run.Points)
		}
	})
}

func TestGatheringDoesNotAllocate(t *testing.T) {
	table, b, points := mustNew(t, ringRules(hashring.CarbonCH, 2)...), batch(names(500)...), 0
	all := func() { table.Route(b, func(_ int, run metric.Batch) { points += run.Points }) }
	all()
	if got := leastAllocations(all); got != 0 {
		t.Errorf("got %v allocations for a batch, want 0", got)
	}
}

// leastAllocations returns how many allocations f makes if memory is reused. Now
// and then it is not: pools are emptied.
func leastAllocations(f func()) float64 {
	least := testing.AllocsPerRun(1, f)
	for range 100 {
		least = min(least, testing.AllocsPerRun(1, f))
	}
	return least
}

func TestLists(t *testing.T) {
	has := func(part string) func([]byte) bool {
		return func(name []byte) bool { return strings.Contains(string(name), part) }
	}
	tests := []struct {
		name                 string
		blacklist, whitelist func([]byte) bool
		names, sent          string
		dropped              route.Dropped
		reason               metric.Reason // for the first name
	}{
		{"a blacklist", has("x"), nil, "x a zx x", "a", route.Dropped{Blacklisted: 3}, metric.Blacklisted},
		{"a whitelist", nil, has("a"), "x a zx x", "a", route.Dropped{NotWhitelisted: 3}, metric.NotWhitelisted},
		{"both", has("x"), has("a"), "z xa a b", "a", route.Dropped{Blacklisted: 1, NotWhitelisted: 2}, metric.NotWhitelisted},
		{"and no rule", has("x"), nil, "no x a", "a", route.Dropped{Blacklisted: 1, NoRoute: 1}, metric.NoRoute},
		{"nothing dropped", nil, has("a"), "a", "a", route.Dropped{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table, err := route.New(route.Options{
				Rules: []route.Rule{{Match: "^[^n]", To: to("a")}}, Destinations: dests, Blacklist: tt.blacklist, Whitelist: tt.whitelist,
			})
			if err != nil {
				t.Fatal(err)
			}
			list := strings.Fields(tt.names)
			for range 2 {
				var sent []string
				dropped := table.Route(batch(list...), func(_ int, run metric.Batch) {
					for l := range run.All() {
						sent = append(sent, string(l.Name))
					}
				})
				if dropped != tt.dropped || strings.Join(sent, " ") != tt.sent {
					t.Errorf("got %q and %+v, want %q and %+v", sent, dropped, tt.sent, tt.dropped)
				}
			}
			if got := table.Drops(list[0]); got != tt.reason {
				t.Errorf("%s: got the reason %q, want %q", list[0], got, tt.reason)
			}
		})
	}
}

func TestListedNamesReachNoRule(t *testing.T) {
	table, err := route.New(route.Options{Rules: []route.Rule{{To: to("a")}}, Destinations: dests, Blacklist: func([]byte) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	if got := table.Explain("x")[0].Outcome; got != route.NotReached {
		t.Errorf("got %q, want %q", got, route.NotReached)
	}
}
