package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
)

// Explain says in a sentence for people why a handshake with a server did not
// succeed, and whether only a person can cure that. config is Config's, err the
// handshake's or an HTTP client's.
func (c Client) Explain(err error, config *tls.Config) (sentence error, permanent bool) {
	var unverified *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	switch {
	case err == nil:
		return nil, false
	case errors.As(err, &unverified):
		return c.explainCertificate(unverified, config.ServerName), true
	case errors.As(err, &header):
		return errors.New("the far end does not speak TLS on this port"), false
	case strings.Contains(err.Error(), "protocol version"):
		return fmt.Errorf("the far end does not speak TLS %s or later: %w", tls.VersionName(config.MinVersion)[len("TLS "):], err), false
	case !isHTTP(err) && isLate(err):
		return fmt.Errorf("the far end did not finish the handshake; does it speak TLS on this port?: %w", err), false
	case !isHTTP(err) && isHangup(err):
		return fmt.Errorf("the far end ended the connection in mid-handshake; does it speak TLS on this port?: %w", err), false
	}
	return c.ExplainAlert(err, config), false
}

// ExplainAlert says what a server meant that broke TLS off: under TLS 1.3 it may
// refuse a client after the handshake, so that a Read or Write hears of it. Other
// errors are returned as they are.
func (c Client) ExplainAlert(err error, config *tls.Config) error {
	var remote *net.OpError
	if !errors.As(err, &remote) || remote.Op != "remote error" {
		return err
	}
	m, known := config.ClientSessionCache.(*memory)
	asked := known && m.asked.Load()
	switch {
	case asked && c.Cert == "":
		return fmt.Errorf("the far end wants a client certificate, and there is none to show: %w", remote.Err)
	case asked && strings.Contains(remote.Error(), "certificate"):
		return fmt.Errorf("the far end does not take the client certificate %q: %w", c.Cert, remote.Err)
	}
	return fmt.Errorf("the far end broke TLS off: %w", remote.Err)
}

// isHTTP reports whether err is an HTTP client's, for which time passes, and
// connections end, at other moments than in a handshake too.
func isHTTP(err error) bool {
	var u *url.Error
	return errors.As(err, &u)
}

func isLate(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, os.ErrDeadlineExceeded)
}

func isHangup(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// explainCertificate says what is wrong with the far end's certificate, which is
// to be name's.
func (c Client) explainCertificate(err *tls.CertificateVerificationError, name string) error {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.As(err, &unknown):
		chain := err.UnverifiedCertificates
		return fmt.Errorf("the far end's certificate was issued by %q, which is not %s", chain[len(chain)-1].Issuer, c.trusted())
	case errors.As(err, &host):
		return fmt.Errorf("the far end's certificate is for %s, not for %q", names(host.Certificate), name)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return outdated(invalid.Cert)
	}
	return fmt.Errorf("the far end's certificate: %w", err.Err)
}

// trusted says where an authority would have to be.
func (c Client) trusted() string {
	switch {
	case c.CAFile != "" && c.CADir != "":
		return fmt.Sprintf("in %q or %q", c.CAFile, c.CADir)
	case c.CAFile+c.CADir != "":
		return fmt.Sprintf("in %q", c.CAFile+c.CADir)
	}
	return "an authority that this system trusts"
}

// names lists what a certificate is for.
func names(c *x509.Certificate) string {
	list := c.DNSNames
	for _, ip := range c.IPAddresses {
		list = append(list, ip.String())
	}
	if len(list) == 0 {
		return "no name (it has no subject alternative names; the common name counts no more)"
	}
	const most = 5
	if len(list) > most {
		list = append(list[:most:most], "...")
	}
	return strings.Join(list, ", ")
}

func outdated(c *x509.Certificate) error {
	if time.Now().Before(c.NotBefore) {
		return fmt.Errorf("the certificate %q is not valid before %s; is a clock wrong?", c.Subject, c.NotBefore.Format(time.RFC3339))
	}
	return fmt.Errorf("the certificate %q expired on %s", c.Subject, c.NotAfter.Format(time.RFC3339))
}
