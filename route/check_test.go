package route_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/route"
)

func TestNewRefuses(t *testing.T) {
	known := []string{"local", "hosted"}
	tests := []struct {
		name  string
		rules []route.Rule
		want  string
	}{
		{"a bad expression", []route.Rule{{To: to("local")}, {Match: "a(b", To: to("local")}},
			`route: rule 2: match: "a(b" is not an RE2 expression: missing closing ): "a(b"`},
		{"look-ahead", []route.Rule{{Match: "^(?!servers)", To: to("local")}},
			`route: rule 1: match: "^(?!servers)" is not an RE2 expression: invalid or unsupported Perl syntax: "(?!"` +
				` (RE2 has no look-around; let an earlier rule take the names that this one should not)`},
		{"look-behind", []route.Rule{{Match: "(?<=a)b", To: to("local")}},
			`route: rule 1: match: "(?<=a)b" is not an RE2 expression: invalid named capture: "(?<=a)b"` +
				` (RE2 has no look-around; let an earlier rule take the names that this one should not)`},
		{"a back-reference", []route.Rule{{Match: `(a)\1`, To: to("local")}},
			`route: rule 1: match: "(a)\\1" is not an RE2 expression: invalid escape sequence: "\\1" (RE2 has no back-references)`},
		{"a destination misspelt", []route.Rule{{To: to("local", "hotsed")}},
			`route: rule 1: no destination is named "hotsed"; did you mean "hosted"?`},
		{"an unknown destination", []route.Rule{{To: to("elsewhere")}},
			`route: rule 1: no destination is named "elsewhere"; there are: local, hosted`},
		{"no destination", []route.Rule{{Match: "a"}},
			`route: rule 1: it sends nowhere: name at least one destination in "to"`},
		{"a pattern that RE2 refuses", []route.Rule{{Label: "carbon", Match: "shown", Pattern: re2("a("), To: to("local")}},
			`route: rule 1 [carbon]: match: "shown" is not an RE2 expression: missing closing ): "a("`},
		{"an unknown ring", []route.Rule{{To: to("local"), By: &route.Ring{Kind: "carbon"}}},
			`route: rule 1: by: no ring is called "carbon"; there are: carbon_ch, fnv1a_ch, mmh3_ch, fast_carbon_ch, fast_fnv1a_ch, fast_mmh3_ch, jump`},
		{"a ring misspelt", []route.Rule{{To: to("local"), By: &route.Ring{Kind: "carbon-ch"}}},
			`route: rule 1: by: no ring is called "carbon-ch"; did you mean "carbon_ch"?`},
		{"too few nodes", []route.Rule{{To: known, By: &route.Ring{Kind: "jump", Nodes: nodes("h")}}},
			`route: rule 1: by: its ring has 1 nodes for 2 destinations`},
		{"replicas", []route.Rule{{To: known, By: &route.Ring{Kind: "jump", Nodes: nodes("h", "g"), Replicas: -1}}},
			`route: rule 1: replicas: want 1 or more, got -1`},
		{"a node twice", []route.Rule{{To: known, By: &route.Ring{Kind: "jump", Nodes: nodes("h:a", "h:a")}}},
			`route: rule 1: "hosted" has the same host and instance as "local", so that the ring cannot tell them apart: give one of them another instance`},
		{"everything at once", []route.Rule{{Match: "("}, {To: to("locl")}},
			"route: rule 1: match: \"(\" is not an RE2 expression: missing closing ): \"(\"\n" +
				"route: rule 1: it sends nowhere: name at least one destination in \"to\"\n" +
				"route: rule 2: no destination is named \"locl\"; did you mean \"local\"?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := route.New(route.Options{Rules: tt.rules, Destinations: known})
			if err == nil {
				t.Fatal("got no error")
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	tests := []struct {
		name  string
		rules []route.Rule
		want  []string
	}{
		{"everything last", []route.Rule{{Match: "x", To: to("a")}, {To: to("b")}}, nil},
		{"everything, continuing", []route.Rule{{To: to("b"), Continue: true}, {Match: "x", To: to("a")}}, nil},
		{"everything before the last", []route.Rule{{Match: "y", To: to("a")}, {Match: ".*", To: to("b")}, {Match: "x", To: to("a")}},
			[]string{"rule 2 matches every name and does not continue: the rules behind it are never reached"}},
		{"more replicas than destinations", []route.Rule{
			{Label: "x", To: to("a"), By: &route.Ring{Kind: "jump", Nodes: nodes("h"), Replicas: 2}, Continue: true}, {To: to("a")}},
			[]string{"rule 1 [x] asks for 2 replicas and has only 1 destinations"}},
		{"more replicas than hosts", []route.Rule{
			{To: to("a", "b", "c"), By: &route.Ring{Kind: "jump", Nodes: nodes("h", "g:1", "g:2"), Replicas: 3, Diverse: true}}},
			[]string{"rule 1 asks for 3 replicas on different hosts, and its destinations are on 2"}},
		{"enough replicas", []route.Rule{
			{To: to("a", "b"), By: &route.Ring{Kind: "jump", Nodes: nodes("h", "g"), Replicas: 2, Diverse: true}}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, mustNew(t, tt.rules...).Warnings()); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}
