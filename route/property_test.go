package route_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/route"
	"pgregory.net/rapid"
)

var compiled sync.Map

// expr compiles an expression once.
func expr(match string) *regexp.Regexp {
	re, ok := compiled.Load(match)
	if !ok {
		re, _ = compiled.LoadOrStore(match, regexp.MustCompile(match))
	}
	return re.(*regexp.Regexp)
}

// naive routes the slow and plain way: where to, in order, for one name.
func naive(rules []route.Rule, name string) (list []string) {
	seen := map[string]bool{}
	for _, r := range rules {
		if !expr(r.Match).MatchString(name) {
			continue
		}
		for _, d := range r.To {
			if !seen[d] {
				seen[d], list = true, append(list, d)
			}
		}
		if !r.Continue {
			return list
		}
	}
	return list
}

// naiveBatch returns the lines that each destination gets, and how many points none gets.
func naiveBatch(rules []route.Rule, b metric.Batch) (perDest map[string]string, unrouted int) {
	perDest = map[string]string{}
	for l := range b.All() {
		list := naive(rules, string(l.Name))
		for _, d := range list {
			perDest[d] += string(metric.Append(nil, l))
		}
		if len(list) == 0 {
			unrouted++
		}
	}
	return perDest, unrouted
}

var (
	words = []string{"a", "b", "ab", "cpu", "x1", "x22", "é", "host"}
	exprs = []string{"", "^a", "b$", "a.*b", `\.`, "x[0-9]+", "(?i)CPU", "^(a|cpu)$", "é", `^host\.`, `\.(x1|b)$`, "[^.]b", ".*"}
)

func drawName(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 4).Draw(t, "words"), ".")
}

func drawRule(t *rapid.T) route.Rule {
	return route.Rule{
		Match:    rapid.SampledFrom(exprs).Draw(t, "match"),
		To:       rapid.SliceOfN(rapid.SampledFrom(dests), 1, 3).Draw(t, "to"),
		Continue: rapid.Bool().Draw(t, "continue"),
	}
}

func TestRoutesAsTheNaiveRouterDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(drawRule), 0, 6).Draw(t, "rules")
		b := batch(rapid.SliceOfN(rapid.Custom(drawName), 0, 40).Draw(t, "names")...)
		table, err := route.New(rules, dests)
		if err != nil {
			t.Fatal(err)
		}
		want, wantUnrouted := naiveBatch(rules, b)
		for range 2 {
			got := map[string]string{}
			unrouted := table.Route(b, func(dest int, run metric.Batch) { got[dests[dest]] += string(run.Lines) })
			if diff := cmp.Diff(want, got); diff != "" || unrouted != wantUnrouted {
				t.Fatalf("got %d unrouted, want %d; lines (-want +got):\n%s", unrouted, wantUnrouted, diff)
			}
		}
	})
}

func TestManyRouteAtOnce(t *testing.T) {
	rules := []route.Rule{{Match: "core-0[0-3]", To: to("a")}, {Match: "cpu", To: to("b"), Continue: true}, {Match: "user", To: to("c")}}
	table := mustNew(t, rules...)
	b := batch(names(20_000)...) // enough to make the memory grow on the way
	want, wantUnrouted := naiveBatch(rules, b)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got := map[string][]byte{}
			unrouted := table.Route(b, func(dest int, run metric.Batch) { got[dests[dest]] = append(got[dests[dest]], run.Lines...) })
			for d, lines := range want {
				if string(got[d]) != lines {
					t.Errorf("destination %s got other lines than it should", d)
				}
			}
			if unrouted != wantUnrouted {
				t.Errorf("got %d unrouted, want %d", unrouted, wantUnrouted)
			}
		})
	}
	wg.Wait()
}
