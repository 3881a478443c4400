package slack_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/plumbago/plumbago/bus/slack"
)

func TestUndoesWhatSlackDidToAText(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"entities", "a.&lt;b&gt;&amp;c 1 1700000000", "a.<b>&c 1 1700000000"},
		{"a guessed host", "<http://foo.bar.com|foo.bar.com> 2 1700000000", "foo.bar.com 2 1700000000"},
		{"a guessed telephone", "x 1 <tel:1700000000|1700000000>", "x 1 1700000000"},
		{"a telephone without a label", "x 1 <tel:1700000000>", "x 1 1700000000"},
		{"no double decoding", "&amp;lt; 1 2", "&lt; 1 2"},
		{"a mail address", "<mailto:a@b.c|a@b.c> 1 2", "a@b.c 1 2"},
		{"a mail address without a label", "<mailto:a@b.c> 1 2", "a@b.c 1 2"},
		{"a link", "<https://foo.com/> 1 2", "https://foo.com/ 1 2"},
		{"a label with bars", "<http://x|a|b> 1 2", "a|b 1 2"},
		{"a host inside a name", "stats.<http://web.example.com|web.example.com>.cpu 1 2", "stats.web.example.com.cpu 1 2"},
		{"escaped markup is none", "&lt;http://a|b&gt; 1 2", "<http://a|b> 1 2"},
		{"markup ends with its line", "a< 1 2\nb> 1 2", "a< 1 2\nb> 1 2"},
		{"a mark and odd blanks", "\ufeffa\u00a01\u00a02", "a 1 2"},
		{"nothing", "a_b.c*d~e 1 2", "a_b.c*d~e 1 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := slack.Plain(c.text); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestReadsPointsOutOfTexts(t *testing.T) {
	for _, c := range []struct {
		name, text, lines, id string
		words                 int
	}{
		{"one", "a.b 1 1700000000", "a.b 1 1700000000\n", "", 0},
		{"more, with an id", "# b=abc\na 1 2\r\nb 2 3", "a 1 2\nb 2 3\n", "abc", 0},
		{"a fence", "```a 1 2\nb``` 1 2```", "a 1 2\nb``` 1 2\n", "", 0},
		{"a fence on lines of its own", "```\na 1 2\n```", "a 1 2\n", "", 0},
		{"runs of blanks", "  a   1\t2  ", "a 1 2\n", "", 0},
		{"the time of the message", "a 1 -1", "a 1 1700000000\n", "", 0},
		{"talk", "hello, how are you?", "", "", 1},
		{"three words", "see you tomorrow", "", "", 1},
		{"two numbers are not enough", "a 1", "", "", 1},
		{"numbers in talk", "we have 3 4 weeks", "", "", 1},
		{"a mention is no name", "<@U1> 1 2\n<#C1|x> 1 2\n<!here> 1 2\na<@U1> 1 2", "", "", 4},
		{"not a number", "a nan 2\nb x 2", "", "", 2},
		{"around the points", "look:\na 1 2\nfine?", "a 1 2\n", "", 2},
		{"blank lines", "\n\na 1 2\n\n", "a 1 2\n", "", 0},
		{"an id alone", "# b=abc", "", "abc", 0},
		{"other comments", "# b=ABC\n# hello", "", "", 2},
		{"nothing", "", "", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines, id, words := slack.Content(c.text)
			if lines != c.lines || id != c.id || words != c.words {
				t.Errorf("got %q, id %q and %d words, want %q, %q and %d", lines, id, words, c.lines, c.id, c.words)
			}
		})
	}
}

func TestMessagesAreCutAtLineEnds(t *testing.T) {
	var all strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&all, "a.<%s>&%d %d 1700000000\n", strings.Repeat("é<", i%40), i, i)
	}
	rest := all.String()
	for rest != "" {
		part := slack.FirstMessage(rest)
		if part == "" || !strings.HasSuffix(part, "\n") {
			t.Fatalf("got the message %q, want whole lines", part)
		}
		if n := utf8.RuneCountInString(slack.Compose(part)); n > 3900 {
			t.Errorf("got %d characters, want at most 3,900", n)
		}
		if after := rest[len(part):]; after != "" {
			next, _, _ := strings.Cut(after, "\n")
			if len(slack.Compose(part+next+"\n")) <= 3900 {
				t.Error("got a message that is left before it is full")
			}
		}
		rest = rest[len(part):]
	}
}

func TestOrderOfTimestamps(t *testing.T) {
	ordered := []string{"", "9.9", "999999999.999999", "1700000012.000200", "1700000012.0003", "1700000012.100000", "1700000013.000000", "10000000000.000000"}
	for i, a := range ordered {
		for j, b := range ordered {
			want := min(1, max(-1, i-j))
			if got := slack.Compare(a, b); got != want {
				t.Errorf("%q against %q: got %d, want %d", a, b, got, want)
			}
		}
	}
	if slack.Compare("1700000012.000200", "1700000012.0002") != 0 {
		t.Error("got a difference by zeros at the end")
	}
}

func FuzzContent(f *testing.F) {
	for _, seed := range []string{"a 1 2", "# b=abc\na 1 2", "<http://a|b> 1 2", "&amp;lt; 1 2", "a <@U1> 2", "\x00 1 2", "<<a|b>> 1 2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines, _, _ := slack.Content(text)
		if strings.Contains("\n"+lines, "\n```") {
			return // only a name can begin so that was fenced twice
		}
		again, id, words := slack.Content(slack.Compose(lines))
		if again != lines || id == "" || words > 0 {
			t.Errorf("got %q, id %q and %d words out of %q, want it unchanged", again, id, words, lines)
		}
	})
}
