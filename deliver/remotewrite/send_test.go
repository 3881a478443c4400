package remotewrite_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/deliver/remotewrite"
	"github.com/plumbago/plumbago/deliver/remotewrite/remotewritetest"
)

// eachVersion runs a test by both versions.
func eachVersion(t *testing.T, test func(t *testing.T, far *remotewritetest.Server, o remotewrite.Options)) {
	for version := 1; version <= 2; version++ {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			far := &remotewritetest.Server{Version: version}
			test(t, far, remotewrite.Options{Version: wireVersion(version)})
			if faults := far.Faults(); len(faults) > 0 {
				t.Errorf("against the specification: %q", faults)
			}
		})
	}
}

func checkSamples(t *testing.T, far *remotewritetest.Server, series string, want ...remotewritetest.Sample) {
	t.Helper()
	if diff := cmp.Diff(want, far.Samples("", series)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", series, diff)
	}
}

func TestSamplesOfARequestAreInOrder(t *testing.T) {
	eachVersion(t, func(t *testing.T, far *remotewritetest.Server, o remotewrite.Options) {
		o.Interval = 50 * time.Millisecond
		r := newRig(t, far, o)
		r.Source.Add("a.b 3 30", "x 1 1", "a_b 1 10", "a.b 2 20.5", "x 2 2", "a.b 4 30", "a.b 5 30")
		r.Finish(0)
		checkSamples(t, far, "a_b", remotewritetest.Sample{Time: 10_000, Value: 1}, remotewritetest.Sample{Time: 20_500, Value: 2}, remotewritetest.Sample{Time: 30_000, Value: 5})
		checkSamples(t, far, "x", remotewritetest.Sample{Time: 1000, Value: 1}, remotewritetest.Sample{Time: 2000, Value: 2})
		r.CheckMetric("plumbago_remotewrite_replaced_points_total", "dest", "far", 2)
	})
}

func TestEachSeriesKeepsItsOrderOverManyShards(t *testing.T) {
	eachVersion(t, func(t *testing.T, far *remotewritetest.Server, o remotewrite.Options) {
		var mu sync.Mutex
		times := map[string][]int64{}
		far.Took = func(_, series string, s remotewritetest.Sample) {
			mu.Lock()
			defer mu.Unlock()
			times[series] = append(times[series], s.Time)
		}
		o.Shards, o.MaxBatch = 4, 4<<10
		r := newRig(t, far, o)
		const series, steps = 100, 40
		for step := range steps {
			lines := make([]string, series)
			for i := range lines {
				lines[i] = fmt.Sprintf("s%c%d 1 %d", "._"[step%2], i, step) // two names mean one series
			}
			r.Source.Add(lines...)
		}
		r.Finish(0)
		if far.Points() != series*steps {
			t.Errorf("got %d points, want %d", far.Points(), series*steps)
		}
		for name, at := range times {
			if len(at) != steps || !slices.IsSorted(at) {
				t.Errorf("%s came at %d, want each of %d steps once and in order", name, at, steps)
			}
		}
	})
}

func TestRequestsKeepTheirSize(t *testing.T) {
	far := &remotewritetest.Server{}
	r := newRig(t, far, remotewrite.Options{MaxBatch: 4 << 10, Shards: 1})
	var lines []string
	for i := range 2000 {
		lines = append(lines, fmt.Sprintf("some.name.%04d 1.5 1700000000", i))
	}
	r.Source.Add(lines...)
	r.Finish(0)
	if far.Points() != 2000 || far.Largest() > 12<<10 || far.Count(http.StatusNoContent) < 10 {
		t.Errorf("got %d points in %d requests of up to %d bytes, want 2000 in many small ones", far.Points(), far.Count(http.StatusNoContent), far.Largest())
	}
}

func TestHelpGoesWithASeries(t *testing.T) {
	far := &remotewritetest.Server{Version: 2}
	r := newRig(t, far, remotewrite.Options{Version: wireVersion(2), Mapping: mappingFile(t, "mappings: [{match: a.*, name: a, labels: {x: $1}, help: Some help., scale: 0.5}]")})
	r.Source.Add("a.b 3 1", "other 3 1")
	r.Finish(0)
	if far.Help(`a{x="b"}`) != "Some help." || far.Help("other") != "" {
		t.Errorf("got help %q and %q, want that of the rule, and none", far.Help(`a{x="b"}`), far.Help("other"))
	}
	checkSamples(t, far, `a{x="b"}`, remotewritetest.Sample{Time: 1000, Value: 1.5})
}

func TestWhatRulesDropIsCounted(t *testing.T) {
	far := &remotewritetest.Server{}
	r := newRig(t, far, remotewrite.Options{Strict: true, Mapping: mappingFile(t, someRules)})
	r.Source.Add("tmp.a 1 1", "tmp.b 1 1", "servers.a.b 1 1", "nothing 1 1", "servers.a.c 1 99999999999999999")
	r.Finish(4)
	r.checkRefused("dropped", 2)
	r.checkRefused("unmatched", 1)
	r.checkRefused("point", 1)
	if kept := r.Kept(); strings.Contains(kept, "tmp.") || strings.Contains(kept, "nothing") || !strings.Contains(kept, "servers.a.c 1 99999999999999999\n") {
		t.Errorf("got %q kept, want the point that no message can hold, and no other", kept)
	}
	if far.Points() != 1 {
		t.Errorf("got %d points at the far end, want 1", far.Points())
	}
}

