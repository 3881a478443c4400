package render_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
)

func TestGraphiteFindsTheSame(t *testing.T) {
	if testing.Short() {
		t.Log("left out in short mode, as it needs Debian's graphite-web")
		return
	}
	t.Parallel()
	o, h := both(t)
	for _, q := range searches() {
		want, got := o.ask(q), ask(h, q)
		if got.Status != want.Status {
			t.Errorf("%v: got status %d (%.200s), want %d (%.200s)", q, got.Status, got.Body, want.Status, want.Body)
			continue
		}
		if want.Status == 200 && !reflect.DeepEqual(plain(t, got.Body), plain(t, want.Body)) {
			t.Errorf("%v: got %.2000s, want %.2000s", q, got.Body, want.Body)
		}
	}
}

// plain decodes JSON, without what Graphite's database says of itself. Completions
// come in no order there, if their last nodes are the same.
func plain(t *testing.T, body string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v in %.200q", err, body)
	}
	if m, ok := v.(map[string]any); ok {
		if list, ok := m["metrics"].([]any); ok {
			slices.SortStableFunc(list, func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	}
	return without(v, "id", "intervals")
}

func without(v any, keys ...string) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = without(v[i], keys...)
		}
	case map[string]any:
		maps.DeleteFunc(v, func(k string, x any) bool {
			_, number := x.(float64)
			return slices.Contains(keys, k) && (number || k == "intervals")
		})
		for k := range v {
			v[k] = without(v[k], keys...)
		}
	}
	return v
}

// searches are questions for names and tags.
func searches() (list []asked) {
	for _, query := range []string{
		"*", "servers.*", "servers.web[1-3].*", "servers.{web1,db2}.cpu.*", "servers.web?.cpu.{user,idle}", "servers.*.*.user",
		"both", "both.*", "bo*", "nothing.*", "servers", "servers.web1.cpu.user", "servers.web[!1-3]", "*.*", "*.*.*.*",
		"natural.n1*", "odd.*.*", "odd.p*.*", "gaps.{few,half", "servers.we{b1,b2}", "steps.s{6,30}0", "**", "servers.**", "**.user",
		"Servers.*", "servers.[w]eb1", "{servers,counters}.*", "{both,steps.s10}",
	} {
		list = append(list, get("/metrics/find", "query", query), get("/metrics/find/", "query", query, "format", "completer"),
			get("/metrics/expand", "query", query), get("/metrics/find", "query", query, "format", "json"))
	}
	return append(list,
		get("/metrics/find", "query", "servers.*", "wildcards", "1"),
		get("/metrics/find", "query", "servers.*.*", "wildcards", "1", "format", "completer"),
		get("/metrics/find", "query", "servers.*", "leavesOnly", "1"),
		get("/metrics/find", "query", "bot*", "leavesOnly", "1"),
		get("/metrics/find", "query", "servers.*.cpu", "format", "nodelist", "position", "1"),
		get("/metrics/find", "query", "servers.w,d", "format", "completer", "automatic_variants", "1"),
		get("/metrics/find", "query", "servers.*", "from", "-1h", "until", "now"),
		get("/metrics/find", "query", "servers.*", "from", "-1", "until", "-1"),
		get("/metrics/find", "query", "servers.*", "from", "gestern"),
		get("/metrics/find"), get("/metrics/find", "query", ""),
		get("/metrics/find", "query", "servers.*", "format", "tea"),
		get("/metrics/find", "query", "servers.*", "wildcards", "many"),
		asked{"POST", "/metrics/find", [][2]string{{"query", "servers.*.cpu.user"}, {"from", "-1h"}}},
		get("/metrics/expand", "query", "servers.*", "query", "both*", "groupByExpr", "1"),
		get("/metrics/expand", "query", "servers.*", "query", "both*"),
		get("/metrics/expand", "query", "*", "leavesOnly", "1"),
		get("/metrics/expand"),
		get("/tags/findSeries", "expr", "name=disk.used"),
		get("/tags/findSeries", "expr", "name=disk.used", "expr", "server=~web[12]"),
		get("/tags/findSeries", "expr", "server=~.*", "expr", "name=~(disk|mem)"),
		get("/tags/findSeries", "expr", "datacenter!=dc1", "expr", "name!="),
		get("/tags/findSeries", "expr", "datacenter!=~dc[12]", "expr", "name=~.+"),
		get("/tags/findSeries", "expr", "datacenter=", "expr", "name!="),
		get("/tags/findSeries", "expr", "rack!="),
		get("/tags/findSeries", "expr[]", "rack=a1"),
		get("/tags/findSeries", "expr", "rack=~"),
		get("/tags/findSeries", "expr", "rack=none"),
		get("/tags/findSeries", "expr", "rack"),
		get("/tags/findSeries"),
		asked{"POST", "/tags/findSeries", [][2]string{{"expr", "rack=a1"}}},
		get("/tags/autoComplete/tags"), get("/tags/autoComplete/tags", "tagPrefix", "d"),
		get("/tags/autoComplete/tags", "limit", "2"),
		get("/tags/autoComplete/tags", "expr", "name=disk.used"),
		get("/tags/autoComplete/tags", "expr", "name=disk.used", "expr", "rack=a1", "tagPrefix", "s"),
		get("/tags/autoComplete/tags", "expr", "name=mem.used", "limit", "1"),
		get("/tags/autoComplete/values", "tag", "server"),
		get("/tags/autoComplete/values", "tag", "name"),
		get("/tags/autoComplete/values", "tag", "server", "valuePrefix", "web"),
		get("/tags/autoComplete/values", "tag", "server", "expr", "name=disk.free"),
		get("/tags/autoComplete/values", "tag", "server", "expr", "datacenter=dc1", "valuePrefix", "web", "limit", "1"),
		get("/tags/autoComplete/values", "tag", "none"),
		get("/tags/autoComplete/values"),
		get("/tags"), get("/tags", "filter", "d|s"), get("/tags", "limit", "2"),
		get("/tags/server"), get("/tags/server", "filter", "web[23]"), get("/tags/server", "limit", "1"),
		get("/metrics/index.json"),
	)
}
