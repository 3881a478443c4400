package render_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/render"
)

// TestHostileTargets asks for what costs too much or cannot be: each is refused,
// soon, and in words.
func TestHostileTargets(t *testing.T) {
	h := at(small(), render.Limits{Points: 1_000_000})
	nested := strings.Repeat("scale(", 2000) + "web.a.hits" + strings.Repeat(",1)", 2000)
	for _, tt := range []struct{ name, target, want string }{
		{"unknown function", "sumSeris(web.*.hits)", "unknown function: sumSeris (did you mean sumSeries?)"},
		{"unknown in a callback", "groupByNode(web.*.hits,1,'x')", "groupByNode: there is no way of aggregating"},
		{"nested", nested, "nested too deep"},
		{"piped", "web.a.hits" + strings.Repeat("|scale(1)", 2000), "nested too deep"},
		{"long", strings.Repeat("a", 70_000), "longer than 65536 bytes"},
		{"braces", "web." + strings.Repeat("{a,b,c,d}", 30) + ".hits", "too many words"},
		{"no parenthesis", "sumSeries(web.a.hits", ", or ) is missing at its end"},
		{"no operator", "sumSeries(web.a.hits))", `| or the end is missing at character 22, before ")"`},
		{"no quote", "alias(web.a.hits,'x)", "without its closing quote"},
		{"no brace", "web.{a,b.hits", "braces with something else"},
		{"a dot at the end", "web.a.", "| or the end is missing"},
		{"nothing in it", "sumSeries(,)", "a name or a function is missing"},
		{"no argument", "scale(web.a.hits)", "scale: the argument factor is missing"},
		{"too many arguments", "scale(web.a.hits,1,2)", "scale: too many arguments"},
		{"given twice", "scale(web.a.hits,1,factor=2)", "given twice"},
		{"not there", "scale(web.a.hits,faktor=2)", "it has no argument called faktor"},
		{"a list for a number", "scale(web.a.hits,web.b.hits)", "factor is a list of series, which is no float"},
		{"a number for a list", "scale(5,5)", "seriesList is 5, which is no seriesList"},
		{"only a number", "alias(scale('x',1),'y')", "which is no seriesList"},
		{"no step", "summarize(web.a.hits,'0s')", "not longer than nothing"},
		{"a step back", "summarize(web.a.hits,'-1h')", "not longer than nothing"},
		{"many buckets", "summarize(summarize(web.a.hits,'100y'),'1s')", "more than 1000000 points"},
		{"a wide window", "movingAverage(web.a.hits,2147483648)", "more than 250 years"},
		{"a time that no calendar has", "timeStack(web.a.hits,'250y',-9,-8)", "more than 250 years"},
		{"a far shift", "timeShift(web.a.hits,'99999999999y')", "timeShift"},
		{"many shifts", "timeStack(web.a.hits,'1s',0,1000000)", "more than 200 shifts"},
		{"a bad expression", "grep(web.*.hits,'(')", "grep: "},
		{"a bad template", `aliasSub(web.a.hits,'a','\9')`, "aliasSub: "},
		{"no base", "log(web.a.hits,1)", "no logarithm"},
		{"all tags", "seriesByTag('host!=x')", "at least one must not hold for an empty value"},
		{"no condition", "seriesByTag('host')", "no condition on a tag"},
		{"growing names", "aliasSub(" + strings.Repeat("aliasSub(", 40) + "web.a.hits" + strings.Repeat(`,'^(.*)$','\1\1\1')`, 41), "a name of more than 1048576 bytes"},
		{"names from nothing", strings.Repeat("aliasSub(", 5) + "web.a.hits" + strings.Repeat(",'.','"+strings.Repeat("x", 1000)+"')", 5), "a name of more than 1048576 bytes"},
		{"a name of repeated matches", "aliasSub(alias(web.a.hits,'" + strings.Repeat("x", 30_000) + "'),'.*','" + strings.Repeat(`\g<0>`, 6000) + "')", "a name of more than 1048576 bytes"},
		{"a name of repeated nodes", "aliasByNode(alias(web.a.hits,'" + strings.Repeat("x", 30_000) + "')" + strings.Repeat(",0", 16_000) + ")", "a name of more than 1048576 bytes"},
		{"twice at each level", strings.Repeat("hitcount(", 60) + "nothing" + strings.Repeat(",'1d',true)", 60), "more than 1000000 points"},
		{"a slow expression", "grep(group(" + strings.Repeat("alias(web.a.hits,'"+strings.Repeat("a", 40)+"!'),", 100) + `web.a.hits),'^(a+)+\1$')`, "takes too long"},
		{"steps without a common one", "sumSeries(summarize(web.a.hits,'86399999s'),summarize(web.a.hits,'86400001s'),summarize(web.a.hits,'99999989s'))", "no common multiple"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			a := ask(h, get("/render", "target", tt.target, "from", "899", "until", "1200"))
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("got an answer after %v, want it soon", took)
			}
			slow := strings.Contains(a.Body, "takes too long") // as all of them may, on a busy machine
			if a.Status != 400 || !strings.Contains(a.Body, tt.want) && !slow {
				t.Errorf("got status %d, %.200s, want 400 and %q in it", a.Status, a.Body, tt.want)
			}
		})
	}
}

