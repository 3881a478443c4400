package main

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCommandLinesThatAreWrong(t *testing.T) {
	tests := []struct{ name, args, want string }{
		{"an unknown scenario", "-scenario flat-out,fast", `"fast": there are flat-out, paced`},
		{"an unknown peer", "-peer nobody", `"nobody": there are`},
		{"an unknown flag", "-fast", "not defined: -fast"},
		{"a word", "flat-out", `"flat-out" is no flag`},
		{"a profile of many", "-perf perf.data -scenario paced", "one -peer in one -scenario"},
		{"nobody left", "-peer plumbago -plumbago ./nothing", "no peer to measure"},
		{"a page that is not there", "-scenario paced -peer floor -page nothing.md", "nothing.md"},
		{"a page without marks", "-scenario paced -peer floor -page README.md", `find section "comparison"`},
		{"settings of a role", "load {", "read the settings"},
		{"an empty load", "load {}", `protocol ""`},
		{"a sink of nothing", "sink {}", `listen for ""`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := run(t.Context(), strings.Fields(test.args), strings.NewReader(""), io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("bench %s: got %v, want %q", test.args, err, test.want)
			}
		})
	}
}

func TestSinkRefusesAnUnknownWord(t *testing.T) {
	set := sinkSettings{Protocol: "line", Series: 1, Points: 1}
	if err := runSink(set, strings.NewReader("count\nsing\n"), io.Discard); err == nil || !strings.Contains(err.Error(), `"sing"`) {
		t.Errorf("got %v, want it refused", err)
	}
}

func TestScenariosAreSound(t *testing.T) {
	found, err := findScenarios(nil)
	if err != nil || len(found) != len(scenarios()) {
		t.Fatalf("got %d, %v, want all %d", len(found), err, len(scenarios()))
	}
	seen := map[string]bool{}
	for _, s := range found {
		l := s.load()
		if err := l.check(); err != nil || seen[s.name] || s.title == "" || s.reps < 1 || s.stall < time.Second {
			t.Errorf("%s: %v, or incomplete: %+v", s.name, err, s)
		}
		seen[s.name] = true
		for i, f := range s.faults {
			if i > 0 && f.at <= s.faults[i-1].at || f.at.Seconds()*float64(s.rate) >= float64(s.points) {
				t.Errorf("%s: fault %q at %v comes in the wrong order, or after the stream", s.name, f.what, f.at)
			}
		}
	}
}

func TestScenariosSuitWhoCanTakePart(t *testing.T) {
	names := strings.Split(everybody, ",")
	slices.Sort(names)
	lines := []string{"carbon-c-relay", "carbon-relay", "floor", "plumbago"}
	for name, want := range map[string][]string{
		"flat-out":  lines,
		"paced":     lines,
		"ring":      lines,
		"rules":     lines,
		"busy":      lines,
		"idle":      lines,
		"latency":   lines,
		"million":   {"carbon-c-relay", "floor", "plumbago"},
		"pickle":    {"carbon-relay", "plumbago"},
		"pickles":   {"carbon-relay", "plumbago"},
		"to-pickle": {"carbon-relay", "plumbago"},
		"outage":    {"carbon-c-relay", "carbon-relay", "plumbago"},
		"tls":       {"carbon-c-relay", "plumbago", "stunnel"},
		"tls-out":   {"carbon-c-relay", "plumbago", "stunnel"},
		"udp":       {"carbon-c-relay", "plumbago"},
		"files":     {"carbon-cache", "plumbago"},
		"tenants":   {"no-tenants", "plumbago"},
		"http":      {"plumbago"},
	} {
		found, err := findScenarios([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range names {
			if p, err := findPeer(n, ""); err != nil {
				t.Fatal(err)
			} else if found[0].suits(p) {
				got = append(got, n)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("who suits %s: got %q, want %q", name, got, want)
		}
	}
}

func TestWhoCannotRouteTakesNoPartInRouting(t *testing.T) {
	plain := peer{name: "plain", files: map[string]string{"command": "relay\n{{if .LineIn}}{{.LineIn}}{{end}}\n{{.Out}}"}}
	for name, want := range map[string]bool{"flat-out": true, "ring": false, "rules": false} {
		if found, err := findScenarios([]string{name}); err != nil || found[0].suits(plain) != want {
			t.Errorf("%s: got %v, %v, want it to suit: %v", name, !want, err, want)
		}
	}
}

func TestAPeerWithAPaceIsGivenNoMore(t *testing.T) {
	tests := []struct {
		name                 string
		rate, points, pace   int
		wantRate, wantPoints int
	}{
		{"any", 0, 3_000_000, 0, 0, 3_000_000},
		{"as fast as it goes", 0, 3_000_000, 10_000, 0, 100_000},
		{"few", 0, 2000, 10_000, 0, 2000},
		{"a pace it bears", 200, 600, 10_000, 200, 600},
		{"a pace it does not bear, for as long", 50_000, 1_250_000, 10_000, 10_000, 250_000},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := scenario{rate: test.rate, points: test.points}.within(test.pace)
			if got.rate != test.wantRate || got.points != test.wantPoints {
				t.Errorf("got %d points at %d/s, want %d at %d/s", got.points, got.rate, test.wantPoints, test.wantRate)
			}
		})
	}
}

func TestOnlyTheWholeWritesThePage(t *testing.T) {
	tests := []struct {
		args, page string
		scenarios  int
	}{
		{"", wholePage, len(scenarios())},
		{"-o results.jsonl -keep", wholePage, len(scenarios())},
		{"-short", "", short},
		{"-short -page mine.md", "mine.md", short},
		{"-scenario paced,ring", "", 2},
		{"-scenario paced -short", "", 1},
		{"-peer plumbago", "", len(scenarios())},
		{"-n 1000", "", len(scenarios())},
		{"-reps 1", "", len(scenarios())},
	}
	for _, test := range tests {
		t.Run(test.args, func(t *testing.T) {
			o, err := parse(strings.Fields(test.args), io.Discard)
			if err != nil || o.page != test.page {
				t.Errorf("got page %q, %v, want %q", o.page, err, test.page)
			}
			if found, err := findScenarios(split(o.scenarios)); err != nil || len(found) != test.scenarios {
				t.Errorf("got %d scenarios, %v, want %d", len(found), err, test.scenarios)
			}
			if strings.Contains(test.args, "-short") && o.reps != 1 {
				t.Errorf("got %d repetitions, want 1", o.reps)
			}
		})
	}
}

func TestWhatNeedsTooManyFilesIsLeftOut(t *testing.T) {
	var progress strings.Builder
	c := comparison{progress: &progress, scenarios: []scenario{{name: "few", connections: 4}, {name: "many", connections: 10_000}}}
	c.leaveOut(1024)
	if len(c.scenarios) != 1 || c.scenarios[0].name != "few" || !strings.HasPrefix(progress.String(), "many is left out: ") {
		t.Errorf("got %v, and told %q, want only the one of many connections left out", namesOf(c.scenarios), progress.String())
	}
	if files := mostFiles(); files < 256 {
		t.Errorf("got %d files that may be open, want more than any process needs", files)
	}
}
