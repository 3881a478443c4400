package e2e_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs/certstest"
)

// startStunnel runs Debian's stunnel4 with one service and returns the address
// that it accepts on.
func startStunnel(t *testing.T, service string) (accept string) {
	t.Helper()
	accept = freeAddress(t)
	conf := filepath.Join(t.TempDir(), "stunnel.conf")
	writeFile(t, conf, fmt.Sprintf("foreground = yes\npid =\n[hg-tls]\naccept = %s\n%s", accept, service))
	p := start(t, exec.Command(program(t, "stunnel4", "stunnel4"), conf))
	eventually(t, 10*time.Second, "stunnel listening", func() bool {
		if !p.running() {
			t.Fatalf("stunnel ended at its start:\n%s", p.output.String())
		}
		return p.output.contains("Configuration successful")
	})
	return accept
}

// As the hosted service's customers do: carbon-relay.py, and stunnel with the
// authority's certificate, to the pickle port within TLS.
func TestCarbonRelayThroughStunnelReachesTheEdge(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	e := startEdge(t, acme+to(far))
	tunnel := startStunnel(t, fmt.Sprintf("client = yes\nconnect = %s\nverify = 2\nCAfile = %s\n", e.tlsPickle, e.ca.CA))
	relay := startRelay(t, tunnel, "pickle")
	for n := range 100 {
		sendLines(t, relay.line, fmt.Sprintf("%s.through.stunnel-%d %d 1700000000\n", seedKey, n, n))
	}
	for n := range 100 {
		far.await(15*time.Second, fmt.Sprintf("acme.through.stunnel-%d %d 1700000000", n, n))
	}
	e.checkNoKey(seedKey)
}

func TestTheGatewayThroughAStunnelServerReachesCarbonsDatabase(t *testing.T) {
	t.Parallel()
	cache := startCache(t)
	ca := certstest.New(t, "The Service's Authority")
	server := issue(ca, "carbon.example.net")
	tunnel := startStunnel(t, fmt.Sprintf("connect = %s\ncert = %s\nkey = %s\n", cache.pickle, server.cert, server.key))
	g := startGateway(t, destinations(fmt.Sprintf(
		`{name: hosted, type: carbon, address: "tls://localhost:%s", protocol: pickle, tls: {ca: %q}}`, port(tunnel), ca.CA)))
	now := time.Now().Unix()
	h := newHistory("tls", now)
	sendLines(t, g.line, h.lines())
	h.checkWritten(t, cache.whisper, now)
	g.checkIdentity("hosted")
}
