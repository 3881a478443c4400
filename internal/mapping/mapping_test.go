package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/mapping"
)

// show writes an outcome as graphite_exporter's documentation does.
func show(o mapping.Outcome) string {
	switch {
	case !o.Matched:
		return "-"
	case o.Drop:
		return "drop"
	}
	var labels []string
	for _, l := range o.Labels {
		labels = append(labels, fmt.Sprintf("%s=%q", l.Name, l.Value))
	}
	return o.Name + "{" + strings.Join(labels, ",") + "}"
}

// The first is the example of graphite_exporter's documentation, most others are
// those of statsd_exporter's, to which it refers.
var files = []struct {
	name, file string
	want       map[string]string
}{
	{"graphite_exporter's own", `
mappings:
- match: test.dispatcher.*.*.*
  name: dispatcher_events_total
  labels:
    action: $2
    job: test_dispatcher
    outcome: $3
    processor: $1
- match: '*.signup.*.*'
  name: signup_events_total
  labels:
    job: ${1}_server
    outcome: $3
    provider: $2
- match: 'servers\.(.*)\.networking\.subnetworks\.transmissions\.([a-z0-9-]+)\.(.*)'
  match_type: regex
  name: 'servers_networking_transmissions_${3}'
  labels:
    hostname: ${1}
    device: ${2}
`, map[string]string{
		"test.dispatcher.FooProcessor.send.success": `dispatcher_events_total{action="send",job="test_dispatcher",outcome="success",processor="FooProcessor"}`,
		"foo_product.signup.facebook.failure":       `signup_events_total{job="foo_product_server",outcome="failure",provider="facebook"}`,
		"test.web-server.foo.bar":                   "-",
		"servers.rack-003-server-c4de.networking.subnetworks.transmissions.eth0.failure.mean_rate": `servers_networking_transmissions_failure.mean_rate{device="eth0",hostname="rack-003-server-c4de"}`,
		"test.dispatcher.FooProcessor.send":            "-",
		"test.dispatcher.FooProcessor.send.success.no": "-",
	}},
	{"references in the name", `
mappings:
- match: test.*.*.counter
  name: "${2}_total"
  labels: {provider: "$1"}
- match: test\.(\w+)\.(\w+)\.timer
  match_type: regex
  name: "${2}_seconds"
  labels: {provider: "$1"}
`, map[string]string{
		"test.a.b.counter": `b_total{provider="a"}`,
		"test.a.b.timer":   `b_seconds{provider="a"}`,
		"test.a.b.gauge":   "-",
	}},
	{"references that stand for nothing", `
mappings:
- match: a.*
  name: a
  labels: {named: "x$1_y", far: "$7", zero: "$0", twice: "$1-$1", price: "1$"}
- match: r\.(\w+)
  match_type: regex
  name: r
  labels: {named: "x$1_y", far: "$7", whole: "$0", dollar: "$$"}
`, map[string]string{
		"a.b": `a{far="",named="x",price="1$",twice="b-b",zero=""}`,
		"r.b": `r{dollar="$",far="",named="x",whole="r.b"}`,
	}},
	{"many wildcards", `
mappings:
- match: '*.*.*.*.*.*.*.*.*.*.*'
  name: n
  labels: {first: $1, tenth: "$10", last: "${11}"}
`, map[string]string{"a.b.c.d.e.f.g.h.i.j.k": `n{first="a",last="k",tenth="j"}`}},
	{"everything else dropped", `
mappings:
- match: test.timing.*.*.*
  name: my_timer
  labels: {provider: "$2", outcome: "$3", job: "${1}_server"}
- match: .
  match_type: regex
  action: drop
  name: dropped
`, map[string]string{
		"test.timing.a.b.c": `my_timer{job="a_server",outcome="c",provider="b"}`,
		"other":             "drop",
	}},
	{"a drop needs no name", "mappings:\n- {match: 'tmp.*', action: drop}\n", map[string]string{"tmp.a": "drop", "tmp": "-"}},
	{"the first glob counts", `
mappings:
- {match: a.*.c, name: wild}
- {match: a.b.c, name: word}
- {match: a.b.*, name: late}
`, map[string]string{"a.b.c": "wild{}", "a.b.d": "late{}", "a.x.c": "wild{}"}},
	{"words before wildcards without order", `
defaults: {glob_disable_ordering: true}
mappings:
- {match: a.*.c, name: wild}
- {match: a.b.c, name: word}
- {match: backtrack.*.bbb, name: testb}
- {match: backtrack.justatest.aaa, name: testa}
`, map[string]string{
		"a.b.c": "word{}", "a.x.c": "wild{}",
		"backtrack.justatest.bbb": "testb{}", "backtrack.justatest.aaa": "testa{}",
	}},
	{"globs before regular expressions", `
mappings:
- {match: '^a\.', match_type: regex, name: regex}
- {match: a.b, name: glob}
`, map[string]string{"a.b": "glob{}", "a.c": "regex{}"}},
	{"regular expressions by default", `
defaults: {match_type: regex}
mappings:
- {match: 'a\.(.*)', name: "n_$1"}
- {match: b.*, match_type: glob, name: "g_$1"}
`, map[string]string{"a.b.c": "n_b.c{}", "xa.b": "n_b{}", "b.c": "g_c{}"}},
	{"types of metrics", `
mappings:
- {match: a.*, match_metric_type: counter, name: counter}
- {match: a.*, match_metric_type: gauge, name: gauge}
`, map[string]string{"a.b": "gauge{}"}},
	{"numbers as labels", "mappings:\n- {match: a, name: n, labels: {code: 200}}\n", map[string]string{"a": `n{code="200"}`}},
	{"empty nodes", "mappings:\n- {match: a.*.c, name: n, labels: {x: $1}}\n", map[string]string{"a..c": `n{x=""}`}},
	{"no rules", "", map[string]string{"a": "-"}},
}

