package pyregex_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/pyregex"
)

func compile(t testing.TB, pattern string, o pyregex.Options) *pyregex.Regexp {
	t.Helper()
	r, err := pyregex.Compile(pattern, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTranslation(t *testing.T) {
	const mixed, back = pyregex.EngineMixed, pyregex.EngineBacktracking
	tests := []struct {
		pattern    string
		ignoreCase bool
		plain, re2 string // "" is none
		engine     string
	}{
		{`^servers\.`, false, `^servers\.`, `^servers\.`, "re2"},
		{`^servers\.db-\d+$`, true, `^(?i:servers\.db-)[0-9]+$`, `^(?i:servers\.db-)\p{Nd}+(?:\n?\z)`, "re2"},
		{`disk`, true, `(?i:disk)`, "(?i:d)[Ii\\x{130}\\x{131}](?i:sk)", "re2"},
		{`(a|b)c`, false, `(a|b)c`, `(a|b)c`, "re2"},
		{`[^.]+\.x`, false, `[^.]+\.x`, `[^.]+\.x`, "re2"},
		{`.*\w`, false, `.*[0-9A-Z_a-z]`, `.*[\p{L}\p{N}_]`, "re2"},
		{`é`, false, `[^\x00-\x{10ffff}]`, `é`, "re2"},
		{`\bidle\b`, false, `\bidle\b`, "", mixed},
		{`a$\n`, false, `a$[^\x00-\x{10ffff}]`, "", mixed},
		{`a{2000}`, false, "", "", back},
		{`(?!web)a`, false, "", "", back},
		{`(.)\1`, false, "", "", back},
		{`a++`, false, "", "", back},
	}
	for _, tt := range tests {
		r := compile(t, tt.pattern, pyregex.Options{IgnoreCase: tt.ignoreCase})
		plain, _ := r.Plain()
		re2, _ := r.RE2()
		if plain != tt.plain || re2 != tt.re2 || r.Engine() != tt.engine {
			t.Errorf("%q: got %q, %q, %s, want %q, %q, %s", tt.pattern, plain, re2, r.Engine(), tt.plain, tt.re2, tt.engine)
		}
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ pattern, want string }{
		{`*`, `"*": at character 1: there is nothing that this * could repeat; write \* for the character`},
		{`a(b`, `"a(b": at character 2: the group that begins here is never closed; write \( for a parenthesis`},
		{`ab)`, `"ab)": at character 3: there is no group that this ) could end; write \) for a parenthesis`},
		{`é[a`, `"é[a": at character 2: the set that begins here is never closed; write \[ for a bracket`},
		{`a**`, `"a**": at character 3: this * would repeat a repetition; put the first into (?:…)`},
		{`[z-a]`, `"[z-a]": at character 2: z-a is not a range`},
		{`\q`, `"\\q": at character 1: \q is not an escape`},
		{`a\`, `"a\\": at character 2: a backslash at the end escapes nothing; write \\ for a backslash`},
		{`(a)\2`, `"(a)\\2": at character 4: there is no group 2 before this`},
		{`(?<name>a)`, `"(?<name>a)": at character 1: no group begins with (?<n; a name needs a P: (?P<name>…)`},
		{`(?<=a+)b`, `"(?<=a+)b": at character 1: a look behind needs a fixed width, this one has from 1 up`},
		{`a(?i)`, `"a(?i)": at character 2: flags for all of the expression stand at its beginning; for a part write (?i:…)`},
		{strings.Repeat("(", 300), ``},
		{strings.Repeat("a", 70000), ``},
	}
	for _, tt := range tests {
		_, err := pyregex.Compile(tt.pattern, pyregex.Options{})
		if _, ok := errors.AsType[*pyregex.Error](err); !ok || tt.want != "" && err.Error() != tt.want {
			t.Errorf("%.20q: got %v, want %s", tt.pattern, err, tt.want)
		}
	}
}

// TestOverrun gives the engine a match that would outlast the sun.
func TestOverrun(t *testing.T) {
	var mu sync.Mutex
	told := 0
	r := compile(t, `(?=a)(a+)+$`, pyregex.Options{Overrun: func(pattern string, name []byte) {
		mu.Lock()
		defer mu.Unlock()
		told++
	}})
	start := time.Now()
	for range 2 {
		if r.Match([]byte(strings.Repeat("a", 60) + "!")) {
			t.Error("it matches")
		}
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if told != 1 || r.Overruns() != 2 {
		t.Errorf("told %d times of %d overruns, want 1 of 2", told, r.Overruns())
	}
	if !r.Match([]byte("aaa")) {
		t.Error("and now nothing matches")
	}
}

func TestManyAtOnce(t *testing.T) {
	for _, pattern := range []string{`^a(?!b)`, `^a[^b]`} {
		r := compile(t, pattern, pyregex.Options{IgnoreCase: true})
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 200 {
					if !r.Match([]byte("ac")) || r.Match([]byte("ab")) {
						t.Error("wrong")
					}
				}
			})
		}
		all.Wait()
	}
}

func TestTemplateErrors(t *testing.T) {
	r := compile(t, `(a)(?P<x>b)`, pyregex.Options{})
	tests := []struct{ replacement, want string }{
		{`\3`, `"\\3": at character 1: there is no group 3`},
		{`a\g<y>`, `"a\\g<y>": at character 2: no group is named "y"`},
		{`\g`, `"\\g": at character 1: \g wants the name or the number of a group: \g<name>`},
		{`\d`, `"\\d": at character 1: \d is not an escape; write \\ for a backslash`},
	}
	for _, tt := range tests {
		if _, err := r.Template(tt.replacement); err == nil || err.Error() != tt.want {
			t.Errorf("%q: got %v, want %s", tt.replacement, err, tt.want)
		}
	}
}

// FuzzRegexp looks for panics, for matches without an end, and for engines that
// disagree.
func FuzzRegexp(f *testing.F) {
	for _, pattern := range []string{`^a(?!b)|(c+)\1`, `(?i)[^k-s]+$`, `(?P<a>\w)(?(a)\b|x)`, `(?x) a{2,3}+ # b`, `(?<=ab)c`} {
		f.Add(pattern, `\1<\g<0>>`, "ab.c")
	}
	f.Fuzz(func(t *testing.T, pattern, replacement, name string) {
		if len(pattern) > 100 || len(name) > 50 || len(replacement) > 50 {
			return
		}
		r, err := pyregex.Compile(pattern, pyregex.Options{IgnoreCase: len(name)%2 == 0})
		if err != nil {
			return
		}
		found := r.Match([]byte(name))
		if groups := r.Find(nil, []byte(name)); (groups != nil) != found && r.Overruns() == 0 {
			t.Errorf("%q in %q: match says %v, find says %v", pattern, name, found, groups)
		}
		template, err := r.Template(replacement)
		if err != nil {
			return
		}
		if _, n := r.ReplaceAll(nil, []byte(name), template); (n > 0) != found && r.Overruns() == 0 {
			t.Errorf("%q in %q: match says %v, but %d are replaced", pattern, name, found, n)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	name := []byte("servers.host-0017.cpu.core-03.user")
	for _, pattern := range []string{`^servers\.host-00[0-1]\d\.cpu`, `^servers\.(?!web).*\.cpu`, `\bidle\b`} {
		r := compile(b, pattern, pyregex.Options{IgnoreCase: true})
		b.Run(r.Engine()+"/"+pattern, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Match(name)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		compile(b, `^servers\.[^.]+\.(cpu|mem)\.\w+$`, pyregex.Options{IgnoreCase: true})
	}
}
