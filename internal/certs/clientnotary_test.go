package certs_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// notary issues certificates for clients to judge, as files in a folder.
type notary struct {
	t    *testing.T
	dir  string
	file string // its own certificate
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newNotary(t *testing.T, name string) *notary {
	n := &notary{t: t, dir: t.TempDir()}
	n.file, _ = n.issue(name, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid = true, true
		c.KeyUsage |= x509.KeyUsageCertSign
	})
	return n
}

// issue makes a certificate for localhost and 127.0.0.1, changed by change.
func (n *notary) issue(name string, change func(*x509.Certificate)) (certFile, keyFile string) {
	n.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	n.must(err)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	change(c)
	if n.key == nil {
		n.cert, n.key = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, n.cert, &key.PublicKey, n.key)
	n.must(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	n.must(err)
	return n.write(name+".crt", "CERTIFICATE", der), n.write(name+".key", "PRIVATE KEY", private)
}

func (n *notary) write(name, kind string, der []byte) string {
	n.t.Helper()
	file := filepath.Join(n.dir, name)
	n.must(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	return file
}

func (n *notary) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

// server returns the settings of a server with a new certificate.
func (n *notary) server(change func(*x509.Certificate)) *tls.Config {
	n.t.Helper()
	pair, err := tls.LoadX509KeyPair(n.issue("server", change))
	n.must(err)
	return &tls.Config{Certificates: []tls.Certificate{pair}}
}

// clients makes a server want certificates of this notary.
func (n *notary) clients(c *tls.Config) *tls.Config {
	root, err := os.ReadFile(n.file)
	n.must(err)
	c.ClientCAs, c.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	c.ClientCAs.AppendCertsFromPEM(root)
	return c
}

func asIs(*x509.Certificate) {}
