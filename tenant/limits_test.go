package tenant_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/internal/tidy"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
	"github.com/prometheus/client_golang/prometheus"
)

// limited makes a book of acme alone, and a visit of its.
func limited(t testing.TB, l tenant.Limits, r prometheus.Registerer) (*tenant.Book, *tenant.Visit) {
	t.Helper()
	b := newBookWith(t, tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", Keys: []string{acmeKey}, Limits: l}}}, r)
	return b, b.Visit(tenant.Sender{Tenant: "acme", Protocol: "line"})
}

// names makes n names that begin with front.
func names(front string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%s%d", front, i))
	}
	return all
}

func TestRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := prometheus.NewRegistry()
		_, v := limited(t, tenant.Limits{PointsPerSecond: 10, Burst: 25}, r)
		for _, c := range []struct {
			after      time.Duration
			send, pass int
		}{
			{0, 20, 20}, {0, 20, 5}, {0, 1, 0}, {time.Second, 30, 10}, {500 * time.Millisecond, 3, 3}, {0, 5, 2}, {time.Hour, 100, 25},
		} {
			time.Sleep(c.after)
			got, out, _ := admit(t, v, names("m", c.send)...)
			want := ""
			if c.pass > 0 {
				want = "acme: " + strings.Join(names("acme.m", c.pass), " ")
			}
			if got.String() != want || out.Limited != c.send-c.pass {
				t.Errorf("%+v: got %q, %+v", c, got, out)
			}
		}
		const want = "dropped_points_total{tenant_rate,acme} 114\npoints_total{line,acme} 65"
		if got := exposed(t, r, ""); got != want {
			t.Errorf("got metrics\n%s\nwant\n%s", got, want)
		}
	})
}

func TestBurstIsTwoSecondsWorth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, v := limited(t, tenant.Limits{PointsPerSecond: 10.2}, nil)
		if _, out, _ := admit(t, v, names("m", 50)...); out.Passed != 21 {
			t.Errorf("got %d points passed, want 21", out.Passed)
		}
		if l := b.Status()[0].Limits; l.Burst != 21 || l.LiveWindow != 5*time.Minute {
			t.Errorf("got limits %+v, want those in force", l)
		}
	})
}

func TestRateLimitCutsRunsToo(t *testing.T) {
	o := tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", As: tenant.Plain, Limits: tenant.Limits{PointsPerSecond: 1e-3, Burst: 2}}}}
	v := newBook(t, o).Visit(tenant.Sender{Tenant: "acme"})
	if got, _, _ := admit(t, v, "a", "b", "c"); got.String() != "acme: a b" {
		t.Errorf("got %q, want a and b", got)
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, v := limited(t, tenant.Limits{PointsPerSecond: 10, Burst: 20}, nil)
		if d := v.Wait(20); d != 0 {
			t.Fatalf("got a wait of %v for a burst, want none", d)
		}
		admit(t, b.Visit(tenant.Sender{Tenant: "acme"}), names("m", 20)...) // somebody else is faster
		if _, out, _ := admit(t, v, names("m", 20)...); out.Passed != 20 {
			t.Errorf("got %+v, want all points passed that Wait let pass", out)
		}
		if _, out, _ := admit(t, v, "m"); out.Passed != 0 {
			t.Error("a point passed in debt that Wait did not let pass")
		}
		for _, c := range []struct {
			points int
			want   time.Duration
		}{{1, 2100 * time.Millisecond}, {5, 2500 * time.Millisecond}, {20, 4 * time.Second}, {1000, 4 * time.Second}} {
			if got := v.Wait(c.points); got.Round(time.Microsecond) != c.want {
				t.Errorf("Wait(%d): got %v, want %v", c.points, got, c.want)
			}
		}
		time.Sleep(v.Wait(1000))
		if d := v.Wait(1000); d != 0 {
			t.Errorf("got a wait of %v after waiting, want none", d)
		}
		if _, out, _ := admit(t, v, names("m", 1000)...); out.Passed != 1000 {
			t.Errorf("got %+v, want all points of a request larger than the burst passed", out)
		}
		if got := v.Wait(1); got.Round(time.Microsecond) != 98100*time.Millisecond {
			t.Errorf("got a wait of %v after that, want the debt's 98.1s", got)
		}
		time.Sleep(time.Hour)
		if _, out, _ := admit(t, v, names("m", 1000)...); out.Passed != 20 {
			t.Errorf("got %+v long after, want a burst passed", out)
		}
		time.Sleep(time.Hour)
		v.Wait(1000)
		if err := b.Rewrite(tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", Limits: tenant.Limits{PointsPerSecond: 10, Burst: 20}}}}); err != nil {
			t.Fatal(err)
		}
		if _, out, _ := admit(t, v, names("m", 1000)...); out.Passed != 20 {
			t.Errorf("got %+v after a rewrite, want a burst passed", out)
		}
	})
}

