package name_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/internal/space"
	"github.com/plumbago/plumbago/metric"
)

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name string
		want metric.Reason
	}{
		{"", metric.Name},
		{"a", ""},
		{"servers.host-0042.cpu.core-03.user", ""},
		{`a;b=c{d="e"}~!^#?%*`, ""},
		{";", ""},
		{"日本.東京;k=ü\u200b\ufeff", ""},
		{"a b", metric.Name},
		{"a\nb", metric.Name},
		{"servers.host.\x00", metric.Name},
		{"servers.host.\x7f", metric.Name},
		{"servers.h\u0085.x", metric.Name},
		{"a;servers.h\u0090.x", metric.Name},
		{"servers.h\u2028.x", metric.Name},
		{"servers.h\u3000.x", metric.Name},
		{"servers.h\u00a0.x", metric.Name},
		{"a\xff", metric.UTF8},
		{"a\xff b", metric.UTF8},
		{"\xed\xa0\x80", metric.UTF8},
		{"\xc0\xaf", metric.UTF8},
	} {
		if got := name.Check([]byte(c.name)); got != c.want {
			t.Errorf("Check(%q): got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCheckEveryCharacterAtEveryOffset(t *testing.T) {
	for r := rune(0); r < 0x3100; r++ {
		want := metric.Reason("")
		if space.Is(r) || unicode.IsControl(r) {
			want = metric.Name
		}
		for before := range 9 {
			text := strings.Repeat("x", before) + string(r) + "yyyyyyyyy"
			if got := name.Check([]byte(text)); got != want {
				t.Fatalf("Check(%q): got %q, want %q", text, got, want)
			}
		}
	}
}

func TestSpanEndsAtTheFirstOtherByte(t *testing.T) {
	in := func(c byte) bool { return ' ' < c && c < 0x7f && c != ';' && c != '?' && c != '{' }
	for c := range 256 {
		for before := range 17 {
			for _, after := range []string{"", "\xff ;\x00\x80", "abcdefghijklmnop"} {
				text := strings.Repeat("~", before) + string([]byte{byte(c)}) + after
				want := 0
				for want < len(text) && in(text[want]) {
					want++
				}
				if got := name.Span([]byte(text)); got != want {
					t.Fatalf("Span(%q): got %d, want %d", text, got, want)
				}
			}
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	text := []byte("servers.host-0042.cpu.core-03.user")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		name.Check(text)
	}
}
