package e2e_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs/certstest"
)

// pair is the files of a certificate and its key.
type pair struct{ cert, key string }

// issue makes a certificate for localhost and 127.0.0.1 unless change says
// otherwise. Another of the same name takes the place of its files.
func issue(ca *certstest.Issuer, name string, change ...func(*x509.Certificate)) pair {
	cert, key := ca.Issue(name, change...)
	return pair{cert, key}
}

// dialTLS connects to address, or returns why not.
func dialTLS(t *testing.T, address string, config *tls.Config) (*tls.Conn, error) {
	t.Helper()
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", address, config)
	if err == nil {
		t.Cleanup(func() { c.Close() })
	}
	return c, err
}
