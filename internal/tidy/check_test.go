package tidy_test

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/tidy"
	"github.com/plumbago/plumbago/metric"
	"pgregory.net/rapid"
)

func line(name, timestamp string) metric.Line {
	return metric.Line{Name: []byte(name), Value: []byte("1.50"), Timestamp: []byte(timestamp)}
}

// noticing has a different action for each reason, as far as there are.
var noticing = tidy.Options{
	Characters: tidy.Fix, Dots: tidy.Quarantine, Length: tidy.Drop, MaxLength: 30, Tags: tidy.Drop, Age: tidy.Fix,
	MaxAge: time.Hour, MaxAhead: 1500 * time.Millisecond,
}

func TestCheck(t *testing.T) {
	p := policy(t, noticing)
	for _, c := range []struct {
		name, metric, time string
		want               []metric.Reason
	}{
		{"fine", "servers.web-01.load", "1700000000", nil},
		{"fine and short", "a", "1700000000", nil},
		{"fine with tags", "disk.used;dc=dc1;rack=a..1.", "1700000000", nil},
		{"as long as may be", strings.Repeat("a", 30), "1700000000", nil},
		{"blank-like", "a/b", "1700000000", []metric.Reason{metric.Characters}},
		{"not ASCII", "servers.wéb-01", "1700000000", []metric.Reason{metric.Characters}},
		{"in a tag's name", "a;b/c=d", "1700000000", []metric.Reason{metric.Characters}},
		{"in a tag's value", "a;b=c/d", "1700000000", []metric.Reason{metric.Characters}},
		{"leading dot", ".a", "1700000000", []metric.Reason{metric.Dots}},
		{"trailing dot", "servers.web-01.", "1700000000", []metric.Reason{metric.Dots}},
		{"trailing dot before tags", "servers.web-01.;a=b", "1700000000", []metric.Reason{metric.Dots}},
		{"double dot", "a..b", "1700000000", []metric.Reason{metric.Dots}},
		{"nothing but a dot", ".", "1700000000", []metric.Reason{metric.Dots}},
		{"too long", strings.Repeat("a", 31), "1700000000", []metric.Reason{metric.NameLength}},
		{"too long with tags", "a;b=" + strings.Repeat("c", 27), "1700000000", []metric.Reason{metric.NameLength}},
		{"tag without value", "a;b=", "1700000000", []metric.Reason{metric.Tags}},
		{"tag without name", "a;=b", "1700000000", []metric.Reason{metric.Tags}},
		{"tag without either", "a;", "1700000000", []metric.Reason{metric.Tags}},
		{"no tag", "a;b", "1700000000", []metric.Reason{metric.Tags}},
		{"second tag empty", "a;b=c;;d=e", "1700000000", []metric.Reason{metric.Tags}},
		{"exclamation mark", "a;b!=c", "1700000000", []metric.Reason{metric.Characters, metric.Tags}},
		{"circumflex", "a;b^=c", "1700000000", []metric.Reason{metric.Characters, metric.Tags}},
		{"tilde", "a;b=~c", "1700000000", []metric.Reason{metric.Characters, metric.Tags}},
		{"tags of nothing", ";b=c", "1700000000", []metric.Reason{metric.Tags}},
		{"old", "a", "1699996399", []metric.Reason{metric.Age}},
		{"as old as may be", "a", "1699996400", nil},
		{"ahead", "a", "1700000003", []metric.Reason{metric.Age}},
		{"as far ahead as may be", "a", "1700000002.5", nil},
		{"everything", "..é;a", "-3.5", []metric.Reason{metric.Characters, metric.Dots, metric.Tags, metric.Age}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []metric.Reason
			for _, f := range p.Check([]tidy.Fault{{Reason: "before"}}, line(c.metric, c.time), now)[1:] {
				got = append(got, f.Reason)
				if want := actionOf[f.Reason]; f.Action != want {
					t.Errorf("%s: got action %v, want %v", f.Reason, f.Action, want)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

var actionOf = map[metric.Reason]tidy.Action{
	metric.Characters: tidy.Fix, metric.Dots: tidy.Quarantine, metric.NameLength: tidy.Drop, metric.Tags: tidy.Drop, metric.Age: tidy.Fix,
}

func TestCheckAge(t *testing.T) {
	for _, c := range []struct {
		time          string
		past, forward bool
	}{
		{"1700000000", false, false},
		{"1699999941", false, false},
		{"1699999939", true, false},
		{"1700000060", false, false},
		{"1700000061", false, true},
		{"1700000061.75", false, true},
		{"170000000", true, false},
		{"17000000000", false, true},
		{"17000000.5", true, false},
		{"0", true, false},
		{"-0.5", true, false},
		{"-1700000000", true, false},
		{"999999999999999999", false, true},
		{"-999999999999999999", true, false},
		{"99999999999999999999999", false, true},
		{"18446744075409551616", false, true}, // which is 1700000000 and what an int64 cannot tell from 0
		{"1700000000000", false, true},
		{"9999999999", false, true},
		{"1000000000", true, false},
		{"1700000000.000000001", false, false},
		{"169999993.", true, false},
	} {
		for _, past := range []bool{true, false} {
			o := tidy.Options{Age: tidy.Drop, MaxAhead: time.Minute}
			want := c.forward
			if past {
				o.MaxAge, o.MaxAhead, want = time.Minute, 0, c.past
			}
			if got := policy(t, o).Check(nil, line("a", c.time), now); len(got) > 0 != want {
				t.Errorf("time %s, the past %t: got %v, want a fault %t", c.time, past, got, want)
			}
		}
	}
}

func TestCheckReadsTimesExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Int64Range(-1e12, 1e12).Draw(t, "time")
		if rapid.Bool().Draw(t, "usual") {
			at = rapid.Int64Range(1e9, 1e10-1).Draw(t, "time")
		}
		text := strconv.FormatInt(at, 10)
		if rapid.Bool().Draw(t, "fraction") {
			text = (text + ".777777777")[:max(len(text)+2, 10)]
		}
		p, err := tidy.New(tidy.Options{Age: tidy.Drop, MaxAge: time.Second, MaxAhead: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		for away := int64(-2); away <= 2; away++ {
			want := away == 2 || away == -2
			if got := p.Check(nil, line("a", text), at+away); len(got) > 0 != want {
				t.Fatalf("%d at %d: got %v, want a fault %t", at, at+away, got, want)
			}
		}
	})
}

func TestCheckPassesEverythingWithoutAPolicy(t *testing.T) {
	p := policy(t, tidy.Options{Allowed: "a", MaxAge: time.Second, MaxLength: 5})
	if got := p.Check(nil, line("..é/b;=~;;"+strings.Repeat("x", 2000), "5"), now); len(got) > 0 {
		t.Errorf("got %v, want no faults", got)
	}
}

func TestCheckLengthByDefault(t *testing.T) {
	p := policy(t, tidy.Options{Length: tidy.Drop})
	for length, want := range map[int]int{1: 0, 1024: 0, 1025: 1} {
		if got := p.Check(nil, line(strings.Repeat("x", length), "1"), now); len(got) != want {
			t.Errorf("%d bytes: got %v, want %d faults", length, got, want)
		}
	}
}

var (
	notAllowed = regexp.MustCompile(`[^a-zA-Z0-9:._$%#=\-\[\]{}",]`)
	badDots    = regexp.MustCompile(`^\.|\.$|\.\.`)
	goodTag    = regexp.MustCompile(`(?s)^[^!^=]+=[^~]`)
)

// faultsOf is Check of a strict policy in other words.
func faultsOf(name string, maxLength int) (found []metric.Reason) {
	fields := strings.Split(name, ";")
	var odd, bad bool
	for _, tag := range fields[1:] {
		key, value, _ := strings.Cut(tag, "=")
		odd = odd || notAllowed.MatchString(key) || notAllowed.MatchString(value)
		bad = bad || !goodTag.MatchString(tag)
	}
	for _, f := range []struct {
		reason metric.Reason
		is     bool
	}{
		{metric.Characters, odd || notAllowed.MatchString(fields[0])},
		{metric.Dots, badDots.MatchString(fields[0])},
		{metric.NameLength, len(name) > maxLength},
		{metric.Tags, bad || len(fields) > 1 && fields[0] == ""},
	} {
		if f.is {
			found = append(found, f.reason)
		}
	}
	return found
}

// names are of few different characters, so that much happens.
func names() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune(`abcdefgh...;;==~!^{}",_/é日`)), 1, 50, -1)
}

func TestCheckFindsWhatIsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := strict
		o.MaxLength = rapid.IntRange(1, 60).Draw(t, "most")
		p, err := tidy.New(o)
		if err != nil {
			t.Fatal(err)
		}
		name := names().Draw(t, "name")
		var got []metric.Reason
		for _, f := range p.Check(nil, line(name, "1700000000"), now) {
			got = append(got, f.Reason)
		}
		if want := faultsOf(name, o.MaxLength); !slices.Equal(got, want) {
			t.Fatalf("Check(%q): got %v, want %v", name, got, want)
		}
	})
}

func TestCheckFindsOneFaultAtEveryPlace(t *testing.T) {
	p := policy(t, strict)
	for length := 1; length < 40; length++ {
		for at := range length {
			for odd, want := range map[string]metric.Reason{"/": metric.Characters, "é": metric.Characters, "..": metric.Dots} {
				name := bytes.Repeat([]byte("x"), length)
				name = slices.Concat(name[:at], []byte(odd), name[at:])
				if got := p.Check(nil, line(string(name), "1700000000"), now); len(got) != 1 || got[0].Reason != want {
					t.Errorf("Check(%q): got %v, want %s", name, got, want)
				}
			}
		}
	}
}

func TestCheckAllocatesNothing(t *testing.T) {
	p := policy(t, strict)
	faults := make([]tidy.Fault, 0, 5)
	for _, l := range []metric.Line{line("a.b.c.d.e.f", "1700000000"), line("a..é;b=;c=d/", "5")} {
		if got := testing.AllocsPerRun(100, func() { faults = p.Check(faults[:0], l, now) }); got != 0 {
			t.Errorf("Check(%q): got %v allocations, want none", l.Name, got)
		}
	}
}
