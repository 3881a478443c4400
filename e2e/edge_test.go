package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs/certstest"
)

// seedKey is the key that the hosted service's own documentation writes.
const seedKey = "YOUR-API-KEY"

// edge is a gateway as a hosted service's front door: every protocol, in the clear
// and within TLS, with tenants.
type edge struct {
	*gateway
	tlsLine, tlsPickle, http, https string // addresses, host:port
	ca                              *certstest.Issuer
	identity                        pair
}

// acme is the one tenant of most tests here.
const acme = `tenants:
  - {name: acme, keys: ["${env:ACME_KEY}"]}
`

// startEdge runs an edge; rest is what its configuration has beside the doors.
func startEdge(t *testing.T, rest string, environment ...string) *edge {
	t.Helper()
	e := &edge{tlsLine: freeAddress(t), tlsPickle: freeAddress(t), http: freeAddress(t), https: freeAddress(t)}
	e.ca = certstest.New(t, "The Edge's Authority")
	e.identity = issue(e.ca, "edge.example.net")
	security := fmt.Sprintf("tls: {cert: %q, key: %q}", e.identity.cert, e.identity.key)
	doors := fmt.Sprintf(`  - {protocol: line,   listen: "tls://%[1]s", %[5]s}
  - {protocol: pickle, listen: "tls://%[2]s", %[5]s}
  - {protocol: http,   listen: "tcp://%[3]s"}
  - {protocol: http,   listen: "tls://%[4]s", %[5]s}
`, e.tlsLine, e.tlsPickle, e.http, e.https, security)
	e.gateway = startGatewayWith(t, doors, rest, append(environment, "ACME_KEY="+seedKey)...)
	return e
}

// here replaces the hosted service's addresses in text by the edge's.
func (e *edge) here(text string) string {
	return strings.NewReplacer(
		`"YOUR-UID.carbon.hostedgraphite.com", 20030`, address(e.tlsLine),
		`"YOUR-UID.carbon.hostedgraphite.com", 2003`, address(e.line),
		`"carbon.hostedgraphite.com", 2004`, address(e.pickle),
		"https://www.hostedgraphite.com", "https://"+e.https,
		"http://www.hostedgraphite.com", "http://"+e.http,
	).Replace(text)
}

// address is host:port as Python writes it in a tuple.
func address(hostPort string) string { return fmt.Sprintf("%q, %s", "127.0.0.1", port(hostPort)) }

// awaitValue waits for a point with this name and value, whatever its time, and
// returns the line.
func (s *sink) awaitValue(within time.Duration, name, value string) (line string) {
	s.t.Helper()
	eventually(s.t, within, fmt.Sprintf("%s %s at the sink, which has %q", name, value, s.lines()), func() bool {
		for _, l := range s.lines() {
			if strings.HasPrefix(l, name+" "+value+" ") {
				line = l
				return true
			}
		}
		return false
	})
	return line
}

// checkNoKey fails the test if a key is in anything that the edge has shown.
func (e *edge) checkNoKey(keys ...string) {
	e.t.Helper()
	shown := map[string]string{"the status page": e.page("/status"), "the metrics": e.page("/metrics")}
	e.stop()
	shown["the log"] = e.said()
	shown["queue ls"] = queueCommand(e.t, e.data, "ls")
	shown["queue cat"] = queueCommand(e.t, e.data, "cat")
	for _, key := range keys {
		for where, text := range shown {
			if strings.Contains(strings.ToLower(text), strings.ToLower(key)) {
				e.t.Errorf("the key %q is shown by %s:\n%s", key, where, text)
			}
		}
	}
}

// queueCommand is what plumbago queue says of the data folder.
func queueCommand(t *testing.T, data, verb string) string {
	t.Helper()
	out, err := plumbago(t.TempDir(), "queue", verb, "--data-dir", data).CombinedOutput()
	if err != nil {
		t.Fatalf("queue %s: %v\n%s", verb, err, out)
	}
	return string(out)
}