// TestSlowConditions has conditions on tags that take for ever with each of a hundred
// values: the first is the last that is tried.
func TestSlowConditions(t *testing.T) {
	m := newMemory()
	for i := range 100 {
		m.put(render.Series{Name: fmt.Sprintf("cpu;host=%s%03d!", strings.Repeat("a", 40), i), From: 900, Step: 60, Values: []float64{1}})
	}
	h := at(m, render.Limits{})
	const slow = `host=~(a+)+\1$`
	for _, q := range []asked{
		get("/render", "target", "seriesByTag('"+slow+"','name=cpu')"), get("/tags/findSeries", "expr", slow, "expr", "name=cpu"),
		get("/tags/autoComplete/values", "tag", "host", "expr", slow, "expr", "name=cpu"), get("/tags/host", "filter", `(a+)+\1$`),
	} {
		start := time.Now()
		a := ask(h, q)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: got an answer after %v, want it soon", q.Path, took)
		}
		if a.Status != 400 || !strings.Contains(a.Body, "takes too long") {
			t.Errorf("%s: got status %d, %.200s, want that it takes too long", q.Path, a.Status, a.Body)
		}
	}
}

func TestLimits(t *testing.T) {
	many := make([]string, 0, 20)
	for range 10 {
		many = append(many, "target", "web.*.hits")
	}
	for _, tt := range []struct {
		name   string
		limits render.Limits
		ask    asked
		status int
		want   string
	}{
		{"targets", render.Limits{Targets: 9}, get("/render", many...), 400, "more than 9"},
		{"series", render.Limits{Series: 29}, get("/render", many...), 400, "more than 29 series"},
		{"series at the limit", render.Limits{Series: 30}, get("/render", many...), 200, "web.a.hits"},
		{"points", render.Limits{Points: 300}, get("/render", many...), 400, "more than 300 points"},
		{"depth", render.Limits{Depth: 2}, get("/render", "target", "scale(scale(web.a.hits,1),1)"), 400, "nested too deep"},
		{"length", render.Limits{Length: 5}, get("/render", "target", "web.a.hits"), 400, "longer than 5 bytes"},
		{"nodes", render.Limits{Nodes: 2}, get("/metrics/find", "query", "web.*"), 400, "too many series"},
		{"nodes of targets", render.Limits{Nodes: 2}, get("/render", "target", "web.*.hits"), 400, "too many series"},
		{"queries", render.Limits{Targets: 1}, get("/metrics/expand", "query", "a", "query", "b"), 400, "more than 1 queries"},
		{"nodes of queries", render.Limits{Nodes: 3}, get("/metrics/expand", "query", "web.*", "query", "web.*.*"), 400, "too many series"},
		{"names", render.Limits{Names: 4}, get("/metrics/index.json"), 400, "too many series"},
		{"tags", render.Limits{Names: 2}, get("/tags"), 400, "too many series"},
		{"tagged", render.Limits{Series: 2}, get("/render", "target", "seriesByTag('name=disk')"), 400, "too many series"},
		{"body", render.Limits{Body: 20}, asked{"POST", "/render", [][2]string{{"target", "web.a.hits.and.more"}}}, 413, "longer than 20 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := ask(at(small(), tt.limits), tt.ask)
			if a.Status != tt.status || !strings.Contains(a.Body, tt.want) {
				t.Errorf("got status %d, %.200s, want %d and %q in it", a.Status, a.Body, tt.status, tt.want)
			}
		})
	}
}

