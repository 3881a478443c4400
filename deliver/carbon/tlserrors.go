package carbon

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/plumbago/plumbago/deliver"
)

// explainHandshake says in a sentence why there is no TLS. A certificate that
// does not hold, which a person must mend, is permanent.
func (k *secured) explainHandshake(ctx context.Context, err error) error {
	var unverified *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("the far end did not finish the handshake; does it speak TLS on this port?: %w", context.Cause(ctx))
	case errors.As(err, &unverified):
		return deliver.Permanent(k.explainCertificate(unverified))
	case errors.As(err, &header):
		return errors.New("the far end does not speak TLS on this port")
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return fmt.Errorf("the far end ended the connection in mid-handshake; does it speak TLS on this port?: %w", err)
	case strings.Contains(err.Error(), "protocol version"):
		return fmt.Errorf("the far end does not speak TLS %s or later: %w", tls.VersionName(k.config.MinVersion)[len("TLS "):], err)
	}
	return k.explainRead(err)
}

// explainCertificate says what is wrong with the far end's certificate.
func (k *secured) explainCertificate(err *tls.CertificateVerificationError) error {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.As(err, &unknown):
		chain := err.UnverifiedCertificates
		return fmt.Errorf("the far end's certificate was issued by %q, which is not %s", chain[len(chain)-1].Issuer, k.trusted())
	case errors.As(err, &host):
		return fmt.Errorf("the far end's certificate is for %s, not for %q", names(host.Certificate), k.config.ServerName)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return outdated(invalid.Cert)
	}
	return fmt.Errorf("the far end's certificate: %w", err.Err)
}

// trusted says where an authority would have to be.
func (k *secured) trusted() string {
	switch {
	case k.o.CAFile != "" && k.o.CADir != "":
		return fmt.Sprintf("in %q or %q", k.o.CAFile, k.o.CADir)
	case k.o.CAFile+k.o.CADir != "":
		return fmt.Sprintf("in %q", k.o.CAFile+k.o.CADir)
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

// explainRead says what the far end meant by its alert. Under TLS 1.3 it may
// refuse the client after the handshake. Nothing here is permanent: of a Send
// that would mean its batch.
func (k *secured) explainRead(err error) error {
	var remote *net.OpError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &remote) || remote.Op != "remote error":
		return err
	case k.asked && k.o.Cert == "":
		return fmt.Errorf("the far end wants a client certificate, and there is none to show: %w", remote.Err)
	case k.asked && strings.Contains(remote.Error(), "certificate"):
		return fmt.Errorf("the far end does not take the client certificate %q: %w", k.o.Cert, remote.Err)
	}
	return fmt.Errorf("the far end broke TLS off: %w", remote.Err)
}
