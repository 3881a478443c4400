package e2e_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Keys of tenants. That of gamma is configured by its digest only.
const (
	acmeKey  = seedKey
	betaKey  = "0b5e7a11-5ec2-4e7c-b0a7-661ff1afb5c1"
	gammaKey = "99999999-5555-2222-aaaa-661ff1afb5c1"
)

func digest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func threeTenants() string {
	return fmt.Sprintf(`tenants:
  - {name: acme, keys: ["${env:ACME_KEY}"]}
  - {name: beta, keys: ["${env:BETA_KEY}"], as: tag}
  - {name: gamma, keys: [%q], as: none}
`, digest(gammaKey))
}

func TestTenantsAreToldApartByTheKeysInFrontOfNames(t *testing.T) {
	t.Parallel()
	far, ofBeta, plain := newSink(t, "line"), newSink(t, "line"), newSink(t, "pickle")
	e := startEdge(t, threeTenants()+fmt.Sprintf(`route:
  - {tenants: [beta], to: [ofbeta], continue: true}
  - {to: [all, plain]}
deliver:
  - {name: all, type: carbon, address: "tcp://%s", protocol: line}
  - {name: ofbeta, type: carbon, address: "tcp://%s", protocol: line, tenant_as: prefix}
  - {name: plain, type: carbon, address: "tcp://%s", protocol: pickle, tenant_as: none}
`, far.address, ofBeta.address, plain.address), "BETA_KEY="+betaKey)
	sendLines(t, e.line, strings.Join([]string{
		acmeKey + ".web.hits 1 1700000000",
		strings.ToUpper(betaKey) + ".web.hits;dc=eu 2 1700000000",
		gammaKey + ".web.hits 3 1700000000",
		"00000000-0000-0000-0000-000000000000.web.hits 4 1700000000",
		"web.hits 5 1700000000",
		acmeKey + ".web.bad x 1700000000",
	}, "\n")+"\n")
	far.await(5*time.Second, "acme.web.hits 1 1700000000")
	far.await(5*time.Second, "web.hits;dc=eu;tenant=beta 2 1700000000")
	far.await(5*time.Second, "web.hits 3 1700000000")
	ofBeta.await(5*time.Second, "beta.web.hits;dc=eu 2 1700000000")
	for _, line := range []string{"web.hits 1 1700000000", "web.hits;dc=eu 2 1700000000", "web.hits 3 1700000000"} {
		plain.await(5*time.Second, line)
	}
	if far.distinct() != 3 || ofBeta.distinct() != 1 || plain.distinct() != 3 {
		t.Errorf("got %q, %q and %q, want three, one and three lines", far.lines(), ofBeta.lines(), plain.lines())
	}
	m := e.metrics()
	if n := m.sum("plumbago_tenant_dropped_points_total", `reason="unknown_tenant"`); n != 2 {
		t.Errorf("%.0f points of unknown tenants counted, want 2", n)
	}
	if n := m.sum("plumbago_tenant_points_total", `tenant="acme"`, `protocol="line"`); n != 1 {
		t.Errorf("%.0f points of acme counted, want 1", n)
	}
	if want := `msg="points not let in"`; !e.output.contains(want) || !e.output.contains(`text="***.web.hits 4 1700000000"`) {
		t.Errorf("the log has no %s with a sample without its key:\n%s", want, e.output.String())
	}
	if page := e.page("/status"); !strings.Contains(page, "acme") || !strings.Contains(page, "gamma") {
		t.Errorf("the status page does not show the tenants:\n%s", page)
	}
	e.checkNoKey(acmeKey, betaKey, gammaKey, "00000000-0000-0000-0000-000000000000")
}

func TestUnknownKeysGoToQuarantineUnreadable(t *testing.T) {
	t.Parallel()
	far, jail := newSink(t, "line"), newSink(t, "line")
	e := startEdge(t, acme+"unknown_tenant: quarantine\nquarantine: jail\n"+fmt.Sprintf(`route:
  - {to: [all]}
deliver:
  - {name: all, type: carbon, address: "tcp://%s", protocol: line}
  - {name: jail, type: carbon, address: "tcp://%s", protocol: line}
`, far.address, jail.address))
	sendLines(t, e.line, gammaKey+".web.hits 4 1700000000\n"+acmeKey+".ok 1 1700000000\n")
	sum := sha256.Sum256([]byte(gammaKey))
	jail.await(5*time.Second, "key-"+hex.EncodeToString(sum[:4])+".web.hits 4 1700000000")
	far.await(5*time.Second, "acme.ok 1 1700000000")
	if far.distinct() != 1 || jail.distinct() != 1 {
		t.Errorf("got %q and %q, want one line each", far.lines(), jail.lines())
	}
	e.checkNoKey(acmeKey, gammaKey)
}

func TestUnknownKeysCloseTheirConnectionWherePolicySaysReject(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	e := startEdge(t, acme+"unknown_tenant: reject\n"+to(far))
	c := dial(t, e.line)
	fmt.Fprintf(c, "%s.good 1 1700000000\n%s.bad 1 1700000000\n", acmeKey, gammaKey)
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Errorf("got %v, want the connection closed", err)
	}
	far.await(5*time.Second, "acme.good 1 1700000000")
	e.checkNoKey(acmeKey, gammaKey)
}

