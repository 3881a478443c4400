package certs_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/certs/certstest"
)

// listenFor gives each connection to serve until the test ends.
func listenFor(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return ln.Addr().String()
}

// greet answers one byte with another, by TLS, so that both sides have said what
// they think of the other's certificate.
func greet(server *tls.Config) func(net.Conn) {
	return func(c net.Conn) {
		k := tls.Server(c, server)
		if _, err := io.CopyN(io.Discard, k, 1); err == nil {
			k.Write([]byte{1})
			io.Copy(io.Discard, k)
		}
	}
}

// visit makes a connection, and returns what c says of it.
func visit(t *testing.T, address string, c certs.Client) (err error, permanent bool) {
	t.Helper()
	return visitFor(t, 10*time.Second, address, c)
}

// visitFor is visit for so long at most.
func visitFor(t *testing.T, d time.Duration, address string, c certs.Client) (err error, permanent bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	config, err := c.Config("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	_, err, permanent = meet(ctx, t, address, c, config)
	return err, permanent
}

func meet(ctx context.Context, t *testing.T, address string, c certs.Client, config *tls.Config) (state tls.ConnectionState, err error, permanent bool) {
	t.Helper()
	tcp, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	k := tls.Client(tcp, config)
	if err := k.HandshakeContext(ctx); err != nil {
		err, permanent = c.Explain(err, config)
		return state, err, permanent
	}
	k.Write([]byte{1})
	_, err = k.Read(make([]byte, 1))
	return k.ConnectionState(), c.ExplainAlert(err, config), false
}

func TestClientIsLetIn(t *testing.T) {
	ours, other := certstest.New(t, "ca"), certstest.New(t, "other")
	cert, key := ours.Issue("client", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
	named := func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"metrics.example"} }
	tests := []struct {
		name   string
		server *tls.Config
		c      certs.Client
	}{
		{"a file", ours.Server(), certs.Client{CAFile: ours.CA}},
		{"a directory with other things in it", ours.Server(), certs.Client{CADir: ours.Dir}},
		{"both", ours.Server(), certs.Client{CAFile: other.CA, CADir: ours.Dir}},
		{"another name", ours.Server(named), certs.Client{CAFile: ours.CA, ServerName: "metrics.example"}},
		{"a client certificate", ours.Demand(ours.Server()), certs.Client{CAFile: ours.CA, Cert: cert, Key: key}},
		{"the newest", ours.Server(), certs.Client{CAFile: ours.CA, MinVersion: "1.3"}},
		{"any certificate", other.Server(), certs.Client{CAFile: ours.CA, InsecureSkipVerify: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err, _ := visit(t, listenFor(t, greet(tt.server)), tt.c); err != nil {
				t.Errorf("got %v, want a connection", err)
			}
		})
	}
}

