package carbon

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"

	"github.com/plumbago/plumbago/internal/certs"
)

// security makes TLS of TCP connections.
type security struct {
	client certs.Client
	far    string // host:port
	config *tls.Config
}

func newSecurity(c certs.Client, address string) (*security, error) {
	host, _, _ := net.SplitHostPort(address)
	config, err := c.Config(host)
	return &security{client: c, far: address, config: config}, err
}

// handshake makes l secure. It returns within ctx, and does not close l.
func (s *security) handshake(ctx context.Context, l *link) (*secured, error) {
	k := &secured{Conn: tls.Client(l, s.config), security: s}
	if err := k.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS with %s: %w", s.far, s.explainHandshake(err))
	}
	return k, nil
}

// secured is TLS over one connection.
type secured struct {
	*tls.Conn
	*security
}

// Read is that of TLS, with errors for people. A far end that closes without
// TLS's goodbye, as many do, ends it with io.EOF too.
func (k *secured) Read(b []byte) (int, error) {
	n, err := k.Conn.Read(b)
	return n, k.explainRead(err)
}
