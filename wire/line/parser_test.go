package line_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/line"
)

func parse(text string) (lines string, points int, rejects []string) {
	p := line.Parser{Reject: func(reason metric.Reason, raw []byte) {
		rejects = append(rejects, fmt.Sprintf("%s: %s", reason, raw))
	}}
	b := p.Parse([]byte(text), now)
	return string(b.Lines), b.Points, rejects
}

func TestParseMakesLinesCanonical(t *testing.T) {
	long := strings.Repeat("7", 301)
	for _, c := range []struct{ name, line, want string }{
		{"canonical", "a.b 1 1700000000", "a.b 1 1700000000"},
		{"value kept as spelled", "a 12.30 1", "a 12.30 1"},
		{"value with leading zeros", "a 0012. 1", "a 0012. 1"},
		{"value with a plus", "a +1 1", "a +1 1"},
		{"value with an exponent", "a -1.50E+3 1", "a -1.50E+3 1"},
		{"long value", "a " + long + " 1", "a " + long + " 1"},
		{"value out of range", "a -1e400 1", "a -inf 1"},
		{"long value out of range", "a " + long + "00000000 1", "a inf 1"},
		{"infinite value", "a +Infinity 1", "a inf 1"},
		{"value only Python reads", "a 1_0.0_1 1", "a 10.01 1"},
		{"value of another script", "a १.٥ 1", "a 1.5 1"},
		{"no time", "a 1", "a 1 1234567890"},
		{"no time, CR", "a 1\r", "a 1 1234567890"},
		{"no time, blank", "a 1 ", "a 1 1234567890"},
		{"time -1", "a 1 -1", "a 1 1234567890"},
		{"time -1, CR", "a 1 -1\r", "a 1 1234567890"},
		{"time -1.5", "a 1 -1.5", "a 1 1234567890"},
		{"time -10", "a 1 -10", "a 1 -10"},
		{"time -2", "a 1 -2", "a 1 -2"},
		{"time -3", "a 1 -3", "a 1 -3"},
		{"time of nought", "a 1 0", "a 1 0"},
		{"time with a fraction", "a 1 1700000000.123456789", "a 1 1700000000.123456789"},
		{"time with a fraction of nought", "a 1 1700000000.0", "a 1 1700000000"},
		{"time with a fraction that ends in nought", "a 1 1700000000.50", "a 1 1700000000.5"},
		{"time with a point", "a 1 1700000000.", "a 1 1700000000"},
		{"time finer than a float", "a 1 1700000000.12345678901", "a 1 1700000000.1234567"},
		{"time with an exponent", "a 1 1e9", "a 1 1000000000"},
		{"time with a plus", "a 1 +5", "a 1 5"},
		{"time with leading zeros", "a 1 007", "a 1 7"},
		{"time with underscores", "a 1 1_700_000_000", "a 1 1700000000"},
		{"milliseconds", "a 1 1700000000123", "a 1 1700000000123"},
		{"largest time", "a 1 99999999999999999", "a 1 99999999999999999"},
		{"CR", "a 1 2\r", "a 1 2"},
		{"blanks and tabs", " \ta\t 1  2 \t", "a 1 2"},
		{"no-break blanks", "a\u00a01\u30002", "a 1 2"},
		{"UTF-8", "日本.é 1 2", "日本.é 1 2"},
		{"tags in order", "a;b=1;c=2 1 2", "a;b=1;c=2 1 2"},
		{"tags out of order", "a;c=2;b=1 1 2", "a;b=1;c=2 1 2"},
		{"tag twice", "a;b=1;b=0 1 2", "a;b=0 1 2"},
		{"tag called name", "a;name=b 1 2", "a 1 2"},
		{"tags that are none", "a;b 1 2", "a;b 1 2"},
		{"tilde before tags", "~a;b=1 1 2", "a;b=1 1 2"},
		{"tilde", "~a 1 2", "~a 1 2"},
		{"OpenMetrics", `a{c="2",b="1"} 1 2`, "a;b=1;c=2 1 2"},
		{"braces and question marks", "a{b}?c 1 2", "a{b}?c 1 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, around := range []string{"", "x 1 2\n"} {
				lines, points, rejects := parse(around + c.line + "\n" + around)
				want := around + c.want + "\n" + around
				if lines != want || points != strings.Count(want, "\n") || rejects != nil {
					t.Errorf("got %q, %d points, rejects %q, want %q", lines, points, rejects, want)
				}
			}
		})
	}
}

