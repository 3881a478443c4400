package route_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/route"
)

var dests = []string{"a", "b", "c", "d"}

// batch makes a batch with a line for each name.
func batch(names ...string) metric.Batch {
	var lines []byte
	for i, n := range names {
		lines = fmt.Appendf(lines, "%s %d 1700000000\n", n, i)
	}
	return metric.Batch{Lines: lines, Points: len(names)}
}

// emitted is one call of emit: where to, and the names.
type emitted struct {
	Dest  int
	Names string
}

// routed routes b and returns what was emitted.
func routed(t testing.TB, table *route.Table, b metric.Batch) (list []emitted, unrouted int) {
	dropped := table.Route(b, func(dest int, run metric.Batch) {
		var names []string
		for l := range run.All() {
			names = append(names, string(l.Name))
		}
		if len(names) != run.Points {
			t.Errorf("a run of %d lines says that it has %d points", len(names), run.Points)
		}
		list = append(list, emitted{dest, strings.Join(names, " ")})
	})
	return list, dropped.NoRoute
}

func mustNew(t testing.TB, rules ...route.Rule) *route.Table {
	table, err := route.New(route.Options{Rules: rules, Destinations: dests})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func to(names ...string) []string { return names }

func TestRoute(t *testing.T) {
	tests := []struct {
		name     string
		rules    []route.Rule
		names    string
		want     []emitted
		unrouted int
	}{
		{"no rules", nil, "x y", nil, 2},
		{"no lines", []route.Rule{{To: to("a")}}, "", nil, 0},
		{"everything to one", []route.Rule{{To: to("b")}}, "x y", []emitted{{1, "x y"}}, 0},
		{"everything to two, in their order", []route.Rule{{To: to("c", "a")}}, "x y",
			[]emitted{{2, "x y"}, {0, "x y"}}, 0},
		{"the first match wins", []route.Rule{{Match: "^x", To: to("a")}, {Match: "y", To: to("b")}}, "xy y x",
			[]emitted{{0, "xy"}, {1, "y"}, {0, "x"}}, 0},
		{"continue tries the next", []route.Rule{{Match: "x", To: to("a"), Continue: true}, {Match: "y", To: to("b")}}, "xy y x",
			[]emitted{{0, "xy"}, {1, "xy"}, {1, "y"}, {0, "x"}}, 0},
		{"a destination named twice gets a point once",
			[]route.Rule{{Match: "x", To: to("a", "b", "a"), Continue: true}, {To: to("b", "c")}}, "x",
			[]emitted{{0, "x"}, {1, "x"}, {2, "x"}}, 0},
		{"runs", []route.Rule{{Match: "x", To: to("a")}, {To: to("b")}}, "x1 x2 y1 y2 y3 x3",
			[]emitted{{0, "x1 x2"}, {1, "y1 y2 y3"}, {0, "x3"}}, 0},
		{"no match", []route.Rule{{Match: "x", To: to("a")}}, "y x y y", []emitted{{0, "x"}}, 3},
		{"all continue", []route.Rule{{To: to("a"), Continue: true}, {To: to("b"), Continue: true}}, "x",
			[]emitted{{0, "x"}, {1, "x"}}, 0},
		{"searched anywhere", []route.Rule{{Match: "b.d", To: to("a")}}, "abcde", []emitted{{0, "abcde"}}, 0},
		{"tags are part of the name", []route.Rule{{Match: ";dc=fra(;|$)", To: to("a")}}, "x;dc=fra y;dc=fran",
			[]emitted{{0, "x;dc=fra"}}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := mustNew(t, tt.rules...)
			for range 2 { // decided, then remembered
				got, unrouted := routed(t, table, batch(strings.Fields(tt.names)...))
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("emitted (-want +got):\n%s", diff)
				}
				if unrouted != tt.unrouted {
					t.Errorf("got %d unrouted, want %d", unrouted, tt.unrouted)
				}
			}
		})
	}
}

func TestRunsCannotGrowIntoTheNext(t *testing.T) {
	table := mustNew(t, route.Rule{Match: "x", To: to("a")}, route.Rule{To: to("b")})
	table.Route(batch("x", "y"), func(_ int, run metric.Batch) {
		if len(run.Lines) != cap(run.Lines) {
			t.Errorf("got a run with %d bytes and room for %d", len(run.Lines), cap(run.Lines))
		}
	})
}

func TestNamesAreReadOnlyWhenNeeded(t *testing.T) {
	tests := []struct {
		name  string
		rules []route.Rule
		want  bool
	}{
		{"no rules", nil, false},
		{"everything", []route.Rule{{To: to("a")}}, false},
		{"everything, spelled out", []route.Rule{{Match: "^.*$", To: to("a")}}, false},
		{"everything, and more", []route.Rule{{To: to("a"), Continue: true}, {To: to("b")}}, false},
		{"everything before an expression", []route.Rule{{To: to("a")}, {Match: "x", To: to("b")}}, false},
		{"everything behind an expression", []route.Rule{{Match: "x", To: to("b")}, {To: to("a")}}, true},
		{"an expression that can be reached", []route.Rule{{To: to("a"), Continue: true}, {Match: "x", To: to("b")}}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := mustNew(t, tt.rules...).LooksAtNames(); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestRouteDoesNotAllocate(t *testing.T) {
	table := mustNew(t, route.Rule{Match: "x", To: to("a", "b")}, route.Rule{Match: "y", To: to("b")})
	b := batch("x", "y", "z", "x", "x")
	emit := func(int, metric.Batch) {}
	table.Route(b, emit)
	if got := leastAllocations(func() { table.Route(b, emit) }); got != 0 {
		t.Errorf("got %v allocations for a batch, want 0", got)
	}
}

func TestExplain(t *testing.T) {
	table := mustNew(t,
		route.Rule{Match: "^servers", To: to("b", "a"), Continue: true},
		route.Rule{Match: "disk", To: to("c")},
		route.Rule{Match: "cpu", To: to("a", "c")},
		route.Rule{To: to("b")})
	got := table.Explain("servers.cpu")
	want := []route.Verdict{
		{Rule: 1, Match: "^servers", To: to("b", "a"), Continue: true, Outcome: route.Matched},
		{Rule: 2, Match: "disk", To: to("c"), Outcome: route.NotMatched},
		{Rule: 3, Match: "cpu", To: to("a", "c"), Outcome: route.Matched},
		{Rule: 4, To: to("b"), Outcome: route.NotReached},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	if got, want := table.Destinations("servers.cpu"), to("b", "a", "c"); !slices.Equal(got, want) {
		t.Errorf("got destinations %q, want %q", got, want)
	}
}

func TestDestinationsOfAnUnroutedName(t *testing.T) {
	if got := mustNew(t, route.Rule{Match: "x", To: to("a")}).Destinations("y"); len(got) != 0 {
		t.Errorf("got %q, want none", got)
	}
}
