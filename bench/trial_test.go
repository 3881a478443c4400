//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The roles run in the test's own binary.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 {
		switch os.Args[1] {
		case loadRole, sinkRole, floorRole:
			if err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // for the roles, which end often
	os.Exit(m.Run())
}

func TestTrialMeasuresTheFloor(t *testing.T) {
	t.Parallel()
	r, err := measureFloor(t, scenario{points: 20_000, chunk: 100})
	if err != nil {
		t.Fatal(err)
	}
	compareCounts(t, r.Came, count{Unique: 20_000})
	if r.Lost != 0 || r.Sent.Points != 20_000 {
		t.Errorf("sent %d, lost %d, want 20000, 0", r.Sent.Points, r.Lost)
	}
	if r.Used.CPU <= 0 || r.Used.CPU > 5*time.Second || r.Used.Peak < 1<<20 || r.Took <= 0 || r.Took > 5*time.Second {
		t.Errorf("used %+v in %v: cannot be", r.Used, r.Took)
	}
}

func TestTrialTimesEveryPoint(t *testing.T) {
	t.Parallel()
	r, err := measureFloor(t, scenario{points: 50, rate: 500, chunk: 1, times: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Latencies) != 50 {
		t.Fatalf("got %d latencies, want 50", len(r.Latencies))
	}
	for _, l := range r.Latencies {
		if d := time.Duration(l); d <= 0 || d > 5*time.Second {
			t.Errorf("a point was under way for %v", d)
		}
	}
}

// The floor writes to a connection that was reset, and ends.
func TestTrialTellsThatARelayEnded(t *testing.T) {
	t.Parallel()
	_, err := measureFloor(t, scenario{points: 20_000, rate: 20_000, chunk: 10, faults: []fault{{100 * time.Millisecond, "reset"}}})
	if err == nil || !strings.Contains(err.Error(), "the relay ended: ") {
		t.Errorf("got %v, want it told that the relay ended", err)
	}
}

func TestTrialStartsAKilledRelayAgain(t *testing.T) {
	for _, what := range []string{"kill", "stop"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			r, err := measureFloor(t, scenario{points: 20_000, rate: 20_000, chunk: 10, stall: time.Second,
				faults: []fault{{100 * time.Millisecond, what}}})
			if err != nil {
				t.Fatal(err)
			}
			if r.Sent.Reconnects == 0 || r.Came.Unique < 5000 || r.Lost != r.Sent.Points-r.Came.Unique {
				t.Errorf("%d connections made again, sent %d, came %d, lost %d",
					r.Sent.Reconnects, r.Sent.Points, r.Came.Unique, r.Lost)
			}
		})
	}
}

func TestTrialEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 600*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := measureFloorIn(ctx, t, scenario{points: 5000, rate: 500, chunk: 1})
	if err == nil || time.Since(start) > 4*time.Second {
		t.Errorf("got %v after %v, want an error at once", err, time.Since(start))
	}
}

func TestComparisonGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	floor, err := findPeer(floorRole, "")
	if err != nil {
		t.Fatal(err)
	}
	broken := peer{name: "broken", files: map[string]string{"command": "/bin/false\n{{.LineIn}}\n{{.Out}}"}}
	var progress, results bytes.Buffer
	c := comparison{peers: []peer{broken, floor}, at: testPlace(t), dir: t.TempDir(), progress: &progress, results: &results,
		scenarios: []scenario{scenario{name: "small", points: 1000, chunk: 10, reps: 1}.complete()}}
	all, err := c.run(t.Context())
	if err == nil || len(all) != 1 || all[0].Peer != floorRole {
		t.Errorf("got %d results, %v, want the floor's and an error", len(all), err)
	}
	if !strings.Contains(progress.String(), "small, broken: start ") || strings.Count(results.String(), "\n") != 1 {
		t.Errorf("told %q, wrote %q", &progress, &results)
	}
	if left, _ := os.ReadDir(c.dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestComparisonWritesItsPage runs the program as a person does.
func TestComparisonWritesItsPage(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "page.md")
	write(t, file, "# Page\n"+opening(comparisonSection)+"\nold\n"+closing(comparisonSection)+"\nend\n")
	var stdout, stderr bytes.Buffer
	args := strings.Fields("-scenario paced -peer floor -n 5000 -reps 1 -page " + file + " -dir " + t.TempDir())
	if err := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	b, err := os.ReadFile(file)
	for _, want := range []string{"# Page\n", "| lines, 100,000/s | floor |", "Measured on ", "\nend\n"} {
		if err != nil || !strings.Contains(string(b), want) || strings.Contains(string(b), "old") {
			t.Errorf("got %q, %v, want %q in it, and nothing old", b, err, want)
		}
	}
	if !strings.Contains(stdout.String(), "| lines, 100,000/s | floor |") {
		t.Errorf("printed %q, want the table too", &stdout)
	}
}

func TestComparisonDoesNotRepeatWhatIsSlow(t *testing.T) {
	t.Parallel()
	floor, err := findPeer(floorRole, "")
	if err != nil {
		t.Fatal(err)
	}
	c := comparison{peers: []peer{floor}, at: testPlace(t), dir: t.TempDir(), progress: &bytes.Buffer{}, slow: map[string]bool{"slow floor": true}}
	for _, name := range []string{"slow", "quick"} {
		c.scenarios = append(c.scenarios, scenario{name: name, points: 1000, chunk: 10, reps: 1}.complete())
	}
	if all, err := c.run(t.Context()); err != nil || len(all) != 1 || all[0].Scenario != "quick" {
		t.Errorf("got %d results, %v, want one, of what is quick", len(all), err)
	}
}

func measureFloor(t *testing.T, s scenario) (result, error) {
	return measureFloorIn(t.Context(), t, s)
}

func measureFloorIn(ctx context.Context, t *testing.T, s scenario) (result, error) {
	t.Helper()
	p, err := findPeer(floorRole, "")
	if err != nil {
		t.Fatal(err)
	}
	trial := trial{scenario: s.complete(), peer: p, dir: t.TempDir()}
	return trial.measure(ctx, testPlace(t))
}

func testPlace(t *testing.T) place {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return place{Bench: self}
}
