package route_test

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/internal/hashring"
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
func naive(o route.Options, name string) (list []string) {
	if o.Blacklist != nil && o.Blacklist([]byte(name)) || o.Whitelist != nil && !o.Whitelist([]byte(name)) {
		return nil
	}
	for _, r := range o.Rules {
		if !expr(r.Match).MatchString(name) {
			continue
		}
		for _, d := range naiveTo(r, name) {
			if !slices.Contains(list, d) {
				list = append(list, d)
			}
		}
		if !r.Continue {
			return list
		}
	}
	return list
}

// naiveTo returns where one rule sends a name.
func naiveTo(r route.Rule, name string) (list []string) {
	if r.By == nil {
		return r.To
	}
	ring := ringOf(r.By)
	keys := [][]byte{[]byte(name)}
	if r.By.Keys != nil {
		keys = r.By.Keys([]byte(name))
	}
	for _, key := range keys {
		for _, node := range ring.Pick(nil, key) {
			list = append(list, r.To[node])
		}
	}
	return list
}

var made sync.Map

// ringOf makes a ring once.
func ringOf(r *route.Ring) *hashring.Ring {
	ready, ok := made.Load(r)
	if !ok {
		ring, err := hashring.New(r.Kind, r.Nodes, hashring.Options{Replicas: r.Replicas, Diverse: r.Diverse})
		if err != nil {
			panic(err)
		}
		ready, _ = made.LoadOrStore(r, ring)
	}
	return ready.(*hashring.Ring)
}

// naiveBatch returns the lines that each destination gets, and how many points none gets.
func naiveBatch(o route.Options, b metric.Batch) (perDest map[string]string, dropped int) {
	lines := map[string][]byte{}
	for l := range b.All() {
		list := naive(o, string(l.Name))
		for _, d := range list {
			lines[d] = metric.Append(lines[d], l)
		}
		if len(list) == 0 {
			dropped++
		}
	}
	perDest = map[string]string{}
	for d, text := range lines {
		perDest[d] = string(text)
	}
	return perDest, dropped
}

var (
	words = []string{"a", "b", "ab", "cpu", "CPU", "x1", "x22", "é", "host", "h\u017ft"}
	exprs = []string{"", "^a", "b$", "a.*b", `\.`, "x[0-9]+", "(?i)CPU", "^(a|cpu)$", "é", `^host\.`, `\.(x1|b)$`, "[^.]b", ".*", "(?i)HST", "(?i)^X.*B$"}
)

func drawName(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 4).Draw(t, "words"), ".")
}

func drawRule(t *rapid.T) route.Rule {
	r := route.Rule{
		Match:    rapid.SampledFrom(exprs).Draw(t, "match"),
		To:       rapid.SliceOfN(rapid.SampledFrom(dests), 1, 3).Draw(t, "to"),
		Continue: rapid.Bool().Draw(t, "continue"),
	}
	switch rapid.IntRange(0, 2).Draw(t, "language") {
	case 0:
		r.Pattern = re2(r.Match)
	case 1:
		r.Pattern = engine{expr(r.Match)}
	}
	if rapid.Bool().Draw(t, "spread") {
		r.By = drawRing(t, len(r.To))
	}
	return r
}

// drawRing makes a ring; some of its nodes share a host.
func drawRing(t *rapid.T, nodes int) *route.Ring {
	r := &route.Ring{
		Kind:     rapid.SampledFrom(hashring.Kinds).Draw(t, "kind"),
		Replicas: rapid.IntRange(0, 3).Draw(t, "replicas"),
		Diverse:  rapid.Bool().Draw(t, "diverse"),
	}
	for i := range nodes {
		r.Nodes = append(r.Nodes, hashring.Node{Host: "h" + strconv.Itoa(i/2), Instance: strconv.Itoa(i), HasInstance: true})
	}
	if rapid.Bool().Draw(t, "keys") {
		r.Keys = func(name []byte) [][]byte { return bytes.Split(name, []byte(".")) }
	}
	return r
}

func drawOptions(t *rapid.T) route.Options {
	o := route.Options{Rules: rapid.SliceOfN(rapid.Custom(drawRule), 0, 6).Draw(t, "rules"), Destinations: dests}
	if rapid.Bool().Draw(t, "blacklist") {
		o.Blacklist = expr("^x1").Match
	}
	if rapid.Bool().Draw(t, "whitelist") {
		o.Whitelist = expr("[ab]").Match
	}
	return o
}

func total(d route.Dropped) int { return d.NoRoute + d.Blacklisted + d.NotWhitelisted }

func TestRoutesAsTheNaiveRouterDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawOptions(t)
		b := batch(rapid.SliceOfN(rapid.Custom(drawName), 0, 40).Draw(t, "names")...)
		table, err := route.New(o)
		if err != nil {
			t.Fatal(err)
		}
		want, wantDropped := naiveBatch(o, b)
		for range 2 {
			got := map[string]string{}
			dropped := total(table.Route(b, func(dest int, run metric.Batch) { got[dests[dest]] += string(run.Lines) }))
			if diff := cmp.Diff(want, got); diff != "" || dropped != wantDropped {
				t.Fatalf("got %d dropped, want %d; lines (-want +got):\n%s", dropped, wantDropped, diff)
			}
		}
		for l := range b.All() {
			checkExplained(t, table, o, string(l.Name))
		}
	})
}

// checkExplained checks that the verdicts about a name lead where it goes.
func checkExplained(t *rapid.T, table *route.Table, o route.Options, name string) {
	var got []string
	for _, v := range table.Explain(name) {
		list := v.Picked
		if v.By == "" {
			list = v.To
		}
		for _, d := range list {
			if v.Outcome == route.Matched && !slices.Contains(got, d) {
				got = append(got, d)
			}
		}
	}
	want := naive(o, name)
	if !slices.Equal(got, want) || !slices.Equal(table.Destinations(name), want) || (table.Drops(name) == "") != (len(want) > 0) {
		t.Fatalf("%s: the verdicts lead to %q, want %q", name, got, want)
	}
}

func TestManyRouteAtOnce(t *testing.T) {
	o := route.Options{Destinations: dests, Rules: []route.Rule{
		{Match: "core-0[0-3]", To: to("a")}, {Match: "cpu", To: to("b"), Continue: true}, {Match: "user", To: to("c")},
		{Match: "disk", To: dests, By: ringRules(hashring.FNV1aCH, 2)[0].By},
	}}
	table, err := route.New(o)
	if err != nil {
		t.Fatal(err)
	}
	b := batch(names(20_000)...) // enough to make the memory grow on the way
	want, wantDropped := naiveBatch(o, b)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got := map[string][]byte{}
			dropped := total(table.Route(b, func(dest int, run metric.Batch) { got[dests[dest]] = append(got[dests[dest]], run.Lines...) }))
			for d, lines := range want {
				if string(got[d]) != lines {
					t.Errorf("destination %s got other lines than it should", d)
				}
			}
			if dropped != wantDropped {
				t.Errorf("got %d dropped, want %d", dropped, wantDropped)
			}
		})
	}
	wg.Wait()
}