func TestMap(t *testing.T) {
	for _, f := range files {
		t.Run(f.name, func(t *testing.T) {
			rules, err := mapping.Parse([]byte(f.file))
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range f.want {
				if got := show(rules.Map(name)); got != want {
					t.Errorf("%s: got %s, want %s", name, got, want)
				}
			}
		})
	}
}

func TestNoRulesMatchNothing(t *testing.T) {
	if got := show((*mapping.Rules)(nil).Map("a")); got != "-" {
		t.Errorf("got %s, want no match", got)
	}
}

func TestWhatElseARuleSays(t *testing.T) {
	rules, err := mapping.Parse([]byte(`
strict_match: true
defaults: {honor_labels: true}
mappings:
- {match: a, name: a, scale: 0.001, help: "Some help."}
`))
	if err != nil {
		t.Fatal(err)
	}
	o := rules.Map("a")
	if !rules.StrictMatch || !o.Honor || o.Scale != 0.001 || o.Help != "Some help." {
		t.Errorf("got %+v of %+v, want strict, honoured, scaled and with its help", o, rules)
	}
	plain, err := mapping.Parse([]byte("mappings: [{match: a, name: a}]"))
	if err != nil {
		t.Fatal(err)
	}
	if o := plain.Map("a"); plain.StrictMatch || o.Honor || o.Scale != 1 || o.Help != "" {
		t.Errorf("got %+v of %+v, want none of that", o, plain)
	}
}

func TestNotesTellWhatDoesNothing(t *testing.T) {
	rules, err := mapping.Parse([]byte(`
defaults: {ttl: 5m, timer_type: histogram, buckets: [.005, 1], match_type: glob}
mappings:
- match: test.timing.*.*.*
  observer_type: summary
  name: my_timer
  ttl: 1m20s
  labels: {provider: "$2"}
  summary_options: {quantiles: [{quantile: 0.99, error: 0.001}]}
- {match: a.b, match_metric_type: counter, name: c}
`))
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(rules.Notes, "\n")
	for _, want := range []string{"ttl ", "timer_type ", "buckets ", "observer_type ", "summary_options ", "rule 2 does nothing"} {
		if strings.Count(all, want) != 1 {
			t.Errorf("got notes\n%s\nwant one of %q", all, want)
		}
	}
	if len(rules.Notes) != 6 {
		t.Errorf("got %d notes, want 6:\n%s", len(rules.Notes), all)
	}
}

func TestParseTellsWhatIsWrong(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"no YAML", "mappings: [", "1:11"},
		{"not a list", "mappings: {a: b}", "1:"},
		{"half a node", "mappings: [{match: a.b*, name: n}]", `rule 1 (match: "a.b*"): match: a * stands for a whole node`},
		{"an empty node", "mappings: [{match: a..b, name: n}]", "a node of it is empty"},
		{"no match", "mappings: [{name: n}]", "a node of it is empty"},
		{"a bad expression", "mappings: [{match: 'a(', match_type: regex, name: n}]", "match: error parsing regexp"},
		{"no name", "mappings: [{match: a, name: n}, {match: b}]", "rule 2 (match: \"b\"): name: there is none"},
		{"a bad name", "mappings: [{match: a, name: a.b}]", `name: want letters`},
		{"a bad label", "mappings: [{match: a, name: n, labels: {a-b: c}}]", `labels: want letters, digits and _, and no two _ in front, got "a-b"`},
		{"Prometheus' own label", "mappings: [{match: a, name: n, labels: {__name__: c}}]", `got "__name__"`},
		{"a bad type", "mappings: [{match: a, match_type: re, name: n}]", `match_type: want glob or regex, got "re"`},
		{"a bad action", "mappings: [{match: a, action: keep, name: n}]", `action: want map or drop, got "keep"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := mapping.Parse([]byte(tt.file))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
}

func BenchmarkMap(b *testing.B) {
	var file strings.Builder
	file.WriteString("mappings:\n")
	for i := range 100 {
		fmt.Fprintf(&file, "- {match: apps.app%d.*.*.count, name: app_total, labels: {app: app%d, host: $1, of: $2}}\n", i, i)
	}
	rules, err := mapping.Parse([]byte(file.String()))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		rules.Map("apps.app99.host1.requests.count")
	}
}
