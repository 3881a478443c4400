// Package certstest makes certificates for tests.
package certstest

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

// Issuer is an authority whose certificates are files in a folder.
type Issuer struct {
	Dir string
	CA  string // the file of its own certificate

	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// New makes an authority of a name.
func New(t testing.TB, name string) *Issuer {
	t.Helper()
	i := &Issuer{t: t, Dir: t.TempDir()}
	i.CA, _ = i.Issue(name, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid = true, true
		c.KeyUsage |= x509.KeyUsageCertSign
	})
	return i
}

// Issue makes a certificate for servers and clients, of localhost and the loopback
// addresses, valid for a year unless change says otherwise, and returns its files.
func (i *Issuer) Issue(name string, change ...func(*x509.Certificate)) (cert, key string) {
	i.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	i.must(err)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	for _, f := range change {
		f(c)
	}
	if i.key == nil {
		i.cert, i.key = c, private
	}
	der, err := x509.CreateCertificate(rand.Reader, c, i.cert, &private.PublicKey, i.key)
	i.must(err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	i.must(err)
	return i.write(name+".crt", "CERTIFICATE", der), i.write(name+".key", "PRIVATE KEY", pkcs8)
}

// Client returns what a client shows and trusts that has a new certificate.
func (i *Issuer) Client(name string, change ...func(*x509.Certificate)) *tls.Config {
	i.t.Helper()
	pair := i.pair(name, change)
	c := i.Trust()
	// Shown whatever the authorities that the server names.
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	return c
}

// Trust returns what a client trusts that shows nothing.
func (i *Issuer) Trust() *tls.Config {
	i.t.Helper()
	return &tls.Config{RootCAs: i.pool(), ServerName: "localhost"}
}

// Server returns the settings of a server that has a new certificate.
func (i *Issuer) Server(change ...func(*x509.Certificate)) *tls.Config {
	i.t.Helper()
	return &tls.Config{Certificates: []tls.Certificate{i.pair("server", change)}}
}

// Demand has a server want certificates of this authority.
func (i *Issuer) Demand(c *tls.Config) *tls.Config {
	i.t.Helper()
	c.ClientCAs, c.ClientAuth = i.pool(), tls.RequireAndVerifyClientCert
	return c
}

func (i *Issuer) pair(name string, change []func(*x509.Certificate)) tls.Certificate {
	i.t.Helper()
	pair, err := tls.LoadX509KeyPair(i.Issue(name, change...))
	i.must(err)
	return pair
}

func (i *Issuer) pool() *x509.CertPool {
	i.t.Helper()
	text, err := os.ReadFile(i.CA)
	i.must(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return pool
}

func (i *Issuer) write(name, kind string, der []byte) string {
	i.t.Helper()
	file := filepath.Join(i.Dir, name)
	i.must(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	return file
}

func (i *Issuer) must(err error) {
	i.t.Helper()
	if err != nil {
		i.t.Fatal(err)
	}
}
