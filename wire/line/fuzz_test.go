package line_test

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/internal/number"
	"github.com/plumbago/plumbago/internal/space"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/line"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"a.b 1 1700000000\nc 2 1700000000.25\n",
		"a 1\r\nb 1 -1\r\n\n \nc nan 2\nd;z=1;y=2 1e5 1e9",
		"servers.host-0042.cpu.core-03.user 12345.5 1700000000\nbad\na\u00a01_0\u2028٢\n\xff 1 2\n",
		`a{b="c",d="\""} +inf +5` + "\n~a;b=~c -1e400 007\n",
		"a 1 2\rb 3 4\vc 5 6\u0085d 7 8\x1fe",
	} {
		f.Add([]byte(seed), 7)
	}
	f.Fuzz(func(t *testing.T, chunk []byte, at int) {
		before := bytes.Clone(chunk)
		whole := collect(t, chunk, (*line.Parser).Parse)
		if n := linesNotBlank(chunk); whole.points+whole.rejects != n {
			t.Errorf("got %d points and %d rejects of %d lines", whole.points, whole.rejects, n)
		}
		checkCanonical(t, whole)
		checkCanonical(t, collect(t, chunk, (*line.Parser).ParseDatagram))
		if !bytes.Equal(chunk, before) {
			t.Errorf("the chunk has changed: %q, was %q", chunk, before)
		}

		if slow := collect(t, indent(chunk), (*line.Parser).Parse); !bytes.Equal(slow.lines, whole.lines) {
			t.Errorf("got %q, and with tabs before the lines %q", whole.lines, slow.lines)
		}

		start := int(min(uint(at), uint(len(chunk))))
		cut := start + bytes.IndexByte(chunk[start:], '\n') + 1
		if cut == start {
			return
		}
		first, second := collect(t, chunk[:cut], (*line.Parser).Parse), collect(t, chunk[cut:], (*line.Parser).Parse)
		if string(first.lines)+string(second.lines) != string(whole.lines) || first.points+second.points != whole.points {
			t.Errorf("cut at %d: got %q and %q, in one %q", cut, first.lines, second.lines, whole.lines)
		}
	})
}

// indent puts a tab before each line, which no plain line begins with.
func indent(chunk []byte) []byte {
	return append([]byte{'\t'}, bytes.ReplaceAll(chunk, []byte("\n"), []byte("\n\t"))...)
}

type collected struct {
	lines           []byte
	points, rejects int
}

func collect(t *testing.T, chunk []byte, parse func(*line.Parser, []byte, int64) metric.Batch) (c collected) {
	p := line.Parser{Reject: func(reason metric.Reason, raw []byte) {
		if c.rejects++; reason == "" || len(raw) > 0 && raw[len(raw)-1] == '\n' {
			t.Errorf("rejected %q for the reason %q", raw, reason)
		}
	}}
	b := parse(&p, chunk, now)
	c.lines, c.points = bytes.Clone(b.Lines), b.Points
	return c
}

// linesNotBlank counts the lines of chunk that must come out or be rejected.
func linesNotBlank(chunk []byte) (n int) {
	for text := range bytes.Lines(chunk) {
		if !utf8.Valid(text) || len(space.Trim(text)) > 0 {
			n++
		}
	}
	return n
}

// checkCanonical holds that the lines are what every other room takes them for.
func checkCanonical(t *testing.T, c collected) {
	if n := bytes.Count(c.lines, []byte{'\n'}); n != c.points {
		t.Errorf("got %d points in %d lines", c.points, n)
	}
	for l := range (metric.Batch{Lines: c.lines}).All() {
		if why := name.Check(l.Name); why != "" {
			t.Errorf("got the name %q, which is none: %s", l.Name, why)
		}
		if v, ok := number.Parse(l.Value); !ok || v != v {
			t.Errorf("got the value %q", l.Value)
		}
		if _, ok := number.Parse(l.Timestamp); !ok || bytes.ContainsAny(l.Timestamp, "+eEnN_") {
			t.Errorf("got the timestamp %q", l.Timestamp)
		}
	}
	var p line.Parser
	again := p.Parse(c.lines, now+1)
	if !bytes.Equal(again.Lines, c.lines) || again.Points != c.points {
		t.Errorf("got %q, which becomes %q", c.lines, again.Lines)
	}
	if len(c.lines) > 0 && &again.Lines[0] != &c.lines[0] {
		t.Errorf("canonical lines were copied: %q", c.lines)
	}
}
