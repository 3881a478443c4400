package tidy_test

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/internal/tidy"
	"github.com/plumbago/plumbago/metric"
	"pgregory.net/rapid"
)

func TestFix(t *testing.T) {
	o := strict
	o.MaxLength = 20
	p := policy(t, o)
	for _, c := range []struct{ name, metric, time, want string }{
		{"a run of characters", "a/é b", "1700000000", "a_b 1.50 1700000000\n"},
		{"two runs", "/a/+b", "1700000000", "_a_b 1.50 1700000000\n"},
		{"runs in tags end at the separators", "aé;é/b/=/é;c=d", "1700000000", "a_;_b_=_;c=d 1.50 1700000000\n"},
		{"dots", "..a...b.c..", "1700000000", "a.b.c 1.50 1700000000\n"},
		{"dots before tags", ".a.;b=..c.", "1700000000", "a;b=..c. 1.50 1700000000\n"},
		{"nothing but dots", "...", "1700000000", ""},
		{"nothing but dots and a tag", "..;a=b", "1700000000", ""},
		{"length", "abcdefghij.klmnopqrst.x", "1700000000", "abcdefghij.klmnopqrs 1.50 1700000000\n"},
		{"length at a dot", "abcdefghij.klmnopqr.stu", "1700000000", "abcdefghij.klmnopqr 1.50 1700000000\n"},
		{"length with tags", "abcdefghij;k=l;m=nopqrst;u=v", "1700000000", "abcdefghij;k=l;u=v 1.50 1700000000\n"},
		{"bad tags", "a;;b=;c=d;=e", "1700000000", "a;c=d 1.50 1700000000\n"},
		{"only bad tags", "a;b", "1700000000", "a 1.50 1700000000\n"},
		{"tags of nothing", ";b=c", "1700000000", ""},
		{"tags out of order when one is gone", "a;c=1;;b=2", "1700000000", "a;b=2;c=1 1.50 1700000000\n"},
		{"tags out of order by an underscore", "a;+=1;Z=2", "1700000000", "a;Z=2;_=1 1.50 1700000000\n"},
		{"tags that become one", "a;+=1;/=2", "1700000000", "a;_=2 1.50 1700000000\n"},
		{"a mark that becomes an underscore", "a;b!=~c", "1700000000", "a;b_=_c 1.50 1700000000\n"},
		{"tags of the other notation by a dot", `a{b="c"}.`, "1700000000", "a;b=c 1.50 1700000000\n"},
		{"a dot of the other notation", `a.{b="c"}..`, "1700000000", "a;b=c 1.50 1700000000\n"},
		{"age", "a.b", "1600000000.25", "a.b 1.50 1700000000\n"},
		{"everything", "..é..;c=1;b=~/;a", "-5", "_;b=_;c=1 1.50 1700000000\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := line(c.metric, c.time)
			faults := p.Check(nil, l, now)
			if len(faults) == 0 {
				t.Error("got no faults, want some")
			}
			got, ok := p.Fix([]byte("before\n"), l, faults, now)
			if string(got) != "before\n"+c.want || ok != (c.want != "") {
				t.Errorf("got %q, %t, want %q after what was before", got, ok, c.want)
			}
		})
	}
}

func TestFixCutsAtARune(t *testing.T) {
	for most, want := range map[int]string{1: "", 2: "é", 4: "é", 5: "é日", 7: "é日é"} {
		p := policy(t, tidy.Options{Length: tidy.Fix, MaxLength: most})
		l := line("é日éé", "1700000000")
		got, ok := p.Fix(nil, l, p.Check(nil, l, now), now)
		if text, _, _ := strings.Cut(string(got), " "); text != want || ok != (want != "") {
			t.Errorf("cut to %d: got %q, %t, want %q", most, text, ok, want)
		}
	}
}

func TestFixCutsNoDotOntoTheEnd(t *testing.T) {
	for _, c := range []struct{ metric, want string }{
		{"abc.def", "abc"},
		{"abc..def", "abc"},
		{"abcd..ef", "abcd"},
		{".....", ""},
	} {
		p := policy(t, tidy.Options{Length: tidy.Fix, MaxLength: 4, Dots: tidy.Drop})
		l := line(c.metric, "1700000000")
		got, ok := p.Fix(nil, l, p.Check(nil, l, now), now)
		if text, _, _ := strings.Cut(string(got), " "); text != c.want || ok != (c.want != "") {
			t.Errorf("%q: got %q, %t, want %q", c.metric, text, ok, c.want)
		}
	}
}

func TestFixMendsOnlyWhatIsToBeMended(t *testing.T) {
	p := policy(t, tidy.Options{Characters: tidy.Fix, Dots: tidy.Drop, Tags: tidy.Quarantine, Length: tidy.Pass, MaxLength: 1})
	l := line(".a/é.;b", "5")
	got, ok := p.Fix(nil, l, p.Check(nil, l, now), now)
	if want := ".a_.;b 1.50 5\n"; string(got) != want || !ok {
		t.Errorf("got %q, %t, want %q", got, ok, want)
	}
}

func TestFixOfTheTimeLeavesTheName(t *testing.T) {
	p := policy(t, tidy.Options{Age: tidy.Fix, MaxAge: 1})
	l := line(";x..", "5")
	got, ok := p.Fix(nil, l, p.Check(nil, l, now), now)
	if want := ";x.. 1.50 1700000000\n"; string(got) != want || !ok {
		t.Errorf("got %q, %t, want %q", got, ok, want)
	}
}

