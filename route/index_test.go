package route_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/route"
	"pgregory.net/rapid"
)

// Texts of many rules: some begin like others, some are in each other, and some are
// too short to be looked up.
var (
	longWords = []string{"team-0001", "team-0002", "Team-0001", "servers", "server", "db-01", "db-012", "cpu", "x", "latency", "h\u017ft-web", "service-of-a-very-long-name-that-goes-on-and-on-for-more-than-48-bytes"}
	shapes    = []string{`^%s\.`, `\.%s\.`, `%s`, `^%s$`, `\.%s$`, `(?i)^%s\.`, `(?i)\.%s`, `^(%s|db-01)\.`, `%s.*cpu`, `^%s\..*latency`, `^[a-z]+\.%s`, `%s[0-9]`}
)

func drawLongName(t *rapid.T) string {
	name := strings.Join(rapid.SliceOfN(rapid.SampledFrom(longWords), 1, 4).Draw(t, "words"), ".")
	if rapid.Bool().Draw(t, "upper") {
		name = strings.ToUpper(name)
	}
	return name
}

func drawManyRules(t *rapid.T) (rules []route.Rule) {
	for range rapid.IntRange(32, 60).Draw(t, "rules") {
		r := route.Rule{
			Match:    fmt.Sprintf(rapid.SampledFrom(shapes).Draw(t, "shape"), rapid.SampledFrom(longWords).Draw(t, "word")),
			To:       rapid.SliceOfN(rapid.SampledFrom(dests), 1, 2).Draw(t, "to"),
			Continue: rapid.IntRange(0, 3).Draw(t, "continue") > 0,
		}
		if rapid.IntRange(0, 4).Draw(t, "tenants") == 0 {
			r.Tenants = []string{rapid.SampledFrom([]string{"acme", "other"}).Draw(t, "tenant")}
		}
		rules = append(rules, r)
	}
	return rules
}

// forTenant leaves out what is for other tenants.
func forTenant(rules []route.Rule, tenant string) (list []route.Rule) {
	for _, r := range rules {
		if len(r.Tenants) == 0 || slices.Contains(r.Tenants, tenant) {
			list = append(list, r)
		}
	}
	return list
}

func TestManyRulesAreTriedAsIfOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := drawManyRules(t)
		table, err := route.New(route.Options{Rules: rules, Destinations: dests})
		if err != nil {
			t.Fatal(err)
		}
		for _, tenant := range []string{"", "acme", "nobody"} {
			for _, name := range rapid.SliceOfN(rapid.Custom(drawLongName), 1, 20).Draw(t, "names") {
				want := naive(route.Options{Rules: forTenant(rules, tenant)}, name)
				if got := table.For(tenant).Destinations(name); !slices.Equal(got, want) {
					t.Fatalf("%s of %q: got %q, want %q", name, tenant, got, want)
				}
			}
		}
	})
}

// BenchmarkNewNames decides names of which none was seen before, with few rules and
// with many.
func BenchmarkNewNames(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var rules []route.Rule
			for k := range n - 1 {
				shape := `^team-%04d\.`
				if k%10 == 9 {
					shape = `\.svc-%04d\.`
				}
				rules = append(rules, route.Rule{Match: fmt.Sprintf(shape, k), To: dests[:1]})
			}
			table, err := route.New(route.Options{Rules: append(rules, route.Rule{To: dests[1:2]}), Destinations: dests})
			if err != nil {
				b.Fatal(err)
			}
			v := table.For("")
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				v.Decide([]byte(fmt.Sprintf("team-%04d.host-%06d.svc-%04d.cpu.core-01.mean", 9990+i%10, i, 9990+i%9)))
			}
		})
	}
}
