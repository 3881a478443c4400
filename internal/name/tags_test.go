package name_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/name"
)

// golden is what carbon makes of a tagged name.
type golden struct {
	Path, Normalized, Relayed, Err string
	OK                             bool
}

func goldens(tb testing.TB) (all []golden) {
	file, err := os.ReadFile("testdata/tags.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	for line := range bytes.Lines(file) {
		var g golden
		if err := json.Unmarshal(line, &g); err != nil {
			tb.Fatal(err)
		}
		all = append(all, g)
	}
	if len(all) < 100 {
		tb.Fatalf("got %d golden names, want all of them", len(all))
	}
	return all
}

func TestNormalizeIsCarbons(t *testing.T) {
	for _, g := range goldens(t) {
		got, err := name.Normalize([]byte("before "), []byte(g.Path))
		if want := "before " + g.Normalized; string(got) != want || (err == nil) != g.OK {
			t.Errorf("Normalize(%q): got %q, %v, want %q, ok %t", g.Path, got, err, want, g.OK)
		}
	}
}

// notAsCarbonRelays names the cases where a canonical name is not what one
// carbon relay makes of it.
var notAsCarbonRelays = map[string]struct{ want, why string }{
	`foo;x=1{a="b"}`: {`foo;a=b;x=1`, "both notations in one name: normalized until nothing changes, as several relays in a row would"},
}

func TestAppendCanonicalIsWhatACarbonRelaySends(t *testing.T) {
	for _, g := range goldens(t) {
		want := g.Relayed
		if d, ok := notAsCarbonRelays[g.Path]; ok {
			want = d.want
		}
		if got := name.AppendCanonical(nil, []byte(g.Path)); string(got) != want {
			t.Errorf("AppendCanonical(%q): got %q, want %q", g.Path, got, want)
		}
	}
}

func TestAppendCanonical(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"~untagged", "~untagged"},
		{"~~", "~~"},
		{"~tagged;a=1", "tagged;a=1"},
		{"a;name=b", "a"},
		{`a{name="b"}`, "a"},
		{"a;b=1;b=0", "a;b=0"},
		{"a;b=0;c=1;b=2;b=1;c=0", "a;b=1;c=0"},
		{`m;x=y{a="b"};a=c`, `m;a=b;x=y`},
		{`f{a="b"};name=x`, `f;a=b`},
		{`m;b="};a={`, `m;a={;b="}`},
		{`m{a="\\\""}`, `m;a=\"`},
		{`m{a="\n"}`, `m{a="\n"}`},
		{`m{a="1",}`, `m{a="1",}`},
	} {
		if got := name.AppendCanonical([]byte("x"), []byte(c.name)); string(got) != "x"+c.want {
			t.Errorf("AppendCanonical(%q): got %q after x, want %q", c.name, got, c.want)
		}
	}
}

func TestNormalizeManyTagsInReasonableTime(t *testing.T) {
	tags := strings.Repeat(";b=1;a=2", 100_000)
	got, err := name.Normalize(nil, []byte("m"+tags))
	if string(got) != "m;a=2;b=1" || err != nil {
		t.Errorf("got %.40q, %v, want m;a=2;b=1", got, err)
	}
}

func FuzzNormalize(f *testing.F) {
	for _, g := range goldens(f) {
		f.Add([]byte(g.Path))
	}
	f.Fuzz(func(t *testing.T, path []byte) {
		canonical := name.AppendCanonical(nil, path)
		if again := name.AppendCanonical(nil, canonical); !bytes.Equal(again, canonical) {
			t.Errorf("AppendCanonical(%q) = %q, and of that %q", path, canonical, again)
		}
		once, err := name.Normalize(nil, path)
		if err != nil {
			if len(once) > 0 || name.InOrder(path) && bytes.IndexByte(path, ';') > 0 {
				t.Errorf("Normalize(%q) = %q, %v", path, once, err)
			}
			return
		}
		if name.InOrder(path) && !bytes.Equal(once, path) {
			t.Errorf("InOrder(%q), yet Normalize gives %q", path, once)
		}
		if len(once) > len(path) {
			t.Errorf("Normalize(%q) = %q: longer", path, once)
		}
		if name.Check(path) == "" && name.Check(canonical) != "" {
			t.Errorf("AppendCanonical(%q) = %q: no name any more", path, canonical)
		}
	})
}

func BenchmarkAppendCanonical(b *testing.B) {
	for _, c := range []struct{ name, path string }{
		{"untagged", "servers.host-0042.cpu.core-03.user"},
		{"in order", "disk.used;datacenter=dc1;rack=a1;server=web01"},
		{"out of order", "disk.used;server=web01;rack=a1;datacenter=dc1"},
		{"openmetrics", `disk.used{server="web01",rack="a1",datacenter="dc1"}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			var dst []byte
			path := []byte(c.path)
			b.SetBytes(int64(len(path)))
			b.ReportAllocs()
			for b.Loop() {
				dst = name.AppendCanonical(dst[:0], path)
			}
		})
	}
}
