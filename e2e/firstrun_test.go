package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The addresses of a gateway without a configuration file.
const (
	defaultLine  = "127.0.0.1:2003"
	defaultAdmin = "127.0.0.1:8090"
)

// TestAFreshClone does what the README says: start it, send a point with netcat,
// and ask for it; and for a destination that is down, look into the queue. The
// default ports can be in use by another test or a real carbon; the rest is shown
// all the same.
func TestAFreshClone(t *testing.T) {
	t.Run("default configuration", func(t *testing.T) {
		if !free(defaultLine) || !free("127.0.0.1:2004") || !free(defaultAdmin) {
			t.Skip("a default port is in use on this machine")
		}
		dir := t.TempDir()
		p := start(t, plumbago(dir, "serve"))
		awaitReady(t, p, defaultAdmin)
		netcat(t, "hello.world 42\n", "", defaultLine)
		eventually(t, 10*time.Second, "the point drawn", func() bool {
			status, body, err := get("http://" + defaultAdmin + "/render?target=hello.*&from=-5min&format=json")
			return err == nil && status == 200 && strings.Contains(body, "[42.0,")
		})
	})
	t.Run("own configuration", func(t *testing.T) {
		far := newSink(t, "line")
		far.down()
		g := startGateway(t, to(far))
		netcat(t, "a.b 1\n", "", g.line)
		awaitInQueue(t, g.data, "a.b 1 ", "--config", g.config)
		g.stop()
		awaitInQueue(t, g.data, "a.b 1 ", "--config", g.config)
	})
}

// awaitInQueue waits until `plumbago queue cat`, run in dir, shows a line with
// the beginning given, whose time is now.
func awaitInQueue(t *testing.T, dir, beginning string, args ...string) {
	t.Helper()
	eventually(t, 10*time.Second, fmt.Sprintf("queue cat showing %q", beginning), func() bool {
		for line := range strings.Lines(queueCat(t, dir, args...)) {
			if strings.HasPrefix(line, beginning) {
				return recent(t, strings.TrimSpace(line))
			}
		}
		return false
	})
}

func recent(t *testing.T, line string) bool {
	t.Helper()
	age := float64(time.Now().Unix()) - parsePoint(t, line).timestamp
	return -2 <= age && age < 60
}

func queueCat(t *testing.T, dir string, args ...string) string {
	t.Helper()
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	out, err := plumbago(dir, append([]string{"queue", "cat"}, args...)...).Output()
	if exit, ok := err.(*exec.ExitError); ok {
		t.Fatalf("queue cat: %v\n%s", err, exit.Stderr)
	}
	return string(out)
}