func TestFixInReasonableTime(t *testing.T) {
	const many = 200_000
	p := policy(t, tidy.Options{Dots: tidy.Fix, Tags: tidy.Fix})
	for _, c := range []struct{ name, metric, want string }{
		{"dots", strings.Repeat(".", many) + "a;b=c", "a;b=c"},
		{"dots and tildes", strings.Repeat(".~", many) + "a;b=c", "a;b=c"},
		{"tildes and dots", strings.Repeat("~.", many) + "a;b=c;", "a;b=c"},
		{"tags", "a" + strings.Repeat(";;b=1;a=2", many), "a;a=2;b=1"},
	} {
		l := line(c.metric, "1700000000")
		got, ok := p.Fix(nil, l, p.Check(nil, l, now), now)
		if text, _, _ := strings.Cut(string(got), " "); text != c.want || !ok {
			t.Errorf("%s: got %.40q, %t, want %q", c.name, text, ok, c.want)
		}
	}
}

// checkFixed reports what Fix promises and does not keep.
func checkFixed(t interface {
	Helper()
	Fatalf(string, ...any)
}, p *tidy.Policy, l metric.Line) {
	t.Helper()
	before := string(metric.Append(nil, l))
	faults := p.Check(nil, l, now)
	fixed, ok := p.Fix([]byte("x"), l, faults, now)
	if got := string(metric.Append(nil, l)); got != before {
		t.Fatalf("Fix(%q) changed the line to %q", before, got)
	}
	if !ok {
		if string(fixed) != "x" {
			t.Fatalf("Fix(%q): got %q, want nothing", before, fixed)
		}
		return
	}
	mended, rest := metric.Next(fixed[1:])
	if len(rest) > 0 || fixed[0] != 'x' || string(mended.Value) != string(l.Value) {
		t.Fatalf("Fix(%q): got %q, want one line with its value", before, fixed)
	}
	if reason := name.Check(mended.Name); reason != "" {
		t.Fatalf("Fix(%q): got the name %q: %s", before, mended.Name, reason)
	}
	if again := name.AppendCanonical(nil, mended.Name); string(again) != string(mended.Name) {
		t.Fatalf("Fix(%q): got the name %q, which is not canonical", before, mended.Name)
	}
	if left := p.Check(nil, mended, now); slices.ContainsFunc(left, func(f tidy.Fault) bool { return f.Action == tidy.Fix }) {
		t.Fatalf("Fix(%q): got %q, which has %v", before, fixed, left)
	}
	if len(mended.Name) > len(l.Name) {
		t.Fatalf("Fix(%q): got %q: longer", before, mended.Name)
	}
}

func TestFixKeepsItsPromises(t *testing.T) {
	actions := rapid.SampledFrom([]tidy.Action{tidy.Pass, tidy.Fix, tidy.Fix, tidy.Fix, tidy.Drop})
	allowed := rapid.SampledFrom([]string{"", `a-z_.~!^{}"=`, "_a-zé-ü日", `a-z_.;=~\^!"{}`})
	times := rapid.Int64Range(now-10, now+10)
	rapid.Check(t, func(t *rapid.T) {
		p, err := tidy.New(tidy.Options{
			Allowed: allowed.Draw(t, "allowed"), Characters: actions.Draw(t, "characters"),
			Dots: actions.Draw(t, "dots"), Tags: actions.Draw(t, "tags"),
			Length: actions.Draw(t, "length"), MaxLength: rapid.IntRange(1, 60).Draw(t, "most"),
			Age: actions.Draw(t, "age"), MaxAge: 5e9, MaxAhead: 5e9,
		})
		if err != nil {
			t.Fatal(err)
		}
		canonical := name.AppendCanonical(nil, []byte(names().Draw(t, "name")))
		if name.Check(canonical) != "" {
			t.Skip("no name")
		}
		checkFixed(t, p, line(string(canonical), strconv.FormatInt(times.Draw(t, "time"), 10)))
	})
}

func FuzzFix(f *testing.F) {
	for _, seed := range []string{
		"servers.web-01.load", "..a..b..", "é/é;é=/;ä=1", "a;b=;c=~d;;e!=f", `a{b="c"}.`, `m.;x=y{a="b"}..`,
		`a{b="..";c="}`, "~.~;a=b", ".~~.a;a=b", "a;name=x;b", "~;~=~", `{a="b"}`, `.{a="/"}`, `aaaaaaaaaaaa{b="c"}x`,
	} {
		f.Add([]byte(seed), uint16(12), uint16(0b01_01_01_01_01))
		f.Add([]byte(seed), uint16(0), uint16(0b11_01_10_01_00))
	}
	f.Fuzz(func(t *testing.T, text []byte, most, actions uint16) {
		text = bytes.Map(func(r rune) rune {
			if r == utf8.RuneError {
				return '_'
			}
			return r
		}, text)
		canonical := name.AppendCanonical(nil, text)
		if name.Check(canonical) != "" {
			t.Skip("no name")
		}
		action := func(kind int) tidy.Action { return tidy.Action(actions >> (2 * kind) & 3) }
		p := policy(t, tidy.Options{
			Characters: action(0), Dots: action(1), Tags: action(2), Length: action(3), MaxLength: int(most), Age: action(4), MaxAge: 1,
		})
		checkFixed(t, p, line(string(canonical), "1600000000"))
	})
}

func TestFixAllocatesNothing(t *testing.T) {
	p := policy(t, strict)
	l := line("..é..;c=1;b=~/;a", "5")
	faults := p.Check(nil, l, now)
	dst := make([]byte, 0, 256)
	if got := testing.AllocsPerRun(100, func() { dst, _ = p.Fix(dst[:0], l, faults, now) }); got != 0 {
		t.Errorf("got %v allocations, want none", got)
	}
}