// FuzzTarget looks for targets that are neither answered nor refused.
func FuzzTarget(f *testing.F) {
	for _, target := range []string{
		"web.*.hits", "sumSeries(web.*.hits)", "alias(scale(web.a.hits,-1.5e3),\"x\")", "web.{a,b}.hits|summarize('2min','avg',alignToFrom=true)",
		"movingWindow(web.b.hits,3,'stddev',0.5)", "asPercent(web.*.hits,None,1)", "aliasByNode(groupByTags(seriesByTag('name=~d.*'),'sum','host'),'host')",
		"timeShift(web.a.hits,'1h')", "aliasSub(web.a.hits,'(.)','\\1')", "smartSummarize(web.a.hits,'90s','sum','weeks3')", "hitcount(slow,'7s',true)",
		"percentileOfSeries(web.*.hits,50,true)", "exponentialMovingAverage(slow,9)", "nPercentile(web.a.hits,101)", "substr(web.a.hits,-9,9)", "a\\(b", "f(a=b,c)", "((", "{", "\xff\x00",
	} {
		f.Add(target, "899", "7")
	}
	h := at(small(), render.Limits{Points: 200_000})
	f.Fuzz(func(t *testing.T, target, from, points string) {
		q := get("/render", "target", target, "from", from, "until", "1200", "maxDataPoints", points, "format", "json")
		if a := ask(h, q); a.Status != http.StatusOK && a.Status != http.StatusBadRequest {
			t.Errorf("got status %d: %s", a.Status, a.Body)
		} else if a.Status == http.StatusOK {
			decode(t, a.Body)
		}
	})
}

// FuzzTime looks for times that are neither read nor refused.
func FuzzTime(f *testing.F) {
	for i, text := range moments() {
		f.Add(text, []string{"UTC", "Europe/Berlin", "x/y"}[i%3])
	}
	h := at(newMemory(), render.Limits{})
	f.Fuzz(func(t *testing.T, text, zone string) {
		a := ask(h, get("/render", "target", "constantLine(1)", "from", text, "until", "12:30", "now", text, "tz", zone, "format", "csv"))
		if a.Status != http.StatusOK && a.Status != http.StatusBadRequest {
			t.Errorf("got status %d: %s", a.Status, a.Body)
		}
	})
}

// FuzzSearch looks for patterns and conditions that are neither answered nor refused.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{"web.*", "**", "{a,b", "a..b", "[", "host=a", "host!=~(", "=", "a!~b"} {
		f.Add(s)
	}
	h := at(small(), render.Limits{})
	f.Fuzz(func(t *testing.T, s string) {
		for _, q := range []asked{
			get("/metrics/find", "query", s, "format", "completer", "automatic_variants", "1"), get("/metrics/find", "query", s, "wildcards", s),
			get("/metrics/expand", "query", s, "groupByExpr", "1"), get("/tags/findSeries", "expr", s, "expr", "name=disk"),
			get("/tags/autoComplete/values", "tag", s, "expr", s), get("/tags", "filter", s),
		} {
			if a := ask(h, q); a.Status != http.StatusOK && a.Status != http.StatusBadRequest {
				t.Errorf("%s: got status %d: %s", q.Path, a.Status, a.Body)
			}
		}
	})
}

// TestEveryFunctionTakesTheWorst gives each function a list of every kind, and what
// it does not expect: it must answer or refuse.
func TestEveryFunctionTakesTheWorst(t *testing.T) {
	m := small()
	m.put(render.Series{Name: "none", From: 900, Step: 60})
	h := at(m, render.Limits{Points: 200_000})
	lists := []string{"web.*.hits", "nothing", "none", "slow", "web.c.hits", "group(web.*.*,slow,none)", "constantLine(inf)", "seriesByTag('name=disk')"}
	others := []string{"", ",0", ",-1", ",3", ",1e300", ",inf", ",None", ",'1h'", ",'sum'", ",true", ",web.b.hits", ",'sum',1", ",1,'sum'", ",'1min','max',true", ",'','',''"}
	for _, name := range functionNames(t, h) {
		for _, list := range lists {
			for _, rest := range others {
				target := fmt.Sprintf("%s(%s%s)", name, list, rest)
				a := ask(h, get("/render", "target", target, "from", "899", "until", "1200", "maxDataPoints", "3"))
				if a.Status != 200 && a.Status != 400 {
					t.Errorf("%s: got status %d: %s", target, a.Status, a.Body)
				}
			}
		}
	}
}
