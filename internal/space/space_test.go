package space_test

import (
	"slices"
	"testing"
	"unicode"

	"github.com/plumbago/plumbago/internal/space"
)

func TestIs(t *testing.T) {
	var got []rune
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if space.Is(r) {
			got = append(got, r)
		}
	}
	const want = "\t\n\v\f\r\x1c\x1d\x1e\x1f \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004" +
		"\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
	if string(got) != want {
		t.Errorf("got %q, want %q", string(got), want)
	}
}

func TestTrim(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"1", "1"},
		{" \t1 2\n\u00a0", "1 2"},
		{"\x1f\u30001", "1"},
		{"\u200b1", "\u200b1"},
		{" ", ""},
		{"", ""},
	} {
		if got := string(space.Trim([]byte(c.text))); got != c.want {
			t.Errorf("Trim(%q): got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestField(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{" \t\u2028", nil},
		{"a", []string{"a"}},
		{"a b", []string{"a", "b"}},
		{"\x1f日本\u3000 \r\nb\u200b\u0085\xff ", []string{"日本", "b\u200b", "\xff"}},
	} {
		var got []string
		for field, rest := space.Field([]byte(c.text)); len(field) > 0; field, rest = space.Field(rest) {
			got = append(got, string(field))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("fields of %q: got %q, want %q", c.text, got, c.want)
		}
	}
}