func TestNobodyWaits(t *testing.T) {
	_, v := limited(t, tenant.Limits{PointsPerSecond: 1, DryRun: true}, nil)
	if d := v.Wait(1000); d != 0 {
		t.Errorf("got a wait of %v in a dry run, want none", d)
	}
	if d := newBook(t, three()).Visit(tenant.Sender{}).Wait(1000); d != 0 {
		t.Errorf("got a wait of %v for nobody, want none", d)
	}
}

func TestLineLimits(t *testing.T) {
	long := "a." + strings.Repeat("x", 100)
	for _, c := range []struct {
		name   string
		limits tenant.Limits
		send   []string
		want   string
		reason metric.Reason
	}{
		{"length", tenant.Limits{MaxLine: 16}, []string{"aaa 1 1700000000", "aaaa 1 1700000000", acmeKey + ".bbb 1 1700000000", "c"}, "acme.aaa acme.bbb acme.c", metric.LineLength},
		{"tags", tenant.Limits{MaxTags: 1}, []string{"a", "b;c=d", "b;c=d;e=f", "d"}, "acme.a acme.b;c=d acme.d", metric.TagCount},
		{"live", tenant.Limits{LiveMetrics: 2}, []string{"a", "b", "c", "b", acmeKey + ".a"}, "acme.a acme.b acme.b acme.a", metric.LiveMetrics},
		{"one metric", tenant.Limits{PerMetric: 1}, []string{"a", "a", "b"}, "acme.a acme.b", metric.MetricRate},
		{"length before all", tenant.Limits{MaxLine: 50, LiveMetrics: 1, PointsPerSecond: 0.001, Burst: 1}, []string{long, "b"}, "acme.b", metric.LineLength},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testLineLimit(t, c.limits, c.send, c.want, c.reason) })
		})
	}
}

func testLineLimit(t *testing.T, l tenant.Limits, send []string, want string, reason metric.Reason) {
	r := prometheus.NewRegistry()
	_, v := limited(t, l, r)
	got, out, _ := admit(t, v, send...)
	if got.String() != "acme: "+want || out.Limited != 1 || out.Reason != reason {
		t.Errorf("got %q, %+v, want %q and %q", got, out, want, reason)
	}
	if m := fmt.Sprintf("dropped_points_total{%s,acme} 1", reason); !strings.Contains(exposed(t, r, ""), m) {
		t.Errorf("got metrics\n%s\nwant\n%s", exposed(t, r, ""), m)
	}

	l.DryRun = true
	r = prometheus.NewRegistry()
	_, v = limited(t, l, r)
	if got, out, _ := admit(t, v, send...); out.Passed != len(send) || len(strings.Fields(got.String())) != 1+len(send) {
		t.Errorf("got %q, %+v in a dry run, want everything passed", got, out)
	}
	metrics := exposed(t, r, "")
	if m := fmt.Sprintf("limited_points_total{%s,acme} 1", reason); !strings.Contains(metrics, m) || strings.Contains(metrics, "dropped") {
		t.Errorf("got metrics in a dry run\n%s\nwant\n%s", metrics, m)
	}
}

