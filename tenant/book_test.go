package tenant_test

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
	"github.com/prometheus/client_golang/prometheus"
)

func TestMistakes(t *testing.T) {
	one := func(edit func(*tenant.Tenant)) tenant.Options {
		x := tenant.Tenant{Name: "acme"}
		edit(&x)
		return tenant.Options{Tenants: []tenant.Tenant{x}}
	}
	two := func(edit func(a, b *tenant.Tenant)) tenant.Options {
		a, b := tenant.Tenant{Name: "acme"}, tenant.Tenant{Name: "globex"}
		edit(&a, &b)
		return tenant.Options{Tenants: []tenant.Tenant{a, b}}
	}
	keys := func(keys ...string) tenant.Options {
		return one(func(t *tenant.Tenant) { t.Keys = keys })
	}
	named := func(name string) tenant.Options { return one(func(t *tenant.Tenant) { t.Name = name }) }
	const letters = "has a dot, a blank, a semicolon, a control character or no UTF-8 in it"
	const form = "want a name of up to 64 lower-case letters, digits, - and _, a letter or digit first"
	for _, c := range []struct {
		name string
		o    tenant.Options
		want string // what the error holds; "": there is none
	}{
		{"nothing", tenant.Options{}, ""},
		{"three", three(), ""},
		{"unknown", tenant.Options{Unknown: "kill"}, `unknown is "kill": want drop, reject or quarantine`},
		{"no name", named(""), "has no name"},
		{"longest name", named(strings.Repeat("a", 64)), ""},
		{"long name", named(strings.Repeat("a", 65)), form},
		{"upper case", named("Acme"), `tenant "Acme": ` + form},
		{"dot", named("a.b"), form},
		{"hyphen first", named("-a"), form},
		{"digit first", named("0_a-b"), ""},
		{"twice", two(func(a, b *tenant.Tenant) { b.Name = a.Name }), `tenant "acme": is there twice`},
		{"as", one(func(t *tenant.Tenant) { t.As = "suffix" }), `as is "suffix": want prefix, tag or none`},

		{"short key", keys("S3cretA"), "key 1 has 7 bytes: want 8 to 255"},
		{"long key", keys(acmeKey, strings.Repeat("S3cret", 50)), "key 2 has 300 bytes: want 8 to 255"},
		{"key with a dot", keys("S3cret.S3cret"), letters},
		{"key with a blank", keys("S3cret S3cret"), letters},
		{"key with a tag", keys("S3cret;S3cret"), letters},
		{"key with a control character", keys("S3cret\x00S3cret"), letters},
		{"key with other white space", keys("S3cret\u2003S3cret"), letters},
		{"key that is not UTF-8", keys("S3cret\xffS3cret"), letters},
		{"short digest", keys("sha256:" + sum("S3cret")[8:]), "key 1 is no digest: want sha256: and 64 hexadecimal digits"},
		{"long digest", keys(sum("S3cret") + "0"), "key 1 is no digest"},
		{"digest with other letters", keys("sha256:" + strings.Repeat("S3", 32)), "key 1 is no digest"},
		{"digest in upper case", keys("sha256:" + strings.ToUpper(sum("S3cret")[7:])), ""},
		{"one key twice", keys(acmeKey, strings.ToUpper(acmeKey), sum(acmeKey)), ""},
		{"two with one key", two(func(a, b *tenant.Tenant) {
			a.Keys, b.Keys = []string{acmeKey}, []string{globexKey, strings.ToUpper(acmeKey)}
		}),
			`tenant "globex": key 2 is tenant "acme"'s too`},
		{"two with one digest", two(func(a, b *tenant.Tenant) { a.Keys, b.Keys = []string{sum(acmeKey)}, []string{sum(acmeKey)} }),
			`tenant "globex": key 1 is tenant "acme"'s too`},
		{"a key and its digest", two(func(a, b *tenant.Tenant) {
			a.Keys, b.Keys = []string{sum(strings.ToUpper(acmeKey))}, []string{acmeKey}
		}),
			`tenant "globex": key 1 is tenant "acme"'s too`},

		{"no prefix", one(func(t *tenant.Tenant) { t.Allow = append(prefixes("10.0.0.0/8"), netip.Prefix{}) }), "an allowed address is not valid"},
		{"one prefix twice", two(func(a, b *tenant.Tenant) { a.Allow, b.Allow = prefixes("10.0.0.0/8"), prefixes("10.1.2.3/8") }),
			`tenant "globex": tenant "acme" allows 10.1.2.3/8 too`},
		{"one prefix in two forms", two(func(a, b *tenant.Tenant) {
			a.Allow, b.Allow = prefixes("10.0.0.0/8"), prefixes("::ffff:10.0.0.0/104")
		}), `tenant "acme" allows`},
		{"prefixes that overlap", two(func(a, b *tenant.Tenant) {
			a.Allow, b.Allow = prefixes("10.0.0.0/8"), prefixes("10.0.0.0/9", "0.0.0.0/0", "::/0")
		}), ""},
		{"one certificate twice", two(func(a, b *tenant.Tenant) { a.Certificates, b.Certificates = []string{"x"}, []string{"x"} }),
			`tenant "globex": tenant "acme" has certificate "x" too`},
		{"certificate without a name", one(func(t *tenant.Tenant) { t.Certificates = []string{""} }), "a certificate's name is empty"},

		{"limits", one(func(t *tenant.Tenant) { t.Limits = tenant.Limits{MaxTags: -1} }), "a limit is less than 0"},
		{"rate", one(func(t *tenant.Tenant) { t.Limits.PointsPerSecond = math.NaN() }), "a limit is less than 0"},
		{"rate of a metric", one(func(t *tenant.Tenant) { t.Limits.PerMetric = math.Inf(1) }), "a rate more than 1e12"},
		{"burst alone", one(func(t *tenant.Tenant) { t.Limits.Burst = 5 }), "a burst of 5 needs points per second"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := tenant.Check(c.o)
			if _, made := tenant.NewBook(c.o, nil); fmt.Sprint(made) != fmt.Sprint(err) {
				t.Errorf("NewBook says %v, and Check %v", made, err)
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Fatalf("got error %v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(strings.ToLower(err.Error()), "s3cret") {
				t.Errorf("a key is in the error %q", err)
			}
		})
	}
}