// A key is rotated by a reload: the connections stay, the old key is nobody's.
func TestKeysAreRotatedWithoutARestart(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	keys := t.TempDir() + "/key"
	writeFile(t, keys, acmeKey+"\n")
	e := startEdge(t, fmt.Sprintf("tenants:\n  - {name: acme, keys: [\"${file:%s}\"]}\n", keys)+to(far))
	c := dial(t, e.line)
	fmt.Fprintf(c, "%s.before 1 1700000000\n", acmeKey)
	far.await(5*time.Second, "acme.before 1 1700000000")
	writeFile(t, keys, betaKey)
	e.signal(syscall.SIGHUP)
	eventually(t, 5*time.Second, "the reload in the log", func() bool { return e.output.contains("reloaded") })
	fmt.Fprintf(c, "%s.old 1 1700000000\n%s.new 1 1700000000\n", acmeKey, betaKey)
	far.await(5*time.Second, "acme.new 1 1700000000")
	if far.has("acme.old 1 1700000000") {
		t.Error("the old key is still taken")
	}
	e.checkNoKey(acmeKey, betaKey)
}

func TestTenantsAreToldApartByAddressAndListener(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	own, proxied := freeAddress(t), freeAddress(t)
	g := startGatewayWith(t, fmt.Sprintf(`  - {protocol: line, listen: "tcp://%s", tenant: ours}
  - {protocol: line, listen: "tcp://%s", proxy_from: [127.0.0.1]}
`, own, proxied), `tenants:
  - {name: ours, keys: ["00000000-1111"]}
  - {name: office, allow: [192.0.2.0/24, "2001:db8::/32"]}
  - {name: local, allow: [127.0.0.2/32]}
`+to(far))
	sendLines(t, own, "by.listener 1 1700000000\n")
	far.await(5*time.Second, "ours.by.listener 1 1700000000")
	sendLines(t, proxied, "PROXY TCP4 192.0.2.7 127.0.0.1 4711 2003\r\nby.proxy.v1 1 1700000000\n")
	far.await(5*time.Second, "office.by.proxy.v1 1 1700000000")
	v2 := "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x08\x7f\x00\x00\x01\x10\x00\x07\xd3"
	sendLines(t, proxied, v2+"by.proxy.v2 1 1700000000\n")
	far.await(5*time.Second, "office.by.proxy.v2 1 1700000000")

	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	c, err := from.Dial("tcp", g.line)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "by.address 1 1700000000\n")
	far.await(5*time.Second, "local.by.address 1 1700000000")
	udp := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	u, err := udp.Dial("udp", g.udp)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	fmt.Fprint(u, "by.udp.address 1 1700000000\n")
	far.await(5*time.Second, "local.by.udp.address 1 1700000000")

	sendLines(t, g.line, "PROXY TCP4 192.0.2.7 127.0.0.1 4711 2003\r\nnobodys 1 1700000000\n") // not trusted there
	eventually(t, 5*time.Second, "a point of nobody's counted", func() bool {
		return g.metrics().sum("plumbago_tenant_dropped_points_total", `reason="unknown_tenant"`) == 1
	})
}

func TestLimitsHoldATenantAndNobodyElse(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	e := startEdge(t, `tenants:
  - {name: acme, keys: ["${env:ACME_KEY}"], limits: {live_metrics: 100}}
  - {name: beta, keys: ["${env:BETA_KEY}"], limits: {points_per_second: 1, burst: 50}}
`+to(far), "BETA_KEY="+betaKey)
	var lines strings.Builder
	for n := range 300 {
		fmt.Fprintf(&lines, "%s.m%d 1 1700000000\n%s.m%d 1 1700000000\n", acmeKey, n, betaKey, n)
	}
	sendLines(t, e.line, lines.String())
	eventually(t, 5*time.Second, "all points decided on", func() bool {
		m := e.metrics()
		return m.sum("plumbago_tenant_points_total")+m.sum("plumbago_tenant_dropped_points_total") == 600
	})
	m := e.metrics()
	if n := m.sum("plumbago_tenant_points_total", `tenant="acme"`); n != 100 {
		t.Errorf("%.0f points of acme passed, want 100", n)
	}
	if n := m.sum("plumbago_tenant_points_total", `tenant="beta"`); n < 50 || n > 60 {
		t.Errorf("%.0f points of beta passed, want 50 or a few more", n)
	}
	if n := m.sum("plumbago_tenant_dropped_points_total", `tenant="acme"`, `reason="live_metrics"`); n != 200 {
		t.Errorf("%.0f new metrics of acme refused, want 200", n)
	}
	sendLines(t, e.line, acmeKey+".m7 2 1700000001\n") // known: passes
	far.await(5*time.Second, "acme.m7 2 1700000001")

	status, answer := e.curl(t, strings.Repeat("m 1 1700000000\n", 40), "-i", "-u", betaKey+":", e.sinkURL())
	if status != "429" || !strings.Contains(answer, "Retry-After: ") {
		t.Errorf("got %s %q, want 429 with Retry-After", status, answer)
	}
	e.checkNoKey(acmeKey, betaKey)
}