func TestClientExplains(t *testing.T) {
	ours, other := certstest.New(t, "ca"), certstest.New(t, "other")
	cert, key := other.Issue("stranger")
	expired := func(c *x509.Certificate) {
		c.NotAfter = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
		c.NotBefore = c.NotAfter.Add(-time.Hour)
	}
	early := func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
	}
	wrong := func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"a.example", "b.example"} }
	many := func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, strings.Fields("a b c d e f g") }
	nameless := func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, nil }
	signing := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning} }
	old, only12 := ours.Server(), ours.Server()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	only12.MaxVersion = tls.VersionTLS12
	wanting12 := ours.Demand(ours.Server())
	wanting12.MaxVersion = tls.VersionTLS12
	ca := certs.Client{CAFile: ours.CA}
	tests := []struct {
		name      string
		serve     func(net.Conn)
		c         certs.Client
		want      string
		permanent bool
	}{
		{"wrong authority", greet(other.Server()), ca, `issued by "CN=other", which is not in "` + ours.CA, true},
		{"wrong authorities", greet(other.Server()), certs.Client{CAFile: ours.CA, CADir: ours.Dir}, `or "` + ours.Dir, true},
		{"unknown to the system", greet(other.Server()), certs.Client{}, "an authority that this system trusts", true},
		{"expired", greet(ours.Server(expired)), ca, `"CN=server" expired on 2020-01-02T03:04:05Z`, true},
		{"not valid yet", greet(ours.Server(early)), ca, "is a clock wrong?", true},
		{"wrong name", greet(ours.Server(wrong)), ca, `is for a.example, b.example, not for "127.0.0.1"`, true},
		{"many wrong names", greet(ours.Server(many)), ca, `is for a, b, c, d, e, ..., not for`, true},
		{"no name", greet(ours.Server(nameless)), ca, "for no name", true},
		{"for something else", greet(ours.Server(signing)), ca, "the far end's certificate: ", true},
		{"old", greet(old), ca, "does not speak TLS 1.2 or later", false},
		{"not new", greet(only12), certs.Client{CAFile: ours.CA, MinVersion: "1.3"}, "does not speak TLS 1.3 or later", false},
		{"client certificate wanted", greet(ours.Demand(ours.Server())), ca, "wants a client certificate, and there is none", false},
		{"client certificate wanted by TLS 1.2", greet(wanting12), ca, "wants a client certificate, and there is none", false},
		{"client certificate not taken", greet(ours.Demand(ours.Server())), certs.Client{CAFile: ours.CA, Cert: cert, Key: key},
			"does not take the client certificate \"" + cert, false},
		{"speaks something else", func(c net.Conn) { io.WriteString(c, "220 mail.example ready\r\n"); io.Copy(io.Discard, c) }, ca,
			"does not speak TLS on this port", false},
		{"hangs up", func(c net.Conn) { c.Read(make([]byte, 4)); c.(*net.TCPConn).SetLinger(0) }, ca, "ended the connection in mid-handshake", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err, permanent := visit(t, listenFor(t, tt.serve), tt.c)
			if err == nil || !strings.Contains(err.Error(), tt.want) || permanent != tt.permanent {
				t.Errorf("got %v, permanent: %v, want %q in it, permanent: %v", err, permanent, tt.want, tt.permanent)
			}
		})
	}
}

func TestClientExplainsSilence(t *testing.T) {
	silent := listenFor(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	const want = "did not finish the handshake; does it speak TLS"
	err, permanent := visitFor(t, 50*time.Millisecond, silent, certs.Client{})
	if err == nil || !strings.Contains(err.Error(), want) || permanent {
		t.Errorf("got %v, permanent: %v, want %q in it", err, permanent, want)
	}
}

// TestClientExplainsHTTP: in an HTTP client's error an end or a lapse of time may be
// another thing than the handshake's.
func TestClientExplainsHTTP(t *testing.T) {
	ours, other := certstest.New(t, "ca"), certstest.New(t, "other")
	c := certs.Client{CAFile: ours.CA}
	hangUp := func(n net.Conn) {
		k := tls.Server(n, ours.Server())
		k.Read(make([]byte, 4))
	}
	tests := []struct {
		name      string
		serve     func(net.Conn)
		want      string
		permanent bool
	}{
		{"certificate", greet(other.Server()), "which is not in", true},
		{"no answer", hangUp, "EOF", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config, err := c.Config("127.0.0.1")
			if err != nil {
				t.Fatal(err)
			}
			transport := &http.Transport{TLSClientConfig: config}
			defer transport.CloseIdleConnections()
			_, err = (&http.Client{Transport: transport}).Post("https://"+listenFor(t, tt.serve), "", strings.NewReader("x"))
			err, permanent := c.Explain(err, config)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "handshake") || permanent != tt.permanent {
				t.Errorf("got %v, permanent: %v, want %q in it, permanent: %v", err, permanent, tt.want, tt.permanent)
			}
		})
	}
}

