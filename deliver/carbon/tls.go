package carbon

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// TLSOptions say how a tls:// address is spoken to. The zero value trusts the
// authorities that the system trusts and shows no certificate.
type TLSOptions struct {
	CAFile string // authorities to trust, in PEM; instead of the system's
	CADir  string // a directory of such files, whatever their names; with CAFile: both

	// ServerName is the name or IP address that the far end's certificate
	// must hold, and that it is asked for. The host of the address unless given.
	ServerName string

	// Cert and Key are files in PEM with the certificate, and those that lead
	// to its authority, that are shown to a far end that asks. They are read
	// afresh at each connection.
	Cert, Key string

	MinVersion string // "1.2" or "1.3"; "1.2" unless given

	// InsecureSkipVerify takes any certificate: whoever can get between can
	// read and change everything. New warns of it.
	InsecureSkipVerify bool
}

// security makes TLS of TCP connections.
type security struct {
	o      TLSOptions
	far    string // host:port
	config *tls.Config
}

// sessions is how many a destination remembers to resume; it talks to one name.
const sessions = 4

func newSecurity(o TLSOptions, address string) (*security, error) {
	roots, err := loadAuthorities(o)
	if err != nil {
		return nil, err
	}
	version, err := minVersion(o.MinVersion)
	if err != nil {
		return nil, err
	}
	s := &security{o: o, far: address, config: &tls.Config{
		ServerName:                  serverName(o, address),
		RootCAs:                     roots,
		MinVersion:                  version,
		InsecureSkipVerify:          o.InsecureSkipVerify,
		ClientSessionCache:          tls.NewLRUClientSessionCache(sessions),
		DynamicRecordSizingDisabled: true, // blocks are large, and nobody waits for the first byte
	}}
	_, err = s.certificate()
	return s, err
}

func serverName(o TLSOptions, address string) string {
	if o.ServerName != "" {
		return o.ServerName
	}
	host, _, _ := net.SplitHostPort(address)
	host, _, _ = strings.Cut(host, "%") // an IPv6 zone is no part of a name
	return host
}

func minVersion(text string) (uint16, error) {
	switch text {
	case "", "1.2":
		return tls.VersionTLS12, nil
	case "1.3":
		return tls.VersionTLS13, nil
	}
	return 0, fmt.Errorf("TLS version %q: the least can be 1.2 or 1.3", text)
}

// loadAuthorities returns nil for those of the system.
func loadAuthorities(o TLSOptions) (*x509.CertPool, error) {
	if o.CAFile == "" && o.CADir == "" {
		return nil, nil
	}
	roots := x509.NewCertPool()
	if o.CAFile != "" {
		if err := loadFile(roots, o.CAFile); err != nil {
			return nil, err
		}
	}
	if o.CADir != "" {
		if err := loadDir(roots, o.CADir); err != nil {
			return nil, err
		}
	}
	return roots, nil
}

func loadFile(roots *x509.CertPool, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read certificate authorities: %w", err)
	}
	if !roots.AppendCertsFromPEM(text) {
		return fmt.Errorf("%q holds no certificate in PEM", file)
	}
	return nil
}

// loadDir takes what is a certificate in dir, and passes over the rest.
func loadDir(roots *x509.CertPool, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read certificate authorities: %w", err)
	}
	found := false
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		found = err == nil && roots.AppendCertsFromPEM(text) || found
	}
	if !found {
		return fmt.Errorf("%q holds no file with a certificate in PEM", dir)
	}
	return nil
}

// certificate returns what is shown to a far end that asks: an empty one if
// there is none.
func (s *security) certificate() (*tls.Certificate, error) {
	switch {
	case s.o.Cert == "" && s.o.Key == "":
		return &tls.Certificate{}, nil
	case s.o.Cert == "" || s.o.Key == "":
		return nil, errors.New("a client certificate needs its key, and a key its certificate")
	}
	c, err := tls.LoadX509KeyPair(s.o.Cert, s.o.Key)
	if err != nil {
		return nil, fmt.Errorf("client certificate: %w", err)
	}
	return &c, nil
}

// secured is TLS over one connection.
type secured struct {
	*tls.Conn
	*security
	asked bool // for a client certificate
}

// handshake makes l secure. It returns within ctx, and does not close l.
func (s *security) handshake(ctx context.Context, l *link) (*secured, error) {
	k := &secured{security: s}
	config := s.config.Clone() // shares the sessions
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		k.asked = true
		return s.certificate()
	}
	k.Conn = tls.Client(l, config)
	if err := k.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS with %s: %w", s.far, k.explainHandshake(ctx, err))
	}
	return k, nil
}

// Read is that of TLS, with errors for people. A far end that closes without
// TLS's goodbye, as many do, ends it with io.EOF too.
func (k *secured) Read(b []byte) (int, error) {
	n, err := k.Conn.Read(b)
	return n, k.explainRead(err)
}
