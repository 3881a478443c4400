package tidy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/tidy"
)

const now = 1_700_000_000

func policy(tb testing.TB, o tidy.Options) *tidy.Policy {
	tb.Helper()
	p, err := tidy.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestActionIsWrittenAsInConfigurations(t *testing.T) {
	for a, want := range map[tidy.Action]string{tidy.Pass: "pass", tidy.Fix: "fix", tidy.Quarantine: "quarantine", tidy.Drop: "drop"} {
		if got := a.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := tidy.Action(9).String(); got != "action 9" {
		t.Errorf("got %q, want action 9", got)
	}
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name string
		o    tidy.Options
		want string
	}{
		{"a range that ends before it begins", tidy.Options{Allowed: "z-a"}, "z-a"},
		{"a bracket too many", tidy.Options{Allowed: "a]b"}, `put \ before`},
		{"a second class", tidy.Options{Allowed: "a][b"}, `put \ before`},
		{"an alternative", tidy.Options{Allowed: "a]|[b"}, `put \ before`},
		{"a repetition", tidy.Options{Allowed: "a]+[b"}, `put \ before`},
		{"an open end", tidy.Options{Allowed: `a\`}, `put \ before`},
		{"an unknown class, though characters pass", tidy.Options{Allowed: `[:wat:]`}, "wat"},
		{"no underscore to replace by", tidy.Options{Allowed: "a-z", Characters: tidy.Fix}, "add _"},
		{"negative length", tidy.Options{MaxLength: -1}, "negative"},
		{"negative age", tidy.Options{MaxAge: -time.Second}, "negative"},
		{"negative time ahead", tidy.Options{MaxAhead: -1}, "negative"},
		{"no action", tidy.Options{Tags: 4}, "tags"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := tidy.New(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestAllowedCharacters(t *testing.T) {
	for _, c := range []struct{ allowed, yes, no string }{
		{"", `azAZ09:._$%#=-[]{}",;`, "!&'()*+/<>?@\\^`|~é\u00ff日\u200b"},
		{"a", "a", "bA=é"},
		{"aA", "aA", "bB"},
		{"kK\u212a", "kK\u212a", "l\u212bé"},
		{"a-c", "abc", "`dé"},
		{"é-ü", "éêüû", "aèý日"},
		{"a-z日-本", "az日本", "AZ旤é札"},
		{`\p{Han}0-9`, "日本09", "aé"},
		{`\w`, "azAZ09_", ".-é"},
		{"^a", "b日\u00a1", "a"},
		{`\x00-\x{10ffff}`, "aé日\U0010ffff", ""},
		{`^\n`, "aé日", ""},
		{`^\x00-\x{10ffff}`, "", "aé日="},
		{"]", "]", "["},
		{".-", ".-", "a"},
	} {
		p := policy(t, tidy.Options{Allowed: c.allowed, Characters: tidy.Drop})
		for text, want := range map[string]int{c.yes: 0, c.no: 1} {
			for _, r := range text {
				for _, at := range []string{string(r), strings.Repeat(string(r), 20)} {
					if got := p.Check(nil, line(at, "1"), now); len(got) != want {
						t.Errorf("Check(%q) where %q is allowed: got %v, want %d faults", at, c.allowed, got, want)
					}
				}
			}
		}
	}
}
