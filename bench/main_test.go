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
	if err != nil || len(found) != short {
		t.Fatalf("short set: got %d, %v, want %d", len(found), err, short)
	}
	found, err = findScenarios(namesOf(scenarios()))
	if err != nil {
		t.Fatal(err)
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
	names := []string{"carbon-c-relay", "floor", "no-tenants", "plumbago", "stunnel"}
	for name, want := range map[string][]string{
		"flat-out":  {"carbon-c-relay", "floor", "plumbago"},
		"pickle":    {"plumbago"},
		"to-pickle": {"plumbago"},
		"outage":    {"carbon-c-relay", "plumbago"},
		"tls":       {"carbon-c-relay", "plumbago", "stunnel"},
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
