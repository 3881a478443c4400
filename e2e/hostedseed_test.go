package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The files of a hosted service's customer, as its documentation has them: the local
// carbon, and the service behind stunnel. %s stand for ports and paths.
const (
	customersCarbon = `[cache]
LINE_RECEIVER_PORT = %[1]s
PICKLE_RECEIVER_PORT = %[2]s

[relay]
STORAGE_DIR = %[3]s/
RELAY_METHOD = rules
DESTINATIONS = localhost:20041:stunnel, 127.0.0.1:%[2]s
LINE_RECEIVER_PORT = %[4]s
PICKLE_RECEIVER_PORT = %[5]s
`
	customersRules = `[default]
default = true
destinations = localhost:20041:stunnel, 127.0.0.1:%[1]s
`
	customersStunnel = `foreground = yes

[hg-tls]
client = yes
accept = 20041
connect = %[1]s
verify = 2
CAfile = %[2]s
#CApath = /etc/ssl/certs
`
)

// startMigrated runs a gateway on what migrate makes of the files of a customer with
// a local carbon, of the edge and without any stunnel.
func startMigrated(t *testing.T, local carbon, e *edge) *gateway {
	t.Helper()
	dir := t.TempDir()
	g := &gateway{t: t, config: filepath.Join(dir, "plumbago.yml"), data: filepath.Join(dir, "plumbago-a"),
		line: freeAddress(t), pickle: freeAddress(t), admin: freeAddress(t)}
	writeFile(t, filepath.Join(dir, "carbon.conf"), fmt.Sprintf(customersCarbon,
		port(local.line), port(local.pickle), dir, port(g.line), port(g.pickle)))
	writeFile(t, filepath.Join(dir, "relay-rules.conf"), fmt.Sprintf(customersRules, port(local.pickle)))
	writeFile(t, filepath.Join(dir, "stunnel.conf"), fmt.Sprintf(customersStunnel, e.tlsPickle, e.ca.CA))

	migrate := plumbago(dir, "migrate", "--stunnel", "stunnel.conf", "carbon.conf")
	var told strings.Builder
	migrate.Stderr = &told
	yml, _ := migrate.Output() // it tells of carbon's own metrics by its status
	if n := strings.Count(told.String(), "\n"); n != 1 || !strings.Contains(told.String(), "CARBON_METRIC_INTERVAL") {
		t.Errorf("migrate told of %q, want carbon's own metrics alone", told.String())
	}
	writeFile(t, g.config, fmt.Sprintf("%sadmin: {listen: \"tcp://%s\"}\n", yml, g.admin))
	if out, err := plumbago(dir, "check", g.config).CombinedOutput(); err != nil {
		t.Fatalf("check: %v\n%s\n%s", err, out, yml)
	}
	t.Cleanup(g.checkNoPanic)
	g.start()
	return g
}

func TestWhatMigrateMakesFeedsTheLocalCarbonAndTheHostedService(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	e := startEdge(t, acme+to(far))
	cache := startCache(t)
	g := startMigrated(t, cache, e)

	const local = "127.0.0.1"
	now := time.Now().Unix()
	atCache := func(name string, value float64) {
		t.Helper()
		eventually(t, 10*time.Second, name+" in carbon's database", func() bool {
			return whisperFetch(t, cache.whisper, name, now-120, now)[now-60] == value
		})
	}
	send := func(name string) {
		t.Helper()
		sendLines(t, g.line, fmt.Sprintf("%s.%s 7 %d\n", seedKey, name, now-60))
	}
	arrived := func(name string) { t.Helper(); far.await(10*time.Second, fmt.Sprintf("acme.%s 7 %d", name, now-60)) }

	send("both")
	arrived("both")
	atCache(seedKey+".both", 7)

	e.kill()
	send("without.service")
	atCache(seedKey+".without.service", 7)
	if a := g.checkIdentity("hg-tls"); a.waiting == 0 {
		t.Errorf("%+v, want the point to wait for the service", a)
	}
	e.start()
	arrived("without.service")

	cache.kill()
	send("without.cache")
	arrived("without.cache")
	dest := local + "-" + port(cache.pickle)
	if a := g.checkIdentity(dest); a.waiting+a.confirming == 0 || a.dropped != 0 {
		t.Errorf("%+v, want the point to wait for the local carbon", a)
	}
	if _, err := os.Stat(filepath.Join(g.data, "queue", "hg-tls")); err != nil {
		t.Errorf("the service has no queue of its own: %v", err)
	}
}
