package route_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/route"
)

func tenantTable(t *testing.T, rules ...route.Rule) *route.Table {
	t.Helper()
	table, err := route.New(route.Options{
		Rules: rules, Destinations: []string{"a", "b", "c", "jail"}, Quarantine: "jail",
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// routedTo routes lines as a tenant's and returns what each destination was given.
func routedTo(table *route.Table, b metric.Batch) (to [4]string, dropped route.Dropped) {
	dropped = table.Route(b, func(dest int, run metric.Batch) { to[dest] += string(run.Lines) })
	return to, dropped
}

func TestRulesOfATenantAreForItsPointsOnly(t *testing.T) {
	table := tenantTable(t,
		route.Rule{Tenants: []string{"acme"}, Match: "^web", To: []string{"a"}},
		route.Rule{Tenants: []string{"acme", "beta"}, To: []string{"b"}},
		route.Rule{Match: "^web", To: []string{"c"}},
	)
	const lines = "web.x 1 1\ndb.x 2 2\n"
	for _, c := range []struct {
		tenant string
		want   [4]string
		lost   int
	}{
		{"acme", [4]string{"web.x 1 1\n", "db.x 2 2\n", "", ""}, 0},
		{"beta", [4]string{"", lines, "", ""}, 0},
		{"gamma", [4]string{"", "", "web.x 1 1\n", ""}, 1},
		{"", [4]string{"", "", "web.x 1 1\n", ""}, 1},
	} {
		for range 2 { // decided, and remembered
			got, dropped := routedTo(table, metric.Batch{Lines: []byte(lines), Points: 2, Tenant: c.tenant})
			if got != c.want || dropped.NoRoute != c.lost {
				t.Errorf("tenant %q: got %q and %d without route, want %q and %d", c.tenant, got, dropped.NoRoute, c.want, c.lost)
			}
		}
	}
}

func TestATenantWhoseNamesMakeNoDifferenceIsNotLookedAt(t *testing.T) {
	table := tenantTable(t,
		route.Rule{Tenants: []string{"acme"}, To: []string{"a"}},
		route.Rule{Match: "^web", To: []string{"b"}},
	)
	if table.For("acme").LooksAtNames() {
		t.Error("the names of acme are looked at, and make no difference")
	}
	if !table.For("beta").LooksAtNames() {
		t.Error("the names of beta are not looked at, and make a difference")
	}
}

func TestQuarantinedBatchesGoToTheQuarantineOnly(t *testing.T) {
	table := tenantTable(t, route.Rule{To: []string{"a"}})
	got, dropped := routedTo(table, metric.Batch{Lines: []byte("x 1 1\n"), Points: 1, Tenant: "acme", Quarantined: true})
	if want := [4]string{"", "", "", "x 1 1\n"}; got != want || dropped != (route.Dropped{}) {
		t.Errorf("got %q and %+v dropped, want %q", got, dropped, want)
	}
}

func TestWithoutAQuarantineWhatShouldGoThereIsDroppedAndCounted(t *testing.T) {
	table, err := route.New(route.Options{Rules: []route.Rule{{To: []string{"a"}}}, Destinations: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	_, dropped := routedTo(table, metric.Batch{Lines: []byte("x 1 1\n"), Points: 1, Quarantined: true})
	if dropped.NoRoute != 1 {
		t.Errorf("got %+v dropped, want 1 without route", dropped)
	}
}

func TestTheQuarantineMustBeADestination(t *testing.T) {
	_, err := route.New(route.Options{Rules: []route.Rule{{To: []string{"a"}}}, Destinations: []string{"a", "jail"}, Quarantine: "jial"})
	if err == nil || !strings.Contains(err.Error(), `did you mean "jail"?`) {
		t.Errorf("got %v, want a hint at jail", err)
	}
}

func TestExplainForATenant(t *testing.T) {
	table := tenantTable(t,
		route.Rule{Tenants: []string{"acme"}, To: []string{"a"}},
		route.Rule{To: []string{"b"}},
	)
	for _, c := range []struct {
		tenant   string
		outcomes []route.Outcome
		to       []string
	}{
		{"acme", []route.Outcome{route.Matched, route.NotReached}, []string{"a"}},
		{"beta", []route.Outcome{route.NotForIt, route.Matched}, []string{"b"}},
	} {
		var outcomes []route.Outcome
		for _, v := range table.For(c.tenant).Explain("x") {
			outcomes = append(outcomes, v.Outcome)
		}
		if !slices.Equal(outcomes, c.outcomes) {
			t.Errorf("tenant %q: got %q, want %q", c.tenant, outcomes, c.outcomes)
		}
		if to := table.For(c.tenant).Destinations("x"); !slices.Equal(to, c.to) {
			t.Errorf("tenant %q: got %q, want %q", c.tenant, to, c.to)
		}
	}
}

func TestARuleForSomeTenantsHidesNoRuleBehindIt(t *testing.T) {
	table := tenantTable(t, route.Rule{Tenants: []string{"acme"}, To: []string{"a"}}, route.Rule{To: []string{"b"}})
	if w := table.Warnings(); len(w) > 0 {
		t.Errorf("got warnings %q, want none", w)
	}
}
