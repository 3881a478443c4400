package route_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
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
		{`(?i)cpu`, false, nil},
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
		{`(a|^)b`, "cb"}, {`.*$^.*`, "x"}, {`\x{fffd}`, "\ufffd"}, {`(?U)a+`, "aa"}, {`[[:alpha:]]z`, "az"},
	}
	for _, s := range seeds {
		f.Add(s.expr, s.name)
	}
	f.Fuzz(func(t *testing.T, expr, name string) {
		re, err := regexp.Compile(expr)
		table, errNew := route.New([]route.Rule{{Match: expr, To: to("a")}}, dests)
		if (err == nil) != (errNew == nil) {
			t.Fatalf("regexp says %v, New says %v", err, errNew)
		}
		if err != nil || !carried(name) {
			return
		}
		if got, want := len(table.Destinations(name)) > 0, re.MatchString(name); got != want {
			t.Errorf("%q in %q: got %v, want %v", expr, name, got, want)
		}
	})
}

// carried reports whether a canonical line can carry name.
func carried(name string) bool {
	bad := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
	return name != "" && utf8.ValidString(name) && !strings.ContainsFunc(name, bad)
}
