package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// certificate is one that vouches for this machine alone and for itself, as files.
type certificate struct {
	Cert string // which is the authority's too
	Key  string
	Pair string // both
}

// issue makes a certificate, in folder dir.
func issue(dir string) (c certificate, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return c, err
	}
	terms := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "localhost"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(0, 0, 1),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, terms, terms, &private.PublicKey, private)
	if err != nil {
		return c, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return c, err
	}
	return save(dir, pemOf("CERTIFICATE", der), pemOf("PRIVATE KEY", pkcs8))
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func save(dir string, cert, key []byte) (certificate, error) {
	in := func(name string) string { return filepath.Join(dir, name) }
	c := certificate{in("cert.pem"), in("key.pem"), in("pair.pem")}
	return c, errors.Join(os.WriteFile(c.Cert, cert, 0o600), os.WriteFile(c.Key, key, 0o600),
		os.WriteFile(c.Pair, bytes.Join([][]byte{cert, key}, nil), 0o600))
}

// listen listens by TLS, or plainly without a certificate.
func (c certificate) listen(address string) (net.Listener, error) {
	if c.Cert == "" {
		return net.Listen("tcp", address)
	}
	pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, err
	}
	return tls.Listen("tcp", address, &tls.Config{Certificates: []tls.Certificate{pair}})
}

// dial connects by TLS, if there is an authority to trust, or plainly.
func dial(address, authority string) (net.Conn, error) {
	d := &net.Dialer{Timeout: time.Second}
	if authority == "" {
		return d.Dial("tcp", address)
	}
	text, err := os.ReadFile(authority)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return tls.DialWithDialer(d, "tcp", address, &tls.Config{RootCAs: pool, ServerName: "localhost"})
}
