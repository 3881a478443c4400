package route_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/internal/hashring"
	"github.com/plumbago/plumbago/route"
)

// nodes are named host or host:instance.
func nodes(list ...string) (all []hashring.Node) {
	for _, n := range list {
		var node hashring.Node
		node.Host, node.Instance, node.HasInstance = strings.Cut(n, ":")
		all = append(all, node)
	}
	return all
}

func TestRingsOfRules(t *testing.T) {
	both := func(name []byte) [][]byte { return [][]byte{name, []byte("all")} }
	tests := []struct {
		name  string
		rules []route.Rule
		want  string // where each of pp, qq, rr, ss and tt goes
	}{
		{"alone", []route.Rule{
			{To: to("a", "b", "c"), By: &route.Ring{Kind: "carbon_ch", Nodes: nodes("1", "2", "3")}},
		}, "c b a b a"},
		{"in another order of To", []route.Rule{
			{To: to("c", "b", "a"), By: &route.Ring{Kind: "carbon_ch", Nodes: nodes("1", "2", "3")}},
		}, "a b c b c"},
		{"every name twice", []route.Rule{
			{To: to("a", "b", "c"), By: &route.Ring{Kind: "carbon_ch", Nodes: nodes("1", "2", "3"), Replicas: 2}},
		}, "ca ba ac bc ac"},
		{"on different hosts", []route.Rule{
			{To: to("a", "b", "c"), By: &route.Ring{Kind: "carbon_ch", Nodes: nodes("1:x", "1:y", "2"), Replicas: 2, Diverse: true}},
		}, "bc ac ac bc bc"},
		{"two nodes of one destination", []route.Rule{
			{To: to("a", "b", "a"), By: &route.Ring{Kind: "carbon_ch", Nodes: nodes("1:x", "2", "1:y"), Replicas: 2}},
		}, "a ab a ab a"},
		{"behind a rule that continues", []route.Rule{
			{Match: "p|q", To: to("d", "c"), Continue: true},
			{To: to("a", "b", "c"), By: &route.Ring{Kind: "carbon_ch", Nodes: nodes("1", "2", "3")}},
		}, "dc dcb a b a"},
		{"by other keys", []route.Rule{
			{To: to("a", "b", "c"), By: &route.Ring{Kind: "carbon_ch", Nodes: nodes("1", "2", "3"), Keys: both}},
		}, "cb b ab b ab"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := mustNew(t, tt.rules...)
			var got []string
			for _, name := range strings.Fields("pp qq rr ss tt") {
				got = append(got, strings.Join(table.Destinations(name), ""))
			}
			if diff := cmp.Diff(strings.Fields(tt.want), got); diff != "" {
				t.Errorf("destinations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExplainOfARing(t *testing.T) {
	keys := func(name []byte) [][]byte { return [][]byte{name, []byte("all")} }
	table := mustNew(t,
		route.Rule{Label: "first", Match: "no", To: to("a"), By: &route.Ring{Kind: hashring.Jump, Nodes: nodes("1")}},
		route.Rule{To: to("d", "b", "c"), By: &route.Ring{Kind: hashring.CarbonCH, Nodes: nodes("1", "2", "3"), Replicas: 2, Keys: keys}})
	want := []route.Verdict{
		{Rule: 1, Label: "first", Match: "no", To: to("a"), Outcome: route.NotMatched, By: "jump"},
		{Rule: 2, To: to("d", "b", "c"), Outcome: route.Matched, By: "carbon_ch", Picked: to("d", "c", "b"), Meets: []route.Meeting{
			{Key: "x", Hash: 0x9dd4, Entry: 40580, At: "d", Picked: to("d", "c")},
			{Key: "all", Hash: 0xa181, Entry: 41418, At: "b", Picked: to("b", "d")},
		}},
	}
	if diff := cmp.Diff(want, table.Explain("x")); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
}
