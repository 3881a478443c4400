package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs/certstest"
)

func TestExplainSaysWhyAHandshakeDidNotSucceed(t *testing.T) {
	ca, stranger := certstest.New(t, "ca"), certstest.New(t, "stranger")
	from := func(i *certstest.Issuer, change func(*x509.Certificate)) *tls.Config {
		c := i.Client("client", change)
		c.RootCAs = ca.Trust().RootCAs
		return c
	}
	old := ca.Client("client")
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	weak := ca.Client("client")
	weak.MaxVersion, weak.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}
	distrust := ca.Client("client")
	distrust.RootCAs = stranger.Trust().RootCAs
	tests := []struct {
		name   string
		client *tls.Config
		want   string
	}{
		{"no certificate", ca.Trust(), "showed no certificate, and one is required"},
		{"unknown authority", from(stranger, func(*x509.Certificate) {}), "(CN=client) is signed by none of the authorities in"},
		{"expired", from(ca, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), "(CN=client) expired on 2"},
		{"too early", from(ca, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }), "is not valid before 2"},
		{"for servers", from(ca, func(c *x509.Certificate) { c.ExtKeyUsage = c.ExtKeyUsage[:1] }), "not meant for clients"},
		{"a long name", from(stranger, func(c *x509.Certificate) { c.Subject.CommonName = strings.Repeat("é", 10_000) }), "é... is signed"},
		{"old versions", old, "only versions of TLS older than 1.2"},
		{"weak ciphers", weak, "no cipher that is considered safe"},
		{"does not trust us", distrust, "does not trust this certificate"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serverOf(ca, "server")
			s.ClientCA = ca.CA
			id := open(t, s)
			_, err := shake(t, id, test.client)
			if err == nil {
				t.Fatal("got a handshake")
			}
			got := id.Explain(err).Error()
			if !strings.Contains(strings.ReplaceAll(got, "...)", "..."), test.want) || len(got) > 500 {
				t.Errorf("got %q for %q, want %q", got, err, test.want)
			}
		})
	}
}

func TestExplainOfWhatTheSocketSays(t *testing.T) {
	ca := certstest.New(t, "ca")
	s := serverOf(ca, "server")
	s.MinVersion = "1.3"
	id := open(t, s)
	other := errors.New("something else")
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"time", os.ErrDeadlineExceeded, "not finish the handshake in time"},
		{"end", io.EOF, "went away"},
		{"version", errors.New("tls: client offered only unsupported versions: [303]"), "older than 1.3"},
		{"another alert", errors.New("remote error: tls: internal error"), "the client ended the handshake: internal error"},
		{"another fault", x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign}, "is not valid"},
		{"else", other, other.Error()},
	}
	for _, test := range tests {
		if got := id.Explain(test.err).Error(); !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
