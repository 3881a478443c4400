package main

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestTheMachineIsNamed(t *testing.T) {
	c := comparison{failed: 2, peers: []peer{{packages: []string{"no-such-package"}}}}
	got := c.circumstances(time.Now().Add(-3 * time.Minute))
	want := `^Measured on \d{4}-\d\d-\d\d in 3 minutes: \d+ cores of .+, \d+ MB of memory, Linux \d[\d.]*, go[\d.]+.*\. 2 measurements went wrong`
	if !regexp.MustCompile(want).MatchString(got) || strings.Contains(got, "no-such-package") {
		t.Errorf("got %q, want it as %q", got, want)
	}
}

func TestModelOfTheProcessor(t *testing.T) {
	for cpuinfo, want := range map[string]string{
		"processor\t: 0\nmodel\t\t: 7\nmodel name\t: A Processor @ 2.50GHz\n": "A Processor @ 2.50GHz",
	} {
		if got := model(cpuinfo); got != want {
			t.Errorf("model(%q): got %q, want %q", cpuinfo, got, want)
		}
	}
	if got := model("Features : none\n"); got == "" {
		t.Error("got no name for a processor without one")
	}
}

func TestPlainVersion(t *testing.T) {
	for full, want := range map[string]string{
		"3.7.3-2+b2": "3.7.3", "3:5.68-2+deb12u1": "5.68", "6.18.44-cloud-amd64\n": "6.18.44", "trixie/sid": "trixie/sid",
	} {
		if got := plainVersion(full); got != want {
			t.Errorf("plainVersion(%q): got %q, want %q", full, got, want)
		}
	}
}
