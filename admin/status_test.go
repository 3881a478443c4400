package admin_test

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
	"github.com/plumbago/plumbago/tenant"
)

// full is a state with something in every part.
func full() relay.Status {
	at := func(s int64) time.Time { return time.Unix(s, 500_000_000) }
	return relay.Status{
		Accepting: true, Opened: at(10), Received: 7, Dropped: map[metric.Reason]uint64{metric.NoRoute: 2},
		Listeners: []relay.ListenerStatus{{Name: "line+tcp://a:1", Address: "a:1", Source: true, Status: receive.Status{
			Connections: 1, Accepted: 2, Points: 3, Bytes: 4, Refused: 5, Rejected: map[metric.Reason]uint64{metric.Fields: 6},
			Samples: []receive.Sample{{Reason: metric.Fields, At: at(11), Peer: "p:2", Text: "<bad>"}},
		}}},
		Rules: []relay.RuleStatus{{Label: "l", Match: "^a", Tenants: []string{"acme"}, To: []string{"far"}, By: "jump", Continue: true}},
		Pools: []route.Pool{{Name: "pool", Members: []string{"far"}}},
		Destinations: []relay.DestinationStatus{{
			Name: "far", Address: "tcp://b:3", Kind: "carbon by line", Removed: true, MaxBytes: 20,
			Queue: queue.Stats{
				Recovered: 1, Appended: 2, Delivered: 3, Waiting: 4, Confirming: 5, Backlog: 6, Bytes: 7, Oldest: at(12),
				Dropped: map[metric.Reason]uint64{metric.QueueFull: 8, metric.TooOld: 0}, Failing: errors.New("no space"),
			},
			Worker: deliver.State{Connected: true, Since: at(13), LastError: "refused", FailedAt: at(14), RetryAt: at(15), Failures: 9},
		}},
		Tenants: []tenant.Status{{
			Name: "acme", Points: map[string]uint64{"line": 1}, Dropped: map[metric.Reason]uint64{metric.TenantRate: 2}, Live: 3,
			Limits: tenant.Limits{PointsPerSecond: 4, LiveMetrics: 5, DryRun: true},
		}},
	}
}

func statusOf(t *testing.T, s relay.Status) map[string]any {
	t.Helper()
	_, body := get(t, serve(t, &gateway{s})+"/status")
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if at, ok := got["time"].(float64); !ok || time.Since(time.Unix(int64(at), 0)) > time.Minute {
		t.Errorf("got the time %v, want it now", got["time"])
	}
	delete(got, "time")
	return got
}

// TestStatusNames holds the names that programs rely on.
func TestStatusNames(t *testing.T) {
	const want = `{
		"started": 10.5, "accepting": true, "received": 7, "dropped": {"no_route": 2},
		"receivers": [{"name": "line+tcp://a:1", "address": "a:1", "source": true, "connections": 1, "accepted": 2,
			"points": 3, "bytes": 4, "refused": 5, "rejected": {"fields": 6},
			"samples": [{"reason": "fields", "time": 11.5, "peer": "p:2", "text": "<bad>"}]}],
		"rules": [{"rule": 1, "label": "l", "match": "^a", "tenants": ["acme"], "to": ["far"], "by": "jump", "continue": true}],
		"pools": [{"name": "pool", "members": ["far"]}],
		"destinations": [{"name": "far", "address": "tcp://b:3", "kind": "carbon by line", "removed": true,
			"connected": true, "since": 13.5, "last_error": "refused", "failed_at": 14.5, "retry_at": 15.5, "failures": 9,
			"recovered": 1, "appended": 2, "delivered": 3, "waiting": 4, "confirming": 5, "backlog": 6,
			"dropped": {"queue_full": 8}, "bytes": 7, "max_bytes": 20, "oldest": 12.5, "disk_error": "no space"}],
		"tenants": [{"name": "acme", "points": {"line": 1}, "dropped": {"tenant_rate": 2}, "live_metrics": 3,
			"limits": {"points_per_second": 4, "live_metrics": 5, "dry_run": true}}]
	}`
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, statusOf(t, full())); diff != "" {
		t.Errorf("the status (-want +got):\n%s", diff)
	}
}

// TestStatusOfNothing: lists and counts are there even if nothing is in them, and times
// that are not are left out.
func TestStatusOfNothing(t *testing.T) {
	got := statusOf(t, relay.Status{Rules: []relay.RuleStatus{{}}, Destinations: []relay.DestinationStatus{{}}})
	none := []any{}
	want := map[string]any{
		"accepting": false, "received": 0.0, "dropped": map[string]any{}, "receivers": none, "pools": none, "tenants": none,
		"rules": []any{map[string]any{"rule": 1.0, "label": "", "match": "", "tenants": none, "to": none, "by": "", "continue": false}},
		"destinations": []any{map[string]any{
			"name": "", "address": "", "kind": "", "removed": false, "connected": false, "last_error": "", "failures": 0.0,
			"recovered": 0.0, "appended": 0.0, "delivered": 0.0, "waiting": 0.0, "confirming": 0.0, "backlog": 0.0,
			"dropped": map[string]any{}, "bytes": 0.0, "disk_error": "",
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the status (-want +got):\n%s", diff)
	}
}

// TestStatusIsDescribed holds docs/status.md against the names there are.
func TestStatusIsDescribed(t *testing.T) {
	page, err := os.ReadFile("../docs/status.md")
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(string(page), -1) {
		described[m[1]] = true
	}
	for _, name := range names(statusOf(t, full())) {
		if !described[name] {
			t.Errorf("docs/status.md says nothing of %q", name)
		}
	}
}

// names are those of all fields, but not the reasons and protocols that are counted by.
func names(v any) (list []string) {
	switch v := v.(type) {
	case map[string]any:
		for name, inside := range v {
			list = append(list, name)
			if !slices.Contains([]string{"dropped", "rejected", "points"}, name) {
				list = append(list, names(inside)...)
			}
		}
	case []any:
		for _, inside := range v {
			list = append(list, names(inside)...)
		}
	}
	return list
}

// TestPageReadsWhatThereIs: what the page's modules take from an answer is in it.
func TestPageReadsWhatThereIs(t *testing.T) {
	known := names(statusOf(t, full()))
	for _, name := range []string{"destinations", "receivers", "routes", "summary", "tenants", "health", "flowing", "flow", "plan"} {
		text := read(t, "page/"+name+".js")
		for _, m := range regexp.MustCompile(`\b[drts]\.([a-z]+_[a-z_]+|[a-z]+)\b`).FindAllStringSubmatch(text, -1) {
			own := []string{"time", "at", "down", "members", "map", "filter", "join", "length", "name", "inward", "outward", "late", "speed", "size", "best"}
			if !slices.Contains(known, m[1]) && !slices.Contains(own, m[1]) {
				t.Errorf("%s.js reads %s, which no answer has", name, strings.TrimSpace(m[0]))
			}
		}
	}
}
