package route_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/internal/hashring"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/route"
)

func TestPoolsSendToWhomLeastWaits(t *testing.T) {
	waiting := []int{0, 30, 5, 0}
	tests := []struct {
		name    string
		waiting func(int) int
		want    map[string]int // points of 100
	}{
		{"in turn", nil, map[string]int{"a": 100, "b": 33, "c": 34, "d": 33}},
		{"the shortest queue", func(dest int) int { return waiting[dest] }, map[string]int{"a": 100, "d": 100}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table, err := route.New(route.Options{
				Destinations: dests, Pools: []route.Pool{{Name: "p", Members: to("b", "c", "d")}}, Waiting: tt.waiting,
				Rules: []route.Rule{{To: to("a", "p")}},
			})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]int{}
			for range 100 {
				table.Route(batch("x"), func(dest int, run metric.Batch) { got[dests[dest]] += run.Points })
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("points (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(to("a", "p"), table.Destinations("x")); diff != "" {
				t.Errorf("destinations (-want +got):\n%s", diff)
			}
		})
	}
}

// Two nodes of a ring may be one pool, and the queues change between batches.
func TestPoolOnARing(t *testing.T) {
	waiting := make([]int, len(dests))
	table, err := route.New(route.Options{
		Destinations: dests, Pools: []route.Pool{{Name: "p", Members: to("c", "d")}},
		Waiting: func(dest int) int { return waiting[dest] },
		Rules:   []route.Rule{{To: to("a", "p", "p"), By: &route.Ring{Kind: hashring.CarbonCH, Nodes: nodes("1", "2:a", "2:b"), Replicas: 2}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	all, total := batches(20_000), 0
	for _, b := range all {
		table.Route(b, func(dest int, run metric.Batch) {
			waiting[dest] += run.Points
			total += run.Points
		})
	}
	if diff := waiting[2] - waiting[3]; diff < -1000 || diff > 1000 || waiting[2]+waiting[3] != 20_000 || waiting[1] != 0 {
		t.Errorf("got %v points, want 20000 shared evenly by c and d", waiting)
	}
	if total != 20_000+waiting[0] || waiting[0] < 10_000 {
		t.Errorf("got %d points, want one for each name in the pool and %d", total, waiting[0])
	}
}

func TestNewRefusesPools(t *testing.T) {
	tests := []struct {
		name  string
		pools []route.Pool
		want  string
	}{
		{"the name of a destination", []route.Pool{{"a", to("b")}}, `route: pool "a": something else has this name`},
		{"a name twice", []route.Pool{{"p", to("b")}, {"p", to("c")}}, `route: pool "p": something else has this name`},
		{"no members", []route.Pool{{Name: "p"}}, `route: pool "p": it has no members`},
		{"an unknown member", []route.Pool{{"p", to("zzzz")}}, `route: pool "p": no destination is named "zzzz"; there are: a, b, c, d`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := route.New(route.Options{Destinations: dests, Pools: tt.pools})
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