func TestAllMistakesAreTold(t *testing.T) {
	err := tenant.Check(tenant.Options{Unknown: "x", Tenants: []tenant.Tenant{{Name: "A", Keys: []string{"1", "2"}}, {Name: "b", As: "c"}}})
	if n := strings.Count(fmt.Sprint(err), "\n") + 1; n != 5 {
		t.Errorf("got %d mistakes, want 5: %v", n, err)
	}
}

func TestRewriteAppliesToOpenVisits(t *testing.T) {
	b := newBook(t, three())
	v := b.Visit(tenant.Sender{})
	v.Authenticate([]byte(acmeKey))
	old, next := acmeKey+".a", keyOf(1)+".b"
	steps := []struct {
		keys []string
		want string
	}{
		{[]string{acmeKey}, "acme: acme.a acme." + next + " acme.c"},
		{[]string{acmeKey, keyOf(1)}, "acme: acme.a acme.b acme.c"}, // rotation
		{[]string{sum(keyOf(1))}, "acme: acme.b"},
		{[]string{acmeKey}, "acme: acme.a acme." + next + " acme.c"},
		{nil, ""},
	}
	for i, s := range steps {
		o := three()
		o.Tenants[0].Keys = s.keys
		if err := b.Rewrite(o); err != nil {
			t.Fatal(err)
		}
		if got, _, _ := admit(t, v, old, next, "c"); got.String() != s.want {
			t.Errorf("step %d: got %q, want %q", i, got, s.want)
		}
	}
	if err := b.Rewrite(tenant.Options{}); err != nil || !v.Known() {
		t.Errorf("got error %v, known %v without tenants", err, v.Known())
	}
}

func TestRewriteWithMistakesChangesNothing(t *testing.T) {
	b, v := limited(t, tenant.Limits{PointsPerSecond: 1e-3, Burst: 2}, nil)
	err := b.Rewrite(tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", Limits: tenant.Limits{PointsPerSecond: 1e9}}, {Name: "A"}}})
	if got, _, _ := admit(t, v, acmeKey+".a", "b", "c"); err == nil || got.String() != "acme: acme.a acme.b" {
		t.Errorf("got error %v and %q", err, got)
	}
}

func TestRewriteKeepsWhatIsKnownOfLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		options := func(l tenant.Limits) tenant.Options {
			return tenant.Options{Tenants: []tenant.Tenant{{Name: "globex"}, {Name: "acme", As: tenant.Plain, Limits: l}}}
		}
		b := newBook(t, options(tenant.Limits{LiveMetrics: 2, PointsPerSecond: 1, Burst: 10}))
		v := b.Visit(tenant.Sender{Tenant: "acme"})
		admit(t, v, "a", "b")
		for _, c := range []struct {
			limits tenant.Limits
			want   string
		}{
			{tenant.Limits{LiveMetrics: 3, PointsPerSecond: 1, Burst: 10}, "acme: b c"},                       // 6 tokens are left
			{tenant.Limits{LiveMetrics: 3, PointsPerSecond: 2, Burst: 20}, "acme: b c"},                       // 4
			{tenant.Limits{LiveMetrics: 1, PointsPerSecond: 2, Burst: 20}, "acme: b c"},                       // 2
			{tenant.Limits{LiveMetrics: 5, PointsPerSecond: 2, Burst: 20}, "acme: b c"},                       // none
			{tenant.Limits{LiveMetrics: 5, PointsPerSecond: 2, Burst: 20}, ""},                                // of four that may pass
			{tenant.Limits{LiveMetrics: 1, LiveWindow: time.Minute, PointsPerSecond: 0}, "acme: b"},           // begins anew
			{tenant.Limits{LiveMetrics: 1, LiveWindow: time.Minute, PointsPerSecond: 1, Burst: 9}, "acme: b"}, // full again
		} {
			if err := b.Rewrite(options(c.limits)); err != nil {
				t.Fatal(err)
			}
			if got, _, _ := admit(t, v, "b", "c"); strings.Replace(got.String(), " d", "", 1) != c.want {
				t.Errorf("%+v: got %q, want %q", c.limits, got, c.want)
			}
		}
	})
}

