package render_test

import (
	"strings"
	"testing"

	"github.com/plumbago/plumbago/render"
)

func TestSearches(t *testing.T) {
	m := small()
	m.put(render.Series{Name: "web.a", From: 900, Step: 60, Values: []float64{1}})
	h := at(m, render.Limits{})
	for _, tt := range []struct {
		name string
		ask  asked
		want string
	}{
		{"tree", get("/metrics/find", "query", "web.a.*"),
			`[{"text":"count","id":"web.a.count","allowChildren":0,"expandable":0,"leaf":1},{"text":"hits","id":"web.a.hits","allowChildren":0,"expandable":0,"leaf":1}]`},
		{"a series that is a branch too", get("/metrics/find", "query", "web.a"), `[{"text":"a","id":"web.a","allowChildren":1,"expandable":1,"leaf":0}]`},
		{"its leaf", get("/metrics/find", "query", "web.a", "leavesOnly", "1"), `[{"text":"a","id":"web.a","allowChildren":0,"expandable":0,"leaf":1}]`},
		{"wildcard", get("/metrics/find", "query", "web.*.hits", "wildcards", "1"),
			`[{"text":"*","id":"web.*.*","allowChildren":0,"expandable":0,"leaf":1},{"text":"hits","id":"web.*.hits","allowChildren":0,"expandable":0,"leaf":1}]`},
		{"nothing", get("/metrics/find", "query", "none.*"), `[]`},
		{"completion", get("/metrics/find", "query", "we", "format", "completer"), `{"metrics":[{"path":"web.","name":"web","is_leaf":"0"}]}`},
		{"completion in between", get("/metrics/find", "query", "w..a.h", "format", "completer"), `{"metrics":[{"path":"web.a.hits","name":"hits","is_leaf":"1"}]}`},
		{"completion of a choice", get("/metrics/find", "query", "web.a,b.hi", "format", "completer", "automatic_variants", "1", "wildcards", "1"),
			`{"metrics":[{"path":"web.a.hits","name":"hits","is_leaf":"1"},{"path":"web.b.hits","name":"hits","is_leaf":"1"},{"name":"*"}]}`},
		{"nodes", get("/metrics/find", "query", "*.*.hits", "format", "nodelist", "position", "1"), `{"nodes":["a","b","c"]}`},
		{"nodes out of reach", get("/metrics/find", "query", "*.*.hits", "format", "nodelist", "position", "-9"), `{"nodes":[]}`},
		{"plain", get("/metrics/find", "query", "web.a", "format", "json"), `[{"path":"web.a","is_leaf":false},{"path":"web.a","is_leaf":true}]`},
		{"deep", get("/metrics/expand", "query", "web.**", "leavesOnly", "1"), `{"results":["web.a","web.a.count","web.a.hits","web.b.hits","web.c.hits"]}`},
		{"by pattern", get("/metrics/expand", "query", "web.b.*", "query", "x", "groupByExpr", "1"), `{"results":{"web.b.*":["web.b.hits"],"x":[]}}`},
		{"words", get("/metrics/search", "query", "HITS  b.h"), `{"metrics":["web.b.hits"],"more":false}`},
		{"the first that are found", get("/metrics/search", "query", "web", "max_results", "2"), `{"metrics":["web.a","web.a.count"],"more":true}`},
		{"no words", get("/metrics/search", "query", " "), `{"metrics":[],"more":false}`},
		{"index", get("/metrics/index.json"), `["slow","web.a","web.a.count","web.a.hits","web.b.hits","web.c.hits"]`},
		{"series by tags", get("/tags/findSeries", "expr", "host=b", "expr", "mount!=root"), `["disk;host=b;mount=spare"]`},
		{"no series by tags", get("/tags/findSeries", "expr", "host=z"), `[]`},
		{"tags", get("/tags", "filter", "[hm]", "limit", "1"), `[{"tag":"host"}]`},
		{"a tag", get("/tags/host"), `{"tag":"host","values":[{"value":"a","count":1},{"value":"b","count":2}]}`},
		{"a tag's values by a filter", get("/tags/mount", "filter", "sp"), `{"tag":"mount","values":[{"value":"spare","count":1}]}`},
		{"tags to complete", get("/tags/autoComplete/tags", "limit", "2"), `["host","mount"]`},
		{"tags to complete, none left", get("/tags/autoComplete/tags", "expr", "host=a", "expr", "name=disk", "expr", "mount=root"), `[]`},
		{"values to complete", get("/tags/autoComplete/values", "tag", "mount", "valuePrefix", "s"), `["spare"]`},
		{"values to complete, where others fit", get("/tags/autoComplete/values", "tag", "mount", "expr", "host=a"), `["root"]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a := ask(h, tt.ask); a.Status != 200 || strings.TrimSpace(a.Body) != tt.want {
				t.Errorf("got %d %s\nwant %s", a.Status, a.Body, tt.want)
			}
		})
	}
}
