package certs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// Explain says in a sentence for people why a client's handshake did not succeed.
func (i *Identity) Explain(err error) error {
	unknown := x509.UnknownAuthorityError{}
	invalid := x509.CertificateInvalidError{}
	switch text := err.Error(); {
	case errors.As(err, &unknown):
		return fmt.Errorf("the client's certificate%s is signed by none of the authorities in %q", subject(unknown.Cert), i.server.ClientCA)
	case errors.As(err, &invalid):
		return unfit(invalid)
	case strings.Contains(text, "client didn't provide a certificate"):
		return errors.New("the client showed no certificate, and one is required")
	case strings.Contains(text, "unsupported versions"):
		return fmt.Errorf("the client speaks only versions of TLS older than %s", i.leastVersion())
	case strings.Contains(text, "no cipher suite"):
		return errors.New("the client offers no cipher that is considered safe")
	case strings.HasPrefix(text, "remote error: "):
		return refused(strings.TrimPrefix(text, "remote error: tls: "))
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errors.New("the client did not finish the handshake in time")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return errors.New("the client went away in the middle of the handshake")
	}
	return err
}

func (i *Identity) leastVersion() string {
	if i.server.MinVersion == "" {
		return "1.2"
	}
	return i.server.MinVersion
}

// unfit says why a certificate is not taken although its authority is known.
func unfit(e x509.CertificateInvalidError) error {
	switch {
	case e.Reason == x509.Expired && e.Cert != nil && time.Now().Before(e.Cert.NotBefore):
		return fmt.Errorf("the client's certificate%s is not valid before %s", subject(e.Cert), day(e.Cert.NotBefore))
	case e.Reason == x509.Expired && e.Cert != nil:
		return fmt.Errorf("the client's certificate%s expired on %s", subject(e.Cert), day(e.Cert.NotAfter))
	case e.Reason == x509.IncompatibleUsage:
		return fmt.Errorf("the client's certificate%s is not meant for clients: it lacks the extended key usage clientAuth", subject(e.Cert))
	}
	return fmt.Errorf("the client's certificate%s is not valid: %w", subject(e.Cert), e)
}

// refused says what the client had against the server.
func refused(alert string) error {
	switch alert {
	case "unknown certificate authority", "bad certificate", "unknown certificate", "expired certificate", "unsupported certificate":
		return fmt.Errorf("the client does not trust this certificate: %s", alert)
	}
	return fmt.Errorf("the client ended the handshake: %s", alert)
}

// subject names a certificate; a stranger may have written it at any length.
func subject(c *x509.Certificate) string {
	const most = 100
	if c == nil {
		return ""
	}
	name := c.Subject.String()
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "") + "..."
	}
	return fmt.Sprintf(" (%s)", name)
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
