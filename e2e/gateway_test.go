package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// gateway is a running plumbago with a line door on TCP and UDP, a pickle door,
// and an admin page, all on loopback, and with its data in a folder of its own.
// It may be ended and started again, with the same addresses and data.
type gateway struct {
	*process
	t                        *testing.T
	config, data             string // paths
	line, udp, pickle, admin string // addresses, host:port
	environment              []string
	before                   string // what it said in earlier lives
	program                  string // instead of the binary under test; "" for that
}

// doors is the part of the configuration that all gateways here share.
const doors = `data_dir: %q
receive:
  - {protocol: line,   listen: "tcp://%s"}
  - {protocol: line,   listen: "udp://%s"}
  - {protocol: pickle, listen: "tcp://%s"}
%sadmin: {listen: "tcp://%s"}
`

// startGateway runs a gateway with the usual doors; rest is the configuration's
// remainder, and environment is added to the process's.
func startGateway(t *testing.T, rest string, environment ...string) *gateway {
	t.Helper()
	return startGatewayWith(t, "", rest, environment...)
}

// startGatewayWith is startGateway with more entries of receive.
func startGatewayWith(t *testing.T, moreDoors, rest string, environment ...string) *gateway {
	t.Helper()
	g := newGatewayWith(t, moreDoors, rest, environment...)
	g.start()
	return g
}

// newGatewayWith is startGatewayWith without the start.
func newGatewayWith(t *testing.T, moreDoors, rest string, environment ...string) *gateway {
	t.Helper()
	dir := t.TempDir()
	line := freeAddress(t)
	g := &gateway{t: t, config: filepath.Join(dir, "plumbago.yml"), data: filepath.Join(dir, "data"),
		line: line, udp: line, pickle: freeAddress(t), admin: freeAddress(t), environment: environment}
	yml := fmt.Sprintf(doors, g.data, g.line, g.udp, g.pickle, moreDoors, g.admin) + rest
	if err := os.WriteFile(g.config, []byte(yml), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.checkNoPanic)
	return g
}

// to is the configuration of one destination that gets everything.
func to(far *sink) string {
	return destinations(fmt.Sprintf(`{name: sink, type: carbon, address: "tcp://%s", protocol: %s}`, far.address, far.protocol))
}

// destinations is the configuration of several, each of which gets everything.
func destinations(list ...string) string {
	var names, entries strings.Builder
	for _, d := range list {
		name, _, _ := strings.Cut(strings.TrimPrefix(d, "{name: "), ",")
		fmt.Fprintf(&names, "%s, ", name)
		fmt.Fprintf(&entries, "  - %s\n", d)
	}
	return fmt.Sprintf("route:\n  - {to: [%s]}\ndeliver:\n%s", strings.TrimSuffix(names.String(), ", "), &entries)
}

// plumbago is the binary under test, about to run in dir.
func plumbago(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Getenv(binaryVariable), args...)
	cmd.Dir = dir
	return cmd
}

// start begins a life of the gateway, and returns when it takes points.
func (g *gateway) start() {
	g.t.Helper()
	if g.process != nil {
		g.before += g.output.String()
	}
	cmd := plumbago(filepath.Dir(g.config), "serve", "--config", g.config)
	if g.program != "" {
		cmd.Path = g.program
		cmd.Args[0] = g.program
	}
	cmd.Env = append(os.Environ(), g.environment...)
	g.process = start(g.t, cmd)
	awaitReady(g.t, g.process, g.admin)
}

func awaitReady(t *testing.T, p *process, admin string) {
	t.Helper()
	eventually(t, 10*time.Second, "the gateway ready", func() bool {
		if !p.running() {
			t.Fatalf("the gateway ended at its start:\n%s", p.output.String())
		}
		status, _, err := get("http://" + admin + "/readyz")
		return err == nil && status == http.StatusOK
	})
}

// stop ends the gateway as an operator does, and expects it to end well.
func (g *gateway) stop() {
	g.t.Helper()
	g.signal(syscall.SIGTERM)
	g.stopped()
}