func TestKeepTagsLeavesNamesAlone(t *testing.T) {
	for _, name := range []string{"a;c=2;b=1", "a;b=1;b=0", "a;name=b", "a;b", "~a;b=1", "a;é=2;b=1", `a{c="2",b="1"}`, "a;b=1;c=2"} {
		p := line.Parser{KeepTags: true}
		chunk := []byte("x 1 2\n" + name + " 1 2\n" + name + "\t1\n")
		want := "x 1 2\n" + name + " 1 2\n" + name + " 1 1234567890\n"
		if b := p.Parse(chunk, now); string(b.Lines) != want || b.Points != 3 {
			t.Errorf("%q: got %q, %d points, want %q", name, b.Lines, b.Points, want)
		}
		if b := p.Parse(chunk[:len(name)+11], now); &b.Lines[0] != &chunk[0] {
			t.Errorf("%q: got a copy: %q", name, b.Lines)
		}
	}
}

func TestPlainLinesAreReadAsOthersAre(t *testing.T) {
	for _, format := range []string{"a %s 1\n", "a 1 %s\n", "a%s 1 1\n", "a;b%s=1;c=2 1 1\n"} {
		for c := range 256 {
			for before := range 10 {
				for _, after := range []string{"", "1", ".5", "12345678"} {
					field := "1234567890"[:before] + string([]byte{byte(c)}) + after
					text := fmt.Sprintf(format, field)
					lines, points, _ := parse(text)
					if slow, n, _ := parse("\t" + text); lines != slow || points != n {
						t.Fatalf("%q: got %q, and with a tab before it %q", text, lines, slow)
					}
				}
			}
		}
	}
}

func TestParseRejects(t *testing.T) {
	for _, c := range []struct {
		line   string
		reason metric.Reason
	}{
		{"a", metric.Fields},
		{"a 1 2 3", metric.Fields},
		{"a 1 2\u00a03 4", metric.Fields},
		{"a b", metric.Value},
		{"GET / HTTP/1.1", metric.Value},
		{"a 1,5 2", metric.Value},
		{"a 0x10 2", metric.Value},
		{"a - 2", metric.Value},
		{"a . 2", metric.Value},
		{"a 1..2 2", metric.Value},
		{"a nan 2", metric.NaN},
		{"a -NaN x", metric.NaN},
		{"a 1 x", metric.Timestamp},
		{"a 1 nan", metric.Timestamp},
		{"a 1 inf", metric.Timestamp},
		{"a 1 1e18", metric.Timestamp},
		{"a 1 1000000000000000000", metric.Timestamp},
		{"a 1 -1x", metric.Timestamp},
		{"a 1 2023-11-14", metric.Timestamp},
		{"a\x00b 1 2", metric.Name},
		{"a\x7fb 1 2", metric.Name},
		{"a\u0090b 1 2", metric.Name},
		{"a;b=\x01 1 2", metric.Name},
		{"\xff 1 2", metric.UTF8},
		{"a 1 2\xff", metric.UTF8},
		{"\xff", metric.UTF8},
	} {
		lines, points, rejects := parse("x 1 2\n" + c.line + "\r\ny 3 4\n" + c.line)
		again := fmt.Sprintf("%s: %s", c.reason, c.line)
		if want := []string{again, again}; lines != "x 1 2\ny 3 4\n" || points != 2 || !slices.Equal(rejects, want) {
			t.Errorf("%q: got %q, %d points, rejects %q, want %q", c.line, lines, points, rejects, want)
		}
	}
}

func TestParsePassesOverBlankLines(t *testing.T) {
	lines, points, rejects := parse("\n\r\n \t\u2028\nx 1 2\n\n\n")
	if lines != "x 1 2\n" || points != 1 || rejects != nil {
		t.Errorf("got %q, %d points, rejects %q, want one point and no rejects", lines, points, rejects)
	}
}

