package glob_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/glob"
)

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		yes, no string // words between blanks
	}{
		{"web1", "web1", "web web12 Web1"},
		{"*", "a web1 .", ""},
		{"web*", "web web1 web.x", "we aweb"},
		{"*web*1", "web1 aweb21 web11", "web1a"},
		{"w?b", "wab wüb", "wb waab"},
		{"w[ab]", "wa wb", "wc w[ab]"},
		{"w[a-c1]", "wa wb wc w1", "wd w-"},
		{"w[c-a]", "", "wa wb wc w-"},
		{"w[!a-c]", "wd w!", "wa w"},
		{"w[]]", "w]", "w["},
		{"w[!]]", "wa", "w]"},
		{"w[a", "w[a", "wa"},
		{"w[-a]", "w- wa", "wb"},
		{"w[a-]", "w- wa", "wb"},
		{"{web,db}1", "web1 db1", "web {web,db}1"},
		{"{web{1,2},db}", "web1 web2 db", "web db1"},
		{"{web,d*}x", "webx dx dbx", "web1x"},
		{"web{,1}", "web web1", "web2"},
		{"web{", "web{", "web"},
		{"a*b*c*d", "abcd axbxcxd abcbcd", "abc acbd"},
		{"ü*", "üb", "ub"},
	} {
		t.Run(tt.pattern, func(t *testing.T) {
			n, err := glob.Parse(tt.pattern)
			if err != nil {
				t.Fatal(err)
			}
			for w := range strings.FieldsSeq(tt.yes) {
				if !n.Match(w) {
					t.Errorf("%q: got no match, want one", w)
				}
			}
			for w := range strings.FieldsSeq(tt.no) {
				if n.Match(w) {
					t.Errorf("%q: got a match, want none", w)
				}
			}
		})
	}
}

func TestPathSplitsAtDots(t *testing.T) {
	nodes, err := glob.Path(`a.{b,c}.d*\.**`)
	if err != nil || len(nodes) != 4 {
		t.Fatalf("got %d nodes, %v, want 4", len(nodes), err)
	}
	if words, ok := nodes[1].Words(); !ok || !slices.Equal(words, []string{"b", "c"}) {
		t.Errorf("got %q, %v, want b and c", words, ok)
	}
	if _, ok := nodes[2].Words(); ok {
		t.Error("d*: got words only, want a wildcard")
	}
	if nodes[2].Deep() || !nodes[3].Deep() {
		t.Errorf("got deep %v and %v, want the last only", nodes[2].Deep(), nodes[3].Deep())
	}
}

func TestBracesAreBounded(t *testing.T) {
	for name, tt := range map[string]struct {
		pattern string
		want    error
	}{
		"many variants":  {"a." + strings.Repeat("{a,b,c,d}", 40), glob.ErrVariants},
		"one long list":  {"a.{" + strings.Repeat(",", glob.MostVariants) + "}", glob.ErrVariants},
		"lots of single": {strings.Repeat("{a,b}", 10) + strings.Repeat("{a}", 500), glob.ErrVariants},
		"much text":      {strings.Repeat("{a,b}", 10) + strings.Repeat("*a", 200), glob.ErrVariants},
		"much together":  {strings.Repeat(strings.Repeat("{a,b}", 9)+"****.", 200) + "a", glob.ErrVariants},
		"many looks":     {strings.Repeat(strings.Repeat("{a}", 1000)+".", 200) + "a", glob.ErrVariants},
		"many nodes":     {strings.Repeat("a.", glob.MostNodes) + "a", glob.ErrDeep},
		"long":           {"a." + strings.Repeat("*", glob.MostBytes+1), glob.ErrLong},
	} {
		if _, err := glob.Path(tt.pattern); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
	if n, err := glob.Parse(strings.Repeat("{a,b}", 10)); err != nil || !n.Match("ababababab") || n.Size() != 10*1024 {
		t.Errorf("1024 variants: got %v and %d bytes, want a match and 10 KiB", err, n.Size())
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"web[1-3]*", "{a,b{c,d}}", "[!]a]", "**", "a[", "}{", "ü?\xff"} {
		f.Add(s, "web1")
	}
	f.Fuzz(func(t *testing.T, pattern, word string) {
		n, err := glob.Parse(pattern)
		if err != nil {
			return
		}
		n.Match(word)
		if words, ok := n.Words(); ok {
			for _, w := range words {
				if !n.Match(w) {
					t.Errorf("%q does not match its own word %q", pattern, w)
				}
			}
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	n, err := glob.Parse("web*-{cpu,mem}?[0-9]")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		n.Match("web-frontend-12-cpu_7")
	}
}
