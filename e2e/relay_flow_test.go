package e2e_test

import (
	"fmt"
	"maps"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// history is some series' values, by name and second.
type history map[string]map[int64]float64

// newHistory makes five series of twenty seconds each, in the recent past.
func newHistory(prefix string, now int64) history {
	h := history{}
	for s := range 5 {
		values := map[int64]float64{}
		for second := range int64(20) {
			values[now-60+second] = float64(s*1000) + float64(second) + 0.25
		}
		h[fmt.Sprintf("%s.series-%d", prefix, s)] = values
	}
	return h
}

func (h history) lines() string {
	var b strings.Builder
	for name, values := range h {
		for second, v := range values {
			fmt.Fprintf(&b, "%s %v %d\n", name, v, second)
		}
	}
	return b.String()
}

// checkWritten waits until whisper-fetch reads the same from the database.
func (h history) checkWritten(t *testing.T, database string, now int64) {
	t.Helper()
	for name, want := range h {
		var got map[int64]float64
		for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
			if got = whisperFetch(t, database, name, now-120, now); maps.Equal(got, want) {
				break
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: whisper-fetch reads %v, want %v", name, got, want)
		}
	}
}

// relayFlow is a way from a client to carbon's database.
type relayFlow struct {
	name        string
	destination func(carbon) string // of the gateway, as a URL's host:port
	protocol    string              // of the gateway's destination
	send        func(t *testing.T, g *gateway, lines string)
}

var relayFlows = []relayFlow{
	{"carbon-relay, pickle in and out", func(c carbon) string { return c.pickle }, "pickle",
		func(t *testing.T, g *gateway, lines string) {
			sendLines(t, startRelay(t, g.pickle, "pickle").line, lines)
		}},
	{"carbon-relay, lines in and out", func(c carbon) string { return c.line }, "line",
		func(t *testing.T, g *gateway, lines string) {
			sendLines(t, startRelay(t, g.line, "line").line, lines)
		}},
	{"netcat, UDP in and pickle out", func(c carbon) string { return c.pickle }, "pickle",
		func(t *testing.T, g *gateway, lines string) { netcat(t, lines, "-u", g.udp) }},
	{"netcat, lines in and pickle out", func(c carbon) string { return c.pickle }, "pickle",
		func(t *testing.T, g *gateway, lines string) { netcat(t, lines, "", g.line) }},
}

func TestPointsOfRealClientsReachCarbonsDatabase(t *testing.T) {
	t.Parallel()
	cache := startCache(t)
	now := time.Now().Unix()
	for i, f := range relayFlows {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			g := startGateway(t, destinations(fmt.Sprintf(`{name: cache, type: carbon, address: "tcp://%s", protocol: %s}`,
				f.destination(cache), f.protocol)))
			points := newHistory(fmt.Sprintf("flow-%d", i), now)
			f.send(t, g, points.lines())
			points.checkWritten(t, cache.whisper, now)
			g.checkIdentity("cache")
		})
	}
}

func sendLines(t *testing.T, address, lines string) {
	t.Helper()
	if _, err := dial(t, address).Write([]byte(lines)); err != nil {
		t.Fatalf("send lines to %s: %v", address, err)
	}
}

// netcat sends text with nc, in mode "" for TCP and "-u" for UDP.
func netcat(t *testing.T, text, mode, address string) {
	t.Helper()
	args := []string{"-q0", "127.0.0.1", port(address)}
	if mode != "" {
		args = append([]string{mode}, args...)
	}
	cmd := exec.Command(program(t, "nc", "netcat-openbsd"), args...)
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("nc %v: %v\n%s", args, err, out)
	}
}