// stopped waits for the end of a gateway that was told to stop.
func (g *gateway) stopped() {
	g.t.Helper()
	if status := g.wait(10 * time.Second); status != 0 {
		g.t.Errorf("exit status %d after SIGTERM, want 0", status)
	}
}

// said is everything that the gateway logged, in all its lives.
func (g *gateway) said() string { return g.before + g.output.String() }

func (g *gateway) checkNoPanic() {
	if s := g.said(); strings.Contains(s, "panic:") || strings.Contains(s, "fatal error:") {
		g.t.Errorf("the gateway panicked:\n%s", s)
	}
}

// page returns what the admin listener shows at path.
func (g *gateway) page(path string) string {
	g.t.Helper()
	status, body, err := get("http://" + g.admin + path)
	if err != nil || status != http.StatusOK {
		g.t.Fatalf("GET %s: status %d, error %v", path, status, err)
	}
	return body
}

func get(url string) (status int, body string, err error) {
	client := http.Client{Timeout: 5 * time.Second}
	r, err := client.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return r.StatusCode, string(b), err
}

// metrics is a scrape: values by the text of name and labels.
type metrics map[string]float64

func (g *gateway) metrics() metrics {
	g.t.Helper()
	m := metrics{}
	lines := bufio.NewScanner(strings.NewReader(g.page("/metrics")))
	for lines.Scan() {
		at := strings.LastIndexByte(lines.Text(), ' ')
		if strings.HasPrefix(lines.Text(), "#") || at < 0 {
			continue
		}
		v, err := strconv.ParseFloat(lines.Text()[at+1:], 64)
		if err != nil {
			g.t.Fatalf("metrics: %v in %q", err, lines.Text())
		}
		m[lines.Text()[:at]] = v
	}
	return m
}

// sum adds up every series of the name that has all the labels, each written as
// label="value".
func (m metrics) sum(name string, labels ...string) (total float64) {
	for series, v := range m {
		base, has, _ := strings.Cut(series, "{")
		if base == name && containsAll(has, labels) {
			total += v
		}
	}
	return total
}

func containsAll(s string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}

// received is the number of points that came through all doors.
func (m metrics) received() float64 { return m.sum("plumbago_receive_points_total") }

func (m metrics) rejected(labels ...string) float64 {
	return m.sum("plumbago_receive_rejected_total", labels...)
}

// awaitDrained waits until nothing waits for the destination any more.
func (g *gateway) awaitDrained(dest string, within time.Duration) {
	g.t.Helper()
	eventually(g.t, within, "the queue of "+dest+" drained", func() bool { return g.metrics().account(dest).waiting == 0 })
}

// account is one destination's side of the identity.
type account struct{ recovered, appended, delivered, waiting, confirming, dropped float64 }

func (m metrics) account(dest string) account {
	label := fmt.Sprintf("dest=%q", dest)
	return account{
		recovered:  m.sum("plumbago_queue_recovered_points_total", label),
		appended:   m.sum("plumbago_queue_appended_points_total", label),
		delivered:  m.sum("plumbago_queue_delivered_points_total", label),
		dropped:    m.sum("plumbago_queue_dropped_points_total", label),
		waiting:    m.sum("plumbago_queue_points", label, `state="waiting"`),
		confirming: m.sum("plumbago_queue_points", label, `state="confirming"`),
	}
}

func (a account) in() float64 { return a.recovered + a.appended }

func (a account) balanced() bool {
	return a.in() == a.delivered+a.waiting+a.confirming+a.dropped
}

// checkIdentity fails the test unless every point that reached the destination's
// queue is delivered, queued, or counted as dropped.
func (g *gateway) checkIdentity(dest string) account {
	g.t.Helper()
	m := g.metrics()
	if _, shown := m[fmt.Sprintf("plumbago_queue_appended_points_total{dest=%q}", dest)]; !shown {
		g.t.Fatalf("no metrics of the destination %q", dest)
	}
	a := m.account(dest)
	if a.balanced() {
		return a
	}
	g.t.Errorf("%s: recovered + appended = %.0f, but delivered + queued + dropped = %.0f: %+v",
		dest, a.in(), a.delivered+a.waiting+a.confirming+a.dropped, a)
	return a
}
