package e2e_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs/certstest"
)

// serverWith listens on loopback with a certificate and completes handshakes.
func serverWith(t *testing.T, p pair) (address string) {
	t.Helper()
	c, err := tls.LoadX509KeyPair(p.cert, p.key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{c}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { c.(*tls.Conn).Handshake(); c.Close() }()
		}
	}()
	return l.Addr().String()
}

func TestACertificateThatDoesNotHoldIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	trusted, other := certstest.New(t, "Trusted"), certstest.New(t, "Someone Else")
	for _, c := range []struct {
		name   string
		server pair
		want   string
	}{
		{"wrong authority", issue(other, "localhost"), `was issued by \"CN=Someone Else\", which is not in`},
		{"expired", issue(trusted, "localhost", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }), "expired on"},
		{"wrong name", issue(trusted, "elsewhere.example.net", func(c *x509.Certificate) {
			c.DNSNames, c.IPAddresses = []string{"elsewhere.example.net"}, nil
		}), `is for elsewhere.example.net, not for \"localhost\"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := startGateway(t, destinations(fmt.Sprintf(
				`{name: hosted, type: carbon, address: "tls://localhost:%s", protocol: line, tls: {ca: %q}}`,
				port(serverWith(t, c.server)), trusted.CA)))
			eventually(t, 10*time.Second, fmt.Sprintf("%q in the log", c.want), func() bool { return g.output.contains(c.want) })
		})
	}
}

func TestSkippingVerificationWarnsAtEveryStart(t *testing.T) {
	t.Parallel()
	g := startGateway(t, destinations(fmt.Sprintf(
		`{name: hosted, type: carbon, address: "tls://%s", protocol: line, tls: {insecure_skip_verify: true}}`, freeAddress(t))))
	if !g.output.contains("certificate is not verified") {
		t.Errorf("the log does not warn:\n%s", g.said())
	}
}

// Certificates are renewed by files that change, and on SIGHUP; connections stay.
func TestARenewedCertificateIsTakenUpWithoutClosingConnections(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		renew func(*edge)
	}{
		{"by themselves", func(*edge) {}},
		{"on SIGHUP", func(e *edge) { e.signal(syscall.SIGHUP) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			far := newSink(t, "line")
			e := startEdge(t, acme+to(far))
			old, err := dialTLS(t, e.tlsLine, e.ca.Trust())
			if err != nil {
				t.Fatal(err)
			}
			before := old.ConnectionState().PeerCertificates[0].SerialNumber
			issue(e.ca, "edge.example.net") // into the same files
			c.renew(e)
			eventually(t, 15*time.Second, "the new certificate shown", func() bool {
				fresh, err := dialTLS(t, e.tlsLine, e.ca.Trust())
				return err == nil && fresh.ConnectionState().PeerCertificates[0].SerialNumber.Cmp(before) != 0
			})
			fmt.Fprintf(old, "%s.old.connection 1 1700000000\n", seedKey)
			far.await(5*time.Second, "acme.old.connection 1 1700000000")
			expiry := e.metrics().sum("plumbago_receive_certificate_expiry_timestamp_seconds", "line+tls")
			if left := time.Until(time.Unix(int64(expiry), 0)); left < 300*24*time.Hour || left > 400*24*time.Hour {
				t.Errorf("the certificate expires in %v as the metrics have it, want about a year", left)
			}
		})
	}
}

func TestAClientCertificateSaysWhoseThePointsAre(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	ca := certstest.New(t, "Clients")
	server := issue(ca, "edge.example.net")
	mutual := freeAddress(t)
	g := startGatewayWith(t, fmt.Sprintf(`  - {protocol: line, listen: "tls://%s", tls: {cert: %q, key: %q, client_ca: %q}}
`, mutual, server.cert, server.key, ca.CA), "tenants:\n  - {name: beta, certificates: [beta.example.net]}\n"+to(far))
	client := issue(ca, "beta.example.net", func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, nil })
	shown, err := tls.LoadX509KeyPair(client.cert, client.key)
	if err != nil {
		t.Fatal(err)
	}
	config := ca.Trust()
	config.Certificates = []tls.Certificate{shown}
	c, err := dialTLS(t, mutual, config)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(c, "by.certificate 1 1700000000\n")
	far.await(5*time.Second, "beta.by.certificate 1 1700000000")

	bare, err := dialTLS(t, mutual, ca.Trust())
	if err == nil { // TLS 1.3 tells the client of it at its first read
		bare.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, err = bare.Read(make([]byte, 1))
	}
	if err == nil {
		t.Error("a client without a certificate was let in")
	}
	eventually(t, 5*time.Second, "a sentence about it in the log", func() bool {
		return g.output.contains("client certificate") || g.output.contains("showed no certificate")
	})
}

func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	e := startEdge(t, acme+to(newSink(t, "line")))
	old := e.ca.Trust()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if _, err := dialTLS(t, e.tlsLine, old); err == nil {
		t.Error("TLS 1.1 was let in")
	}
}