func TestDryRunOfTheRate(t *testing.T) {
	r := prometheus.NewRegistry()
	_, v := limited(t, tenant.Limits{PointsPerSecond: 0.001, Burst: 5, LiveMetrics: 4, DryRun: true}, r)
	for range 2 {
		if _, out, _ := admit(t, v, names("m", 10)...); out.Passed != 10 || out.Limited != 0 {
			t.Errorf("got %+v, want everything passed", out)
		}
	}
	const want = "limited_points_total{live_metrics,acme} 12\nlimited_points_total{tenant_rate,acme} 3"
	if got := exposed(t, r, "limited"); got != want {
		t.Errorf("got metrics\n%s\nwant\n%s", got, want)
	}
}

func TestPolicies(t *testing.T) {
	policy := func(a tidy.Action) *tidy.Policy {
		p, err := tidy.New(tidy.Options{Dots: a, Characters: a})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	lines := []string{acmeKey + ".a..b", "ok", "c!d..e", ".", globexKey + ".x..y"}
	for _, c := range []struct {
		name             string
		tenant, listener *tidy.Policy
		want, metrics    string
	}{
		{"none", nil, nil, "acme: acme.a..b acme.ok acme.c!d..e acme..; globex: globex.x..y", ""},
		{"pass", policy(tidy.Pass), policy(tidy.Drop), "acme: acme.a..b acme.ok acme.c!d..e acme..", "dropped_points_total{dots,globex} 1"},
		{"fix", policy(tidy.Fix), nil, "acme: acme.a.b acme.ok acme.c_d.e; globex: globex.x..y",
			"dropped_points_total{name,acme} 1\nfixed_points_total{characters,acme} 1\nfixed_points_total{dots,acme} 2"},
		{"drop", policy(tidy.Drop), nil, "acme: acme.ok; globex: globex.x..y",
			"dropped_points_total{characters,acme} 1\ndropped_points_total{dots,acme} 2"},
		{"quarantine", policy(tidy.Quarantine), nil, "acme? acme.a..b acme.c!d..e acme..; acme: acme.ok; globex: globex.x..y",
			"quarantined_points_total{characters,acme} 1\nquarantined_points_total{dots,acme} 2"},
		{"of the listener", nil, policy(tidy.Fix), "acme: acme.a.b acme.ok acme.c_d.e; globex: globex.x.y",
			"dropped_points_total{name,acme} 1\nfixed_points_total{characters,acme} 1\nfixed_points_total{dots,acme} 2\nfixed_points_total{dots,globex} 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, r := three(), prometheus.NewRegistry()
			o.Tenants[0].Names = c.tenant
			v := newBookWith(t, o, r).Visit(tenant.Sender{Tenant: "acme", Names: c.listener, Protocol: "line"})
			got, _, _ := admit(t, v, lines...)
			if got.String() != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
			if m := exposed(t, r, "d_points"); m != c.metrics {
				t.Errorf("got metrics\n%s\nwant\n%s", m, c.metrics)
			}
		})
	}
}

func TestWhoIsLateEarnsNothingForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const burst = 30_000
		b, late := limited(t, tenant.Limits{PointsPerSecond: 100, Burst: burst}, nil)
		other := b.Visit(tenant.Sender{Tenant: "acme"})
		passed := 0
		send := func(points int) {
			_, out, _ := admit(t, other, names("m", points)...)
			passed += out.Passed
		}
		parts := 0
		hand := func(_ context.Context, b metric.Batch) error {
			if parts++; parts == 1 {
				time.Sleep(time.Hour) // by then there is a full burst again
				send(burst / 2)
				return nil
			}
			passed += b.Points
			return nil
		}
		var room tenant.Room
		if _, err := late.Admit(t.Context(), &room, batchOf(names(strings.Repeat("m", 60), 10_000)...), hand); err != nil {
			t.Fatal(err)
		}
		if send(burst); parts != 2 || passed != burst {
			t.Errorf("got %d points passed at one time, the last of a batch of %d parts among them, want a burst of %d", passed, parts, burst)
		}
	})
}
