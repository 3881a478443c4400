package tenant_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/tenant"
	"pgregory.net/rapid"
)

func TestMask(t *testing.T) {
	stranger := keyOf(99)
	for _, c := range []struct{ name, raw, want string }{
		{"nothing", "", ""},
		{"a line", stranger + ".my.metric 12.5 1700000000\n", `***.my.metric 12.5 1700000000\n`},
		{"no value", stranger + ".my.metric", "***.my.metric"},
		{"no dot", stranger + " 1 1700000000", "*** 1 1700000000"},
		{"a short name", "a 1", "*** 1"},
		{"blanks before", "\t " + stranger + ".a 1", `\t ***.a 1`},
		{"tabs", stranger + ".a\t1\t2", `***.a\t1\t2`},
		{"another white space", stranger + ".a\u2003" + stranger + " 2", `***.a\u2003*** 2`},
		{"no number", stranger + ".a " + stranger + ".b 2", "***.a *** 2"},
		{"short words", "a.b seven77 eight888 -1.5e+300", "***.b seven77 *** -1.5e+300"},
		{"a long number", "a.b 1111111111222222222233333 1", "***.b *** 1"},
		{"a known key behind", "x." + acmeKey + ".y 1", "***.***.y 1"},
		{"last", "x.y." + strings.ToUpper(acmeKey) + " 1", "***.y.*** 1"},
		{"as a value", "x.y;key=" + acmeKey + ";b=c 1", "***.y;***;b=c 1"},
		{"with an equals sign in it", "x.y;key=" + otherKey + " 1", "***.y;*** 1"},
		{"among words", "x.y/" + globexKey + "/z 1", "***.*** 1"},
		{"twice", "x.y.=" + otherKey + otherKey + " 1", "***.y.*** 1"},
		{"many words", "x." + strings.Repeat("a/", 20) + ".y", "***.***.y"},
		{"a long node", "x.a-node-of-31-bytes-can-be-shown." + stranger + " 1", "***.a-node-of-31-bytes-can-be-shown.*** 1"},
		{"several dots", acmeKey + "..." + acmeKey + ". 1", "***...***. 1"},
		{"in place of the value", acmeKey + ".a " + acmeKey + " " + acmeKey + ".b", "***.a *** ***"},
		{"JSON", `{"path":"` + stranger + `.a.b","next":"` + stranger + `.c"}`, `***.a.***.c\"}`},
		{"short JSON", `{"path":"a.b","next":"` + keyOf(98)[:9] + `.c"}`, "***.b***"},
		{"JSON with blanks", `{"path": "` + stranger + `.a.b"}`, "*** ***"},
		{"a pickled item", `("` + stranger + `.a.b", (1700000000, "x"))`, `***.a.b\", *** \"x\"))`},
		{"a frame", "\x00\x00\x00\x2a\x80\x02]q\x00U\x26" + stranger + ".a.b\x94\x86", `\x00\x00\x00***\x80\x02]q\x00***\x94\x86`},
		{"not UTF-8", "\xff\xfe" + stranger + ".a\xff" + stranger, `\xff\xfe***.a\xff***`},
		{"quotes and escapes", `a."b\` + "`", "***.\\\"b\\\\`"},
	} {
		if got := string(newBook(t, three()).Mask([]byte("> "), []byte(c.raw))); got != "> "+c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, "> "+c.want)
		}
	}
}

func TestMaskWithoutTenantsOnlyEscapes(t *testing.T) {
	var none *tenant.Book
	for _, b := range []*tenant.Book{none, newBook(t, tenant.Options{})} {
		if got := string(b.Mask(nil, []byte("a long-node.b \"x\"\n\xff"))); got != `a long-node.b \"x\"\n\xff` {
			t.Errorf("got %q", got)
		}
		if got := b.Mask(nil, bytes.Repeat([]byte{0xff}, 1000)); len(got) != 200 {
			t.Errorf("got %d bytes, want 200", len(got))
		}
	}
}

func TestMaskIsShort(t *testing.T) {
	b := newBook(t, three())
	for _, raw := range []string{
		"a." + strings.Repeat("b.", 10_000), strings.Repeat("a ", 10_000), "a." + strings.Repeat("\x00", 1000),
		strings.Repeat("x", 100_000), "a." + strings.Repeat("日本", 1000),
	} {
		if got := b.Mask(nil, []byte(raw)); len(got) > 200 || len(got) == 0 {
			t.Errorf("%.10q...: got %d bytes, want at most 200", raw, len(got))
		}
	}
	if got := string(b.Mask(nil, []byte("a.b "+strings.Repeat(" ", 4<<10-20)+"c."+acmeKey))); strings.Contains(got, acmeKey[:4]) {
		t.Errorf("got %q, a part of a key", got)
	}
}

// FuzzMask looks for input of which too much can be read.
func FuzzMask(f *testing.F) {
	b := newBook(f, three())
	for _, s := range []string{
		acmeKey + ".a 1 2", "x." + acmeKey + ".y", `[{"path": "` + otherKey + `.a"}]`, "a.b\x00" + keyOf(7) + "\xff", "a,b." + strings.ToUpper(globexKey) + ";c=" + otherKey,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := b.Mask(nil, raw)
		if len(got) > 200 {
			t.Errorf("got %d bytes", len(got))
		}
		if i := slices.IndexFunc(got, func(c byte) bool { return c < ' ' || c > '~' && c < 0x80 }); i >= 0 {
			t.Errorf("got %q with a control character", got)
		}
		// Without dots nothing is behind one.
		for _, word := range shown.Split(string(b.Mask(nil, bytes.ReplaceAll(raw, []byte("."), []byte("-")))), -1) {
			if word = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(word); len(word) >= 8 && strings.Trim(word, "0123456789+-eE") != "" {
				t.Errorf("%q can be read in the sample of %q", word, raw)
			}
		}
	})
}

// shown is what keeps words apart in a sample: stars, blanks and escapes other than
// those of quotes and backslashes.
var shown = regexp.MustCompile(`\*\*\*|\s+|\\(x..|u....|U........|[abfnrtv])`)

func TestMaskNeverShowsAKnownKey(t *testing.T) {
	b := newBook(t, three())
	rapid.Check(t, func(r *rapid.T) {
		pieces := rapid.SliceOf(rapid.SampledFrom([]string{
			acmeKey, strings.ToUpper(acmeKey), globexKey, otherKey, keyOf(7),
			".", ".", ";", " ", "\t", "=", ";k=", ",", `"`, "(", "\x00", "\xff", "a", "b.c", "1", "-", "/", "long-enough", "日",
		})).Draw(r, "pieces")
		raw := strings.Join(pieces, "")
		got := strings.ToLower(string(b.Mask(nil, []byte(raw))))
		// What stands between dots, tags and blanks is a node, and a key is one, or a tag's value.
		for _, node := range strings.FieldsFunc(got, func(c rune) bool { return strings.ContainsRune(".; \t\\", c) }) {
			for _, key := range []string{acmeKey, globexKey, otherKey, keyOf(7)} {
				if node == strings.ToLower(key) || strings.HasSuffix(node, "="+strings.ToLower(key)) {
					r.Fatalf("a key can be read in %q, of %q", got, raw)
				}
			}
		}
	})
}