func TestTenantsAreToldApart(t *testing.T) {
	eachVersion(t, func(t *testing.T, far *remotewritetest.Server, o remotewrite.Options) {
		o.Tenants = true
		r := newRig(t, far, o)
		for at := range 5 {
			r.Source.Add(fmt.Sprint("acme.a.b 1 ", at), fmt.Sprint("evil.a.b 2 ", at), "alone 3 1", fmt.Sprint("acme.c 4 ", at))
		}
		r.Finish(5)
		r.checkRefused("no_tenant", 5)
		for tenant, want := range map[string][]string{"acme": {"a_b", "c"}, "evil": {"a_b"}, "": nil} {
			if got := far.Series(tenant); !slices.Equal(got, want) {
				t.Errorf("%q: got %q, want %q", tenant, got, want)
			}
		}
		for i, s := range far.Samples("evil", "a_b") {
			if s.Value != 2 || s.Time != int64(i)*1000 {
				t.Errorf("evil has %v at %d, want 2 at %d", s.Value, s.Time, i*1000)
			}
		}
	})
}

func TestRequestsShowWhoSends(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    remotewrite.Options
		want map[string]string
	}{
		{"nobody", remotewrite.Options{}, map[string]string{"Authorization": "", "X-Scope-OrgID": "", "User-Agent": "plumbago"}},
		{"a token", remotewrite.Options{Access: remotewrite.Access{Bearer: "t-1"}}, map[string]string{"Authorization": "Bearer t-1"}},
		{"a password", remotewrite.Options{Access: remotewrite.Access{User: "u", Password: "p"}}, map[string]string{"Authorization": "Basic dTpw"}},
		{"headers", remotewrite.Options{Access: remotewrite.Access{Headers: []remotewrite.Header{{Name: "X-A", Value: "1"}, {Name: "Authorization", Value: "Own x"}}}},
			map[string]string{"X-A": "1", "Authorization": "Own x"}},
		{"a tenant", remotewrite.Options{Tenant: "acme"}, map[string]string{"X-Scope-OrgID": "acme"}},
		{"a tenant at Thanos", remotewrite.Options{Tenant: "acme", TenantHeader: "THANOS-TENANT"}, map[string]string{"THANOS-TENANT": "acme", "X-Scope-OrgID": ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			far := &remotewritetest.Server{}
			r := newRig(t, far, tt.o)
			r.Source.Add("a 1 1")
			r.Finish(0)
			for name, want := range tt.want {
				if got := far.Header(name); got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	const url = "http://127.0.0.1:1/write"
	bad := mappingFile(t, "mappings: [{match: a.b*, name: n}]")
	header := func(name, value string) remotewrite.Options {
		return remotewrite.Options{URL: url, Access: remotewrite.Access{Headers: []remotewrite.Header{{Name: name, Value: value}}}}
	}
	for _, tt := range []struct {
		name string
		o    remotewrite.Options
		want string
	}{
		{"no URL", remotewrite.Options{URL: "127.0.0.1"}, "write http://host or https://host"},
		{"version", remotewrite.Options{URL: url, Version: 3}, "version 3"},
		{"shards", remotewrite.Options{URL: url, Shards: 65}, "shards: want 1 to 64"},
		{"negative", remotewrite.Options{URL: url, MaxBatch: -1}, "none can be negative"},
		{"two tenants", remotewrite.Options{URL: url, Tenant: "a", Tenants: true}, "tenant:"},
		{"tenant", remotewrite.Options{URL: url, Tenant: "a\n"}, "tenant: it has a character"},
		{"tenant's header", remotewrite.Options{URL: url, TenantHeader: "User-Agent"}, `tenant_header: "User-Agent"`},
		{"no mapping", remotewrite.Options{URL: url, Mapping: bad + "x"}, "mapping: stat"},
		{"bad mapping", remotewrite.Options{URL: url, Mapping: bad}, `rule 1 (match: "a.b*")`},
		{"two ways", remotewrite.Options{URL: url, Access: remotewrite.Access{Bearer: secret, User: "u"}}, "want one of them"},
		{"a user's colon", remotewrite.Options{URL: url, Access: remotewrite.Access{User: "u:v", Password: secret}}, "a user has no colon"},
		{"a token's line end", remotewrite.Options{URL: url, Access: remotewrite.Access{Bearer: secret + "\n"}}, "bearer: it has a character"},
		{"protocol's header", header("content-type", secret), "content-type belongs to the protocol"},
		{"tenant as header", header("x-scope-orgid", secret), "is for the tenant"},
		{"no header", header("a b", secret), `"a b" can be no header's name`},
		{"header's value", header("a", secret+"\r\n"), "the value of a has a character"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := remotewrite.New(tt.o)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), secret) {
				t.Errorf("got %v, want %q in it and no secret", err, tt.want)
			}
		})
	}
}