func TestParseTakesTheLastLineWithoutItsEnd(t *testing.T) {
	for _, rest := range []string{"b 1 2", "b 1 2\r", "b 1 2.0", "b\t1 2"} {
		lines, points, _ := parse("a 1 2\n" + rest)
		if lines != "a 1 2\nb 1 2\n" || points != 2 {
			t.Errorf("%q: got %q, %d points, want both", rest, lines, points)
		}
	}
}

func TestParseHoldsTheLimit(t *testing.T) {
	for _, c := range []struct {
		line string
		long bool
	}{
		{"aaaa 1 2", false},
		{"aaaaa 1 2", true},
		{"aaaa 1 2\r", true},
		{"ääää 1 2", true},
		{"a;b=1;c=1", true},
		{"        ", false},
		{"         ", true},
	} {
		var rejects []metric.Reason
		p := line.Parser{MaxLine: 8, Reject: func(r metric.Reason, _ []byte) { rejects = append(rejects, r) }}
		p.Parse([]byte("x 1 2\n"+c.line+"\nx 1 2\n"), now)
		if long := slices.Contains(rejects, metric.TooLong); long != c.long {
			t.Errorf("%q: got rejects %q, want too long: %t", c.line, rejects, c.long)
		}
	}
}

func TestParseWithoutRejectDropsQuietly(t *testing.T) {
	var p line.Parser
	if b := p.Parse([]byte("bad\nx 1 2\n"), now); string(b.Lines) != "x 1 2\n" || b.Points != 1 {
		t.Errorf("got %q, %d points", b.Lines, b.Points)
	}
}

func TestParseAliasesCanonicalChunks(t *testing.T) {
	for _, text := range []string{"a 1 2\n", "a 1 2\né;b=1 1e5 -2\n", "a;b=1 1 2\na;b 1 2\n"} {
		chunk := []byte(text)
		var p line.Parser
		if b := p.Parse(chunk, now); string(b.Lines) != text || &b.Lines[0] != &chunk[0] {
			t.Errorf("%q: got a copy: %q", text, b.Lines)
		}
	}
}

func TestParseAgainAfterRewriting(t *testing.T) {
	var p line.Parser
	for i, c := range []struct {
		chunk, want string
		now         int64
	}{
		{"a 1\nb 1 2\r\n", "a 1 10\nb 1 2\n", 10},
		{"a 1\n", "a 1 11\n", 11},
		{"", "", 12},
		{"a 1 2\n", "a 1 2\n", 13},
		{"bad\n", "", 13},
		{"a 1", "a 1 0\n", 0},
	} {
		if b := p.Parse([]byte(c.chunk), c.now); string(b.Lines) != c.want || b.Points != strings.Count(c.want, "\n") {
			t.Errorf("call %d: got %q, %d points, want %q", i, b.Lines, b.Points, c.want)
		}
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	for _, format := range []string{
		"servers.host-%04d.cpu 12345.5 1700000000\r\n",
		"servers.host-%04d.cpu  12345.5\n",
		"cpu;host=%04d;core=1 1.5e-7 1700000000.0\n",
	} {
		chunk, _ := chunkOf(format)
		var p line.Parser
		if n := testing.AllocsPerRun(3, func() { p.Parse(chunk, now) }); n != 0 {
			t.Errorf("%q: got %v allocations, want none", format, n)
		}
	}
}

func TestParseDatagramEndsLinesAsCarbonDoes(t *testing.T) {
	for _, end := range []string{"\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\u0085", "\u2028", "\u2029"} {
		var p line.Parser
		b := p.ParseDatagram([]byte("a 1 2"+end+"\xff"+end+"b 3"+end+end), now)
		if want := "a 1 2\nb 3 1234567890\n"; string(b.Lines) != want || b.Points != 2 {
			t.Errorf("%q: got %q, %d points, want %q", end, b.Lines, b.Points, want)
		}
	}
	var p line.Parser
	if b := p.ParseDatagram([]byte("a 1 2\x1fb 3 4"), now); b.Points != 0 {
		t.Errorf("unit separator: got %q, want it not to end a line", b.Lines)
	}
}
