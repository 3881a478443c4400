package crngconf_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config/crngconf"
	"pgregory.net/rapid"
)

const sample = `instance = "${HOST}"
admin_addr = "0.0.0.0:2004"
spool_dir = "/var/spool/ng"
listen_addr = "0.0.0.0:2003"
pickle_addr = "0.0.0.0:2013"
plain_read_timeout = "1m"
validate_order = true
blacklist = [
  'prefix collectd.localhost',
  'regex ^foo\..*\.cpu+'
]
[amqp]
amqp_enabled = true
[[aggregation]]
function = 'sum'
regex = '^a'
format = 'b'
[[rewriter]]
old = 'x'
new = 'y'
max = -1
[[route]]
key = 'all'
type = 'sendAllMatch'
substr = '='
destinations = [
  '127.0.0.1:2003 spool=true pickle=false',
  'h:2004:i pickle=true prefix=a. notRegex=b'
]
[[route]]
key = 'net'
type = 'grafanaNet'
addr = 'https://example.net/metrics'
apikey = 'secret'
[init]
cmds = [
  'addRoute consistentHashing ring prefix=p sub=s  [::1]:1:x  b:1',
  'addBlack prefix localhost',
  'addRewriter a b -1'
]
[instrumentation]
graphite_addr = "localhost:2003"
`

func TestParse(t *testing.T) {
	got, err := crngconf.Parse("ng.ini", sample)
	if err != nil {
		t.Fatal(err)
	}
	want := &crngconf.Config{
		File: "ng.ini", Listen: crngconf.Setting{Value: "0.0.0.0:2003", Line: 4}, Pickle: crngconf.Setting{Value: "0.0.0.0:2013", Line: 5},
		ReadTimeout: time.Minute, PickleIdle: 2 * time.Minute, SpoolDir: "/var/spool/ng",
		Instrumented: crngconf.Setting{Value: "localhost:2003", Line: 42},
		Blacklist: []crngconf.Black{
			{Setting: crngconf.Setting{Value: "prefix collectd.localhost", Line: 9}, Matcher: crngconf.Matcher{Prefix: "collectd.localhost"}},
			{Setting: crngconf.Setting{Value: `regex ^foo\..*\.cpu+`, Line: 10}, Matcher: crngconf.Matcher{Regex: `^foo\..*\.cpu+`}},
			{Setting: crngconf.Setting{Value: "prefix localhost", Line: 38}, Matcher: crngconf.Matcher{Prefix: "localhost"}},
		},
		Routes: []crngconf.Route{
			{Line: 22, Key: "all", Type: "sendAllMatch", Matcher: crngconf.Matcher{Sub: "="}, Destinations: []crngconf.Destination{
				{Line: 27, Host: "127.0.0.1", Port: 2003},
				{Line: 28, Host: "h", Port: 2004, Instance: "i", Pickle: true, Matcher: crngconf.Matcher{Prefix: "a.", NotRegex: "b"}},
			}},
			{Line: 30, Key: "net", Type: "grafanaNet"},
			{Line: 37, Key: "ring", Type: "consistentHashing", Matcher: crngconf.Matcher{Prefix: "p", Sub: "s"}, Destinations: []crngconf.Destination{
				{Line: 37, Host: "::1", Port: 1, Instance: "x"}, {Line: 37, Host: "b", Port: 1},
			}},
		},
		Others: []crngconf.Other{
			{Line: 14, What: "aggregation sum of ^a"}, {Line: 18, What: "rewriter of x to y"}, {Line: 12, What: "input by AMQP"},
			{Line: 7, What: "validate_order: points out of order are taken"}, {Line: 39, What: "the command addRewriter a b -1"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProblems(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"toml", "a = 1\nb == 2", "ng.ini:2: "},
		{"no destinations", "\n[[route]]\nkey='k'\ntype='sendAllMatch'", "ng.ini:2: route k: it has no destinations"},
		{"destination", "[[route]]\nkey='k'\ntype='sendAllMatch'\ndestinations=['h']", `ng.ini:4: destination "h": want host:port or host:port:instance`},
		{"brackets", "[[route]]\nkey='k'\ntype='sendAllMatch'\ndestinations=['[::1']", `ng.ini:4: destination "[::1": want host:port`},
		{"regex", "[[route]]\nkey='k'\ntype='sendAllMatch'\nregex='('\ndestinations=['h:1']", `ng.ini:1: regex "(": `},
		{"blacklist", "blacklist = ['what']", `ng.ini:1: blacklist: "what": want prefix`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := crngconf.Parse("ng.ini", test.text)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestRE2(t *testing.T) {
	type m = crngconf.Matcher
	for _, test := range []struct {
		name string
		all  []m
		want string
	}{
		{"nothing", []m{{}, {}}, ""},
		{"prefix", []m{{Prefix: "a."}}, `^a\.`},
		{"substring", []m{{Sub: "a."}}, `a\.`},
		{"expression", []m{{Regex: "^a|b"}}, "^a|b"},
		{"a longer prefix", []m{{Prefix: "a."}, {Prefix: "a.b"}}, `^a\.b`},
		{"a prefix that spares", []m{{Prefix: "a.", Sub: "cd"}, {Regex: `^a\.b(x|y)abcde`}}, `^a\.b(x|y)abcde`},
		{"overlap", []m{{Prefix: "abab", Sub: "abc"}}, "^abab(?:.*abc|c)"},
		{"not a prefix", []m{{NotPrefix: "ab"}}, "^(?:$|[^a]|a(?:$|[^b]))"},
		{"not another prefix", []m{{Prefix: "ab", NotPrefix: "b"}}, "^ab"},
		{"prefix and expression", []m{{Prefix: "a", Regex: "b"}}, "error"},
		{"two substrings", []m{{Sub: "a"}, {Sub: "b"}}, "error"},
		{"two prefixes", []m{{Prefix: "a"}, {Prefix: "b"}}, "error"},
		{"not an expression", []m{{NotRegex: "a"}}, "error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := crngconf.RE2(test.all...)
			if err != nil {
				got = "error"
			}
			if got != test.want {
				t.Errorf("got %s (%v), want %s", got, err, test.want)
			}
		})
	}
}

// What RE2 can say matches the very same names.
func TestRE2MatchesAlike(t *testing.T) {
	text := func(n int) *rapid.Generator[string] {
		return rapid.StringOfN(rapid.SampledFrom([]rune("ab.^-]")), 0, n, -1)
	}
	rapid.Check(t, func(t *rapid.T) {
		m := crngconf.Matcher{Prefix: text(3).Draw(t, "prefix"), Sub: text(3).Draw(t, "sub")}
		if rapid.Bool().Draw(t, "not") {
			m = crngconf.Matcher{NotPrefix: text(3).Draw(t, "notPrefix"), Prefix: text(1).Draw(t, "prefix")}
		}
		if rapid.Bool().Draw(t, "with regex") {
			m.Regex = rapid.SampledFrom([]string{"^ab", `^a\.b.*a`, "b+", "(?i)^a", "ab|b"}).Draw(t, "regex")
		}
		re, err := crngconf.RE2(m)
		if err != nil {
			t.Skip()
		}
		match := m.Compile()
		for range 20 {
			name := text(8).Draw(t, "name")
			if got, want := regexp.MustCompile(re).MatchString(name), match([]byte(name)); got != want {
				t.Errorf("%+v by %s on %q: got %v, want %v", m, re, name, got, want)
			}
		}
	})
}
