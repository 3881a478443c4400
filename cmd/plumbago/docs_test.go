package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/internal/certs/certstest"
	"github.com/plumbago/plumbago/metric"
	"github.com/prometheus/client_golang/prometheus"
)

// TestMetricsPage holds docs/metrics.md against what a gateway registers.
func TestMetricsPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(plumbago_[a-z_]+)`").FindAllSubmatch(page, -1) {
		documented = append(documented, string(m[1]))
	}
	slices.Sort(documented)
	if diff := cmp.Diff(registered(t), documented); diff != "" {
		t.Errorf("docs/metrics.md and the metrics differ (-registered +documented):\n%s", diff)
	}
	for _, r := range metric.Reasons {
		if !regexp.MustCompile("(?m)^\\| `" + string(r) + "` ").Match(page) {
			t.Errorf("docs/metrics.md does not explain the reason %q", r)
		}
	}
}

// registered lists the names of the gateway's own metrics, sorted.
func registered(t *testing.T) []string {
	dir := t.TempDir()
	file := filepath.Join(dir, "p.yml")
	cert, key := certstest.New(t, "authority").Issue("localhost")
	text := fmt.Sprintf(everyKind, dir, cert, key)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := fromYML(file, &database{})
	if err != nil {
		t.Fatal(err)
	}
	names := &recorder{names: map[string]bool{}}
	g, err := birth{}.newGateway(s, slog.New(slog.DiscardHandler), names)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(g.relay.Close(), g.admin.Close()); err != nil {
		t.Error(err)
	}
	return names.sorted()
}

// everyKind is a configuration with something of every kind that has metrics.
const everyKind = `data_dir: %s
receive:
  - {protocol: line, listen: "tcp://127.0.0.1:0"}
  - {protocol: slack, token: xoxb-some-secret, channel: metrics}
  - {protocol: nats, nats: {servers: ["nats://127.0.0.1:1"]}}
  - {protocol: http, listen: "tls://127.0.0.1:0", tls: {cert: %s, key: %s}}
tenants: [{name: acme, keys: [some-secret-key], limits: {live_metrics: 10}}]
deliver:
  - {name: a, type: carbon, address: "tcp://127.0.0.1:1", protocol: line}
  - {name: b, type: hostedgraphite, address: "https://127.0.0.1:1", key: some-secret-key}
  - {name: files, type: whisper}
  - {name: f, type: remote_write, address: "https://127.0.0.1:1/api/v1/write"}
  - {name: d, type: slack, token: xoxb-some-secret, channel: metrics}
  - {name: e, type: nats, nats: {servers: ["nats://127.0.0.1:1"]}}
  - {name: c, type: blueflood, address: "https://127.0.0.1:1", tenant: "1", auth: {url: "https://127.0.0.1:1", user: u, key: some-secret-key}}
admin: {listen: "tcp://127.0.0.1:0"}
`

// recorder notes the names of what is registered.
type recorder struct {
	prometheus.Registry
	names map[string]bool
}

func (r *recorder) Register(c prometheus.Collector) error {
	descs := make(chan *prometheus.Desc, 1000)
	c.Describe(descs)
	close(descs)
	for d := range descs {
		m := regexp.MustCompile(`fqName: "(plumbago_[a-z_]+)"`).FindStringSubmatch(d.String())
		if m != nil {
			r.names[m[1]] = true
		}
	}
	return nil
}

func (r *recorder) MustRegister(cs ...prometheus.Collector) {
	for _, c := range cs {
		r.Register(c)
	}
}

func (r *recorder) Unregister(prometheus.Collector) bool { return true }

func (r *recorder) sorted() []string {
	var list []string
	for n := range r.names {
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}
