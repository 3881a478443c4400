// Package certs makes TLS of certificate files: for those who connect and for
// those who listen, with errors for people.
package certs

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

// Client says how a TLS server is spoken to. The zero value trusts the
// authorities that the system trusts and shows no certificate.
type Client struct {
	CAFile string // authorities to trust, in PEM; instead of the system's
	CADir  string // a directory of such files, whatever their names; with CAFile: both

	// ServerName is the name or IP address that the server's certificate must
	// hold, and that it is asked for. The host that is connected to unless given.
	ServerName string

	// Cert and Key are files in PEM with the certificate, and those that lead to
	// its authority, that are shown to a server that asks. They are read afresh
	// at each connection.
	Cert, Key string

	MinVersion string // "1.2" or "1.3"; "1.2" unless given

	// InsecureSkipVerify takes any certificate: whoever can get between can read
	// and change everything. Who uses it warns of it at every start.
	InsecureSkipVerify bool
}

// sessions is how many a Config remembers to resume; it is for one host.
const sessions = 4

// Config reads the files and returns what crypto/tls needs to talk to host (without
// a port). Sessions are resumed among all that use it.
func (c Client) Config(host string) (*tls.Config, error) {
	roots, err := loadAuthorities(c)
	if err != nil {
		return nil, err
	}
	version, err := minVersion(c.MinVersion)
	if err != nil {
		return nil, err
	}
	if _, err := c.certificate(); err != nil {
		return nil, err
	}
	m := &memory{ClientSessionCache: tls.NewLRUClientSessionCache(sessions)}
	return &tls.Config{
		ServerName:                  c.serverName(host),
		RootCAs:                     roots,
		MinVersion:                  version,
		InsecureSkipVerify:          c.InsecureSkipVerify,
		ClientSessionCache:          m,
		GetClientCertificate:        c.show(m),
		DynamicRecordSizingDisabled: true, // what is sent is large, and nobody waits for its first byte
	}, nil
}

// memory is what a Config, with its clones, knows of its server: the sessions
// that can be resumed, and whether it has ever asked for a certificate.
type memory struct {
	tls.ClientSessionCache
	asked atomic.Bool
}

// show returns what answers a server that asks for a certificate.
func (c Client) show(m *memory) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		m.asked.Store(true)
		return c.certificate()
	}
}

// certificate is an empty one if there is none to show.
func (c Client) certificate() (*tls.Certificate, error) {
	switch {
	case c.Cert == "" && c.Key == "":
		return &tls.Certificate{}, nil
	case c.Cert == "" || c.Key == "":
		return nil, errors.New("a client certificate needs its key, and a key its certificate")
	}
	pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, fmt.Errorf("client certificate: %w", err)
	}
	return &pair, nil
}

func (c Client) serverName(host string) string {
	if c.ServerName != "" {
		return c.ServerName
	}
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
