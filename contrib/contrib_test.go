// Package contrib_test holds the alerts and the dashboard against what the gateway
// tells: docs/metrics.md, which is held against the gateway itself.
package contrib_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const page = "../docs/metrics.md"

type metric struct{ labels string }

// documented are the metrics of docs/metrics.md with their labels.
func documented(t *testing.T) map[string]metric {
	t.Helper()
	all := map[string]metric{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(plumbago_[a-z_]+)` \\|([^|]*)\\|").FindAllStringSubmatch(read(t, page), -1) {
		all[m[1]] = metric{m[2]}
	}
	if len(all) < 50 {
		t.Fatalf("got %d metrics in %s, want all", len(all), page)
	}
	return all
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	selectors = regexp.MustCompile(`\b(plumbago_[a-z_]+)(\{[^}]*\})?`)
	matchers  = regexp.MustCompile(`([a-z_]+)\s*[!=]~?\s*"([^"]*)"`)
	histogram = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// checkExpr reports what an expression names that there is not.
func checkExpr(t *testing.T, where, expr string, known map[string]metric) {
	t.Helper()
	for _, s := range selectors.FindAllStringSubmatch(expr, -1) {
		m, ok := known[s[1]]
		if !ok {
			m, ok = known[histogram.ReplaceAllString(s[1], "")]
		}
		if !ok {
			t.Errorf("%s: there is no metric %q", where, s[1])
			continue
		}
		for _, l := range matchers.FindAllStringSubmatch(s[2], -1) {
			if l[1] != "instance" && l[1] != "job" && !strings.Contains(m.labels, l[1]) {
				t.Errorf("%s: %s has no label %q", where, s[1], l[1])
			}
			if l[1] == "reason" {
				checkReasons(t, where, l[2])
			}
		}
	}
}

func checkReasons(t *testing.T, where, pattern string) {
	t.Helper()
	for r := range strings.SplitSeq(pattern, "|") {
		if !strings.Contains(read(t, page), "\n| `"+r+"` |") {
			t.Errorf("%s: there is no reason %q", where, r)
		}
	}
}

type rule struct {
	Alert, Expr string
	Labels      map[string]string
	Annotations map[string]string
}

func rules(t *testing.T) []rule {
	t.Helper()
	var file struct {
		Groups []struct{ Rules []rule }
	}
	if err := yaml.Unmarshal([]byte(read(t, "prometheus/plumbago.rules.yml")), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Groups) != 1 || len(file.Groups[0].Rules) < 10 {
		t.Fatalf("got %d groups, want one with the alerts", len(file.Groups))
	}
	return file.Groups[0].Rules
}

func TestAlertsNameMetricsThatThereAre(t *testing.T) {
	known := documented(t)
	for _, r := range rules(t) {
		checkExpr(t, r.Alert, r.Expr, known)
	}
}

var (
	places   = regexp.MustCompile(`((?:docs|queue)/[A-Za-z-]+\.md)(?:, ((?:"[^"]+"(?:, )?)+))?`)
	headings = regexp.MustCompile(`"([^"]+?),?"`)
)

func TestEachAlertHasARunbook(t *testing.T) {
	for _, r := range rules(t) {
		if r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s lacks a severity, a summary or a description", r.Alert)
		}
		found := places.FindAllStringSubmatch(r.Annotations["runbook"], -1)
		if len(found) == 0 {
			t.Errorf("%s: the runbook %q names no page", r.Alert, r.Annotations["runbook"])
		}
		for _, p := range found {
			text := read(t, filepath.Join("..", p[1]))
			for _, h := range headings.FindAllStringSubmatch(p[2], -1) {
				if !strings.Contains(text, "# "+h[1]+"\n") {
					t.Errorf("%s: %s has no heading %q", r.Alert, p[1], h[1])
				}
			}
		}
	}
}

func TestPromtoolTakesTheAlerts(t *testing.T) {
	for _, args := range [][]string{{"check", "rules", "plumbago.rules.yml"}, {"test", "rules", "plumbago.rules_test.yml"}} {
		cmd := exec.Command("promtool", args...)
		cmd.Dir = "prometheus"
		if out, err := cmd.CombinedOutput(); err != nil {
			if _, missing := exec.LookPath("promtool"); missing != nil && testing.Short() {
				t.Logf("promtool, of Debian's package prometheus, is not here: %v", missing)
				return
			}
			t.Errorf("promtool %q: %v\n%s", args, err, out)
		}
	}
}

type panel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ X, Y, W, H int }
	Targets                  []struct{ Expr, LegendFormat string }
}

func TestDashboardNamesMetricsThatThereAre(t *testing.T) {
	text := read(t, "grafana/plumbago.json")
	var board struct{ Panels []panel }
	if err := json.Unmarshal([]byte(text), &board); err != nil {
		t.Fatal(err)
	}
	known := documented(t)
	checkExpr(t, "the dashboard", regexp.MustCompile(`\\"`).ReplaceAllString(text, `"`), known)
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, p := range board.Panels {
		if ids[p.ID] {
			t.Errorf("%q has an id that another panel has: %d", p.Title, p.ID)
		}
		ids[p.ID] = true
		p.checkPlace(t, taken)
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%q shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			checkLegend(t, p.Title, target.LegendFormat, target.Expr)
		}
	}
	if len(board.Panels) < 20 {
		t.Errorf("got %d panels, want the whole dashboard", len(board.Panels))
	}
}

// checkPlace reports a panel that lies on another, or beside the dashboard.
func (p panel) checkPlace(t *testing.T, taken map[[2]int]string) {
	for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
		for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
			if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
				t.Fatalf("%q lies on %q, or is out of the 24 columns", p.Title, other)
			}
			taken[[2]int{x, y}] = p.Title
		}
	}
}

// checkLegend reports labels of a legend that the expression has not kept.
func checkLegend(t *testing.T, title, legend, expr string) {
	t.Helper()
	for _, l := range regexp.MustCompile(`\{\{([a-z]+)\}\}`).FindAllStringSubmatch(legend, -1) {
		by := regexp.MustCompile(`by \(([^)]*)\)`).FindStringSubmatch(expr)
		if by != nil && !strings.Contains(by[1], l[1]) {
			t.Errorf("%q: the legend has {{%s}}, which %q does not keep", title, l[1], expr)
		}
	}
}
