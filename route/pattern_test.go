package route_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/internal/pyregex"
	"github.com/plumbago/plumbago/route"
)

func TestPatternsAreUnderstood(t *testing.T) {
	tests := []struct {
		expr  string
		exact bool
		needs [][]string
	}{
		{`^collectd\.`, true, [][]string{{"collectd."}}},
		{`\.(errors|dropped)$`, true, [][]string{{".errors", ".dropped"}}},
		{`^servers\.host-01.*cpu`, false, [][]string{{"servers.host-01"}, {"cpu"}}},
		{`^(?:carbon|stats)\.`, true, [][]string{{"carbon.", "stats."}}},
		{`^carbon\.|^stats\.`, true, [][]string{{"carbon.", "stats."}}},
		{`a.*b`, false, [][]string{{"a"}, {"b"}}},
		{`^[^.]+\.x$`, false, [][]string{{".x"}}},
		{`^a[0-3]b$`, true, [][]string{{"a0b", "a1b", "a2b", "a3b"}}},
		{`colou?r`, true, [][]string{{"colour", "color"}}},
		{`(?i)cpu`, true, [][]string{{"cpu"}}},
		{`(?i)^Servers\.(DISK|Cpu)-[0-9]`, false, [][]string{{"servers.disk-", "servers.cpu-"}}},
		{`(?i)d[iI\x{130}\x{131}]s[k]$`, true, [][]string{{"disk"}}},
		{`[Cc]pu`, false, [][]string{{"cpu"}}},
		{`(?i)cpu[A-C]`, true, [][]string{{"cpua", "cpub", "cpuc"}}},
		{`(?i:cpu)[a-c]`, false, [][]string{{"cpua", "cpub", "cpuc"}}},
		{`(?i:cpu)-[0-2]`, true, [][]string{{"cpu-0", "cpu-1", "cpu-2"}}},
		{`(?i)^[0-2]\.`, true, [][]string{{"0.", "1.", "2."}}},
		{`^a.*(?:\n?\z)`, true, [][]string{{"a"}}},
		{`(?i)é`, true, [][]string{{"É"}}},
		{`[0-9]`, true, [][]string{{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}}},
		{`[a-z]`, false, nil},
		{`^$`, true, [][]string{{""}}},
		{`.*\.cpu\..*`, true, [][]string{{".cpu."}}},
		{`^.*cpu$`, true, [][]string{{"cpu"}}},
		{`(ab)+c`, false, [][]string{{"ab"}, {"c"}}},
		{`a|.b`, false, nil},
		{`\bcpu\b`, false, [][]string{{"cpu"}}},
	}
	for _, tt := range tests {
		t.Run(tt.expr, func(t *testing.T) {
			table := mustNew(t, route.Rule{Match: tt.expr, To: to("a")})
			if got := table.Exact(); got != tt.exact {
				t.Errorf("got exact %v, want %v", got, tt.exact)
			}
			if diff := cmp.Diff(tt.needs, table.Needs()); diff != "" {
				t.Errorf("needs (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzPattern holds the shortcuts against the expression itself.
func FuzzPattern(f *testing.F) {
	seeds := []struct{ expr, name string }{
		{`^collectd\.`, "collectd.x"}, {`\.(errors|dropped)$`, "x.errors"}, {`^a.*b$`, "ab"}, {`^$`, "x"},
		{`$^`, "x"}, {`a^b`, "ab"}, {`(?i)k`, "\u212a"}, {`(?m)^a$`, "a"}, {`(|a)+$`, "b"}, {`(^a)+b`, "ab"},
		{`.*^a`, "ba"}, {`(a|)(b|)$`, "c"}, {`x{2,3}y`, "xxy"}, {`[^a]`, "a"}, {`(?s).*a`, "a"}, {`\Aab\z`, "ab"},
		{`(?:a$)*`, "ab"}, {`a$.*`, "ab"}, {`^.*^a`, "ba"}, {`é.*ü`, "éü"}, {`[0-9][0-9]x`, "17x"}, {`^*a`, "ba"},
		{`(a|^)b`, "cb"}, {`.*$^.*`, "x"}, {`\x{fffd}`, "\ufffd"}, {`\x{d800}`, "\ufffd"}, {`[\x{dfff}a]`, "\ufffd"}, {`^\x{d800}`, "\ufffd"},
		{`(?U)a+`, "aa"}, {`[[:alpha:]]z`, "az"},
	}
	for _, s := range seeds {
		f.Add(s.expr, s.name)
	}
	f.Fuzz(func(t *testing.T, expr, name string) {
		re, err := regexp.Compile(expr)
		table, errNew := route.New(route.Options{Rules: []route.Rule{{Match: expr, To: to("a")}}, Destinations: dests})
		if (err == nil) != (errNew == nil) {
			t.Fatalf("regexp says %v, New says %v", err, errNew)
		}
		if err != nil || !carried(name) {
			return
		}
		for _, name := range []string{name, strings.ToUpper(name), strings.Repeat("A", 300) + name} {
			checkMatches(t, table, re, name)
		}
	})
}

func checkMatches(t *testing.T, table *route.Table, re *regexp.Regexp, name string) {
	t.Helper()
	if got, want := len(table.Destinations(name)) > 0, re.MatchString(name); got != want {
		t.Errorf("%q in %q: got %v, want %v", re, name, got, want)
	}
}

// re2 is a pattern of another language that RE2 can say as well.
type re2 string

func (re2) Match([]byte) bool     { panic("not called if there is an RE2 expression") }
func (p re2) RE2() (string, bool) { return string(p), true }

// engine is a pattern that RE2 cannot say.
type engine struct{ *regexp.Regexp }

func (engine) RE2() (string, bool) { return "", false }

func TestPatternOfAnotherLanguage(t *testing.T) {
	table := mustNew(t,
		route.Rule{Match: "as shown", Pattern: engine{regexp.MustCompile("^x")}, To: to("a")},
		route.Rule{Match: "as shown", Pattern: re2("(?i)^Y"), To: to("b")})
	for name, want := range map[string]string{"x1": "a", "1x": "", "y": "b", "as shown": ""} {
		if got := strings.Join(table.Destinations(name), " "); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := table.Explain("x")[0].Match; got != "as shown" {
		t.Errorf("got the expression %q, want the one to be shown", got)
	}
}

// plain is an engine that RE2 can say for ASCII names.
type plain struct{ engine }

func (p plain) Plain() (string, bool) { return p.String(), true }

func TestPatternOfASCIINames(t *testing.T) {
	table := mustNew(t, route.Rule{Pattern: plain{engine{regexp.MustCompile(`\bcpu`)}}, To: to("a")}, route.Rule{Pattern: plain{engine{regexp.MustCompile(".*")}}, To: to("b")})
	if got := table.Needs(); len(got) != 1 || got[0][0] != "cpu" {
		t.Errorf("got the needs %q, want cpu", got)
	}
	if !mustNew(t, route.Rule{Pattern: plain{engine{regexp.MustCompile(".*")}}, To: to("b")}).LooksAtNames() {
		t.Error("what matches every ASCII name is taken to match every name")
	}
	for name, want := range map[string]string{"x.cpu": "a", "xcpu": "b", "é.cpu": "a", "é": "b"} {
		if got := strings.Join(table.Destinations(name), " "); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestPythonPatterns(t *testing.T) {
	exprs := []string{
		`^servers\..*disk$`, `k`, `s[a-k]i`, `\bdisk\b`, `(?!x)d.sk`, `^(mail|disk)\.\w+$`, `\d+$`, `[^k]sk`, `^.*$`, `(?-i:K)`, `(.)\1`, `i$`,
	}
	names := []string{
		"servers.a.disk", "SERVERS.A.DISK", "servers.a.d\u0130sk", "d\u0131s\u212a", "di\u017fk", "mail.x", "Mail.é", "x.disk.y", "xdisk", "a1", "a\u0661",
		"ssi", "kk", "K", "\u212a", "aa", "ab",
	}
	for _, e := range exprs {
		re, err := pyregex.Compile(e, pyregex.Options{IgnoreCase: true})
		if err != nil {
			t.Fatal(err)
		}
		table := mustNew(t, route.Rule{Match: e, Pattern: re, To: to("a")})
		for _, n := range names {
			if got, want := len(table.Destinations(n)) > 0, re.Match([]byte(n)); got != want {
				t.Errorf("%q in %q: got %v, want %v", e, n, got, want)
			}
		}
	}
}

// carried reports whether a canonical line can carry name.
func carried(name string) bool {
	bad := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
	return name != "" && utf8.ValidString(name) && !strings.ContainsFunc(name, bad)
}