func TestStatusAndMetrics(t *testing.T) {
	r := prometheus.NewRegistry()
	o := three()
	o.Tenants[0].Limits = tenant.Limits{LiveMetrics: 2}
	b := newBookWith(t, o, r)
	for _, p := range []string{"line", "pickle"} {
		v := b.Visit(tenant.Sender{Protocol: p})
		admit(t, v, acmeKey+".a", acmeKey+".b", acmeKey+".c", globexKey+".a", globexKey, "nobodys")
	}
	l := tenant.Limits{LiveWindow: 5 * time.Minute}
	want := []tenant.Status{
		{Name: "acme", Points: map[string]uint64{"line": 2, "pickle": 2}, Dropped: map[metric.Reason]uint64{metric.LiveMetrics: 2}, Live: 2,
			Limits: tenant.Limits{LiveMetrics: 2, LiveWindow: 5 * time.Minute}},
		{Name: "globex", Points: map[string]uint64{"line": 1, "pickle": 1}, Dropped: map[metric.Reason]uint64{metric.Name: 2}, Limits: l},
		{Name: "initech", Points: map[string]uint64{}, Dropped: map[metric.Reason]uint64{}, Limits: l},
		{Points: map[string]uint64{}, Dropped: map[metric.Reason]uint64{metric.UnknownTenant: 2}},
	}
	if diff := cmp.Diff(want, b.Status()); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	const metrics = `dropped_points_total{live_metrics,acme} 2
dropped_points_total{name,globex} 2
dropped_points_total{unknown_tenant,} 2
live_metrics{acme} 2
points_total{line,acme} 2
points_total{line,globex} 1
points_total{pickle,acme} 2
points_total{pickle,globex} 1`
	if got := exposed(t, r, ""); got != metrics {
		t.Errorf("got metrics\n%s\nwant\n%s", got, metrics)
	}

	o.Tenants = o.Tenants[1:]
	if err := b.Rewrite(o); err != nil {
		t.Fatal(err)
	}
	if got := exposed(t, r, ""); strings.Contains(got, "acme") || !strings.Contains(got, "globex") {
		t.Errorf("got metrics\n%s\nwant globex's and not acme's", got)
	}
}

// TestARemovedTenantIsNotShownAgain removes one while points of it are under way.
func TestARemovedTenantIsNotShownAgain(t *testing.T) {
	r := prometheus.NewRegistry()
	b := newBookWith(t, three(), r)
	var room tenant.Room
	_, err := b.Visit(tenant.Sender{Protocol: "line"}).Admit(t.Context(), &room, batchOf(acmeKey+".a", globexKey+".b"),
		func(context.Context, metric.Batch) error {
			return b.Rewrite(tenant.Options{Tenants: three().Tenants[:1]})
		})
	if got, want := exposed(t, r, ""), "points_total{line,acme} 1"; got != want || err != nil {
		t.Errorf("got error %v and metrics\n%s\nwant\n%s", err, got, want)
	}
}

func TestTwoBooksShareMetrics(t *testing.T) {
	r := prometheus.NewRegistry()
	for range 2 {
		_, v := limited(t, tenant.Limits{LiveMetrics: 5}, r)
		admit(t, v, "a", "b")
	}
	if got, want := exposed(t, r, ""), "live_metrics{acme} 2\npoints_total{line,acme} 4"; got != want {
		t.Errorf("got metrics\n%s\nwant\n%s", got, want)
	}
}

func TestRewriteWhileVisitsRun(t *testing.T) {
	r := prometheus.NewRegistry()
	b := newBookWith(t, three(), r)
	const rounds = 200
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			var room tenant.Room
			v := b.Visit(tenant.Sender{Tenant: "globex", Protocol: "line"})
			batch := batchOf(acmeKey+".a", "b", keyOf(7)+".c", keyOf(7)+".d")
			for range rounds {
				out, err := v.Admit(t.Context(), &room, batch, func(context.Context, metric.Batch) error { return nil })
				if out.Passed+out.Dropped+out.Limited != 4 || err != nil {
					t.Errorf("got %+v, %v", out, err)
				}
				v.Wait(3)
				v.Authenticate([]byte(acmeKey))
				b.Mask(nil, batch.Lines)
			}
		})
	}
	wg.Go(func() {
		for i := range rounds {
			o := three()
			o.Tenants[0].Limits = tenant.Limits{LiveMetrics: i%3 + 1, PointsPerSecond: float64(i % 5), PerMetric: float64(i % 7)}
			o.Tenants = o.Tenants[i%4/3:]
			if err := b.Rewrite(o); err != nil {
				t.Error(err)
			}
			b.Status()
			if _, err := r.Gather(); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
}