func TestClientExplainsOnlyErrors(t *testing.T) {
	c := certs.Client{}
	config, err := c.Config("a.example")
	if err != nil {
		t.Fatal(err)
	}
	if err, permanent := c.Explain(nil, config); err != nil || permanent {
		t.Errorf("got %v and %v, want nil", err, permanent)
	}
	other := errors.New("other")
	if got := c.ExplainAlert(other, config); got != other {
		t.Errorf("got %v, want the error itself", got)
	}
	alert := &net.OpError{Op: "remote error", Err: errors.New("tls: internal error")}
	want := "the far end broke TLS off: tls: internal error"
	for _, config := range []*tls.Config{config, {}} {
		if got := c.ExplainAlert(alert, config); got.Error() != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestClientResumesSessions(t *testing.T) {
	n := certstest.New(t, "ca")
	address, c := listenFor(t, greet(n.Server())), certs.Client{CAFile: n.CA}
	config, err := c.Config("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{false, true, true} {
		state, err, _ := meet(t.Context(), t, address, c, config.Clone())
		if err != nil || state.DidResume != want {
			t.Errorf("got resumed: %v and %v, want %v", state.DidResume, err, want)
		}
	}
}

// TestClientReadsItsCertificateAfresh: what is exchanged on disk is shown at the
// next connection.
func TestClientReadsItsCertificateAfresh(t *testing.T) {
	ours, other := certstest.New(t, "ca"), certstest.New(t, "other")
	cert, key := other.Issue("client")
	c := certs.Client{CAFile: ours.CA, Cert: cert, Key: key}
	config, err := c.Config("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	address := listenFor(t, greet(ours.Demand(ours.Server())))
	if _, err, _ := meet(t.Context(), t, address, c, config); err == nil {
		t.Error("got a connection with a stranger's certificate")
	}
	fresh, freshKey := ours.Issue("client")
	if err := errors.Join(os.Rename(fresh, cert), os.Rename(freshKey, key)); err != nil {
		t.Fatal(err)
	}
	if _, err, _ := meet(t.Context(), t, address, c, config); err != nil {
		t.Errorf("got %v, want a connection", err)
	}
}

func TestClientChecksItsFiles(t *testing.T) {
	n := certstest.New(t, "ca")
	cert, key := n.Issue("client")
	empty := t.TempDir()
	text := filepath.Join(empty, "not.pem")
	if err := os.WriteFile(text, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, host string
		c          certs.Client
		want       string // the server's name, or part of the error
	}{
		{"the system's", "a.example", certs.Client{}, "a.example"},
		{"all", "a.example", certs.Client{CAFile: n.CA, CADir: n.Dir, ServerName: "b.example", Cert: cert, Key: key, MinVersion: "1.2"}, "b.example"},
		{"a zone", "fe80::1%eth0", certs.Client{}, "fe80::1"},
		{"no file", "a", certs.Client{CAFile: "/nowhere/ca.pem"}, "read certificate authorities: open /nowhere/ca.pem"},
		{"no certificate", "a", certs.Client{CAFile: text}, "holds no certificate in PEM"},
		{"no directory", "a", certs.Client{CADir: "/nowhere"}, "read certificate authorities: open /nowhere"},
		{"no certificates", "a", certs.Client{CADir: empty}, "holds no file with a certificate"},
		{"no key", "a", certs.Client{Cert: cert}, "needs its key"},
		{"no certificate to a key", "a", certs.Client{Key: key}, "needs its key"},
		{"no pair", "a", certs.Client{Cert: cert, Key: text}, "client certificate:"},
		{"version", "a", certs.Client{MinVersion: "1.1"}, `TLS version "1.1": the least can be 1.2 or 1.3`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config, err := tt.c.Config(tt.host)
			if err == nil && config.ServerName != tt.want {
				t.Errorf("got a config for %q, want %q", config.ServerName, tt.want)
			}
			if err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, want %q in it", err, tt.want)
			}
		})
	}
}
