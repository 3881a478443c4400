package render_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"strings"
	"testing"
)

// result is a series of an answer.
type result struct {
	Target     string
	Tags       map[string]string
	Datapoints [][2]*json.Number
}

// ranges are the times at which each target is asked for.
var ranges = [][]string{
	{"from", "-1h"},
	{"from", "-26h", "until", "-10min", "maxDataPoints", "70"},
	{"from", "08:00_20251008", "until", "17:30_20251008", "tz", "Europe/Berlin", "maxDataPoints", "200"},
	{"from", "-90min", "until", "-20min", "xFilesFactor", "0.6", "maxDataPoints", "9"},
}

// TestGraphiteAnswersTheSame asks Debian's graphite-web and this for the same
// targets over the same files: names, tags and values must be equal.
func TestGraphiteAnswersTheSame(t *testing.T) {
	if testing.Short() {
		t.Log("left out in short mode, as it needs Debian's graphite-web")
		return
	}
	t.Parallel()
	o, h := both(t)
	targets := targets(t)
	if len(targets) < 200 {
		t.Errorf("got %d targets, want at least 200", len(targets))
	}
	c := comparison{t: t}
	for _, target := range targets {
		for _, r := range ranges {
			q := get("/render", append([]string{"target", target, "format", "json", "now", fmt.Sprint(oracleNow)}, r...)...)
			want, got := o.ask(q), ask(h, q)
			c.compare(fmt.Sprintf("%s %v", target, r), want, got)
		}
	}
	t.Logf("%d answers compared, %d of them without series; to %d others Graphite has none but an error", c.compared, c.empty, c.errors)
	if c.empty > c.compared/10 || c.errors > 20 {
		t.Errorf("%d answers without series, %d without any, prove little", c.empty, c.errors)
	}
}

// targets reads testdata/targets.txt: a target a line.
func targets(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/targets.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			list = append(list, line)
		}
	}
	return list
}

// comparison counts what was compared.
type comparison struct {
	t                       *testing.T
	compared, empty, errors int
}

// compare compares two answers. To some questions Graphite answers that it has
// made a mistake: then any answer but that will do.
func (c *comparison) compare(what string, want, got answered) {
	c.t.Helper()
	if want.Status == 500 && got.Status != 500 {
		c.errors++
		return
	}
	if c.compared++; want.Status != 200 || got.Status != 200 {
		c.t.Errorf("%s: got status %d (%.200s), want %d (%.300s)", what, got.Status, got.Body, want.Status, want.Body)
		return
	}
	wanted, have := decode(c.t, want.Body), decode(c.t, got.Body)
	if len(wanted) != len(have) {
		c.t.Errorf("%s: got %d series %q, want %d %q", what, len(have), names(have), len(wanted), names(wanted))
		return
	}
	for i, w := range wanted {
		if d := difference(w, have[i]); d != "" {
			c.t.Errorf("%s: series %d, %s", what, i, d)
		}
	}
	if len(wanted) == 0 {
		c.empty++
	}
}

func decode(t *testing.T, body string) (list []result) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&list); err != nil {
		t.Fatalf("%v in %.200q", err, body)
	}
	return list
}

func names(list []result) (names []string) {
	for _, r := range list {
		names = append(names, r.Target)
	}
	return names
}

func difference(want, got result) string {
	if got.Target != want.Target {
		return fmt.Sprintf("name: got %q, want %q", got.Target, want.Target)
	}
	if !maps.Equal(got.Tags, want.Tags) {
		return fmt.Sprintf("tags of %s: got %v, want %v", got.Target, got.Tags, want.Tags)
	}
	if len(got.Datapoints) != len(want.Datapoints) {
		return fmt.Sprintf("%s: got %d points, want %d", got.Target, len(got.Datapoints), len(want.Datapoints))
	}
	for i, w := range want.Datapoints {
		g := got.Datapoints[i]
		if *g[1] != *w[1] {
			return fmt.Sprintf("%s: time %d: got %s, want %s", got.Target, i, *g[1], *w[1])
		}
		if !near(w[0], g[0]) {
			return fmt.Sprintf("%s: value %d at %s: got %s, want %s", got.Target, i, *w[1], show(g[0]), show(w[0]))
		}
	}
	return ""
}

func show(n *json.Number) string {
	if n == nil {
		return "null"
	}
	return string(*n)
}

// near reports whether two values are equal but for rounding.
func near(a, b *json.Number) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, _ := a.Float64()
	y, _ := b.Float64()
	return closeTo(x, y)
}

func closeTo(x, y float64) bool {
	return x == y || math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y))
}
