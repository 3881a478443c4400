package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// papers are a server's files, read.
type papers struct {
	config   *tls.Config // for one handshake: with the certificate itself
	notAfter time.Time
}

func (s Server) read() (*papers, error) {
	config, err := s.settings()
	if err != nil {
		return nil, err
	}
	pair, err := s.pair()
	if err != nil {
		return nil, err
	}
	config.Certificates = []tls.Certificate{pair}
	if s.ClientCA != "" {
		if config.ClientCAs, err = s.authorities(); err != nil {
			return nil, err
		}
	}
	return &papers{config, pair.Leaf.NotAfter}, nil
}

// pair reads the certificate and its key.
func (s Server) pair() (none tls.Certificate, err error) {
	if s.Cert == "" || s.Key == "" {
		return none, errors.New("a TLS server needs a cert and a key: name a file in PEM for each")
	}
	cert, chain, err := serverChain("certificate", s.Cert)
	if err != nil {
		return none, err
	}
	key, err := s.key()
	if err != nil {
		return none, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return none, s.mismatch(chain, key, err)
	}
	return pair, nil
}

// serverChain reads a file of certificates.
func serverChain(what, file string) (text []byte, chain []*x509.Certificate, err error) {
	if text, err = os.ReadFile(file); err != nil {
		return nil, nil, fmt.Errorf("read the %s: %w", what, err)
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, nil, fmt.Errorf("the %s file %q holds a certificate that cannot be read: %w", what, file, err)
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 {
		return nil, nil, fmt.Errorf("the %s file %q holds no certificate in PEM: %s", what, file, instead(text, "CERTIFICATE"))
	}
	return text, chain, nil
}

// key reads the file of the key.
func (s Server) key() ([]byte, error) {
	text, err := os.ReadFile(s.Key)
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch {
		case block.Type == "ENCRYPTED PRIVATE KEY", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
			return nil, fmt.Errorf("the key in %q is locked by a passphrase: write it without one, as openssl pkey does", s.Key)
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return text, nil
		}
	}
	return nil, fmt.Errorf("the key file %q holds no key in PEM: %s", s.Key, instead(text, "PRIVATE KEY"))
}

// mismatch says why a certificate and a key are no pair.
func (s Server) mismatch(chain []*x509.Certificate, key []byte, why error) error {
	if !strings.Contains(why.Error(), "does not match") {
		return fmt.Errorf("the certificate in %q and the key in %q: %w", s.Cert, s.Key, why)
	}
	for n, c := range chain {
		alone := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
		if _, err := tls.X509KeyPair(alone, key); err == nil {
			return fmt.Errorf("the key in %q belongs to certificate %d in %q: put that one first, and then those that lead to its authority",
				s.Key, n+1, s.Cert)
		}
	}
	return fmt.Errorf("the key in %q does not belong to the certificate in %q (%s): give the key that the certificate was asked for with",
		s.Key, s.Cert, chain[0].Subject)
}

// authorities reads those whose certificates clients may show.
func (s Server) authorities() (*x509.CertPool, error) {
	_, chain, err := serverChain("client_ca", s.ClientCA)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	for _, c := range chain {
		pool.AddCert(c)
	}
	return pool, nil
}

// instead says what a file holds that lacks what it should, and what to do.
func instead(text []byte, want string) string {
	var types []string
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if !slices.Contains(types, block.Type) {
			types = append(types, block.Type)
		}
	}
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return "it is empty"
	case len(types) > 0:
		return fmt.Sprintf("it holds %s; are two files exchanged?", strings.Join(types, " and "))
	case text[0] == 0x30:
		return "it looks like DER; openssl x509 or openssl pkey with -inform der turns it into PEM"
	}
	return fmt.Sprintf("want a text with a line -----BEGIN %s-----", want)
}

func unknownWord(key, word, want string) error {
	return fmt.Errorf("%s is %q: want %s", key, word, want)
}

// stamp tells one state of a file from another. That of a file that cannot be
// seen is nil.
type stamp struct{ os.FileInfo }

// stamps looks at the files that names lead to now, through links.
func (s Server) stamps() (all []stamp) {
	for _, file := range []string{s.Cert, s.Key, s.ClientCA} {
		info, err := os.Stat(file)
		if err != nil {
			info = nil
		}
		all = append(all, stamp{info})
	}
	return all
}

func same(a, b []stamp) bool { return slices.EqualFunc(a, b, stamp.same) }

func (s stamp) same(o stamp) bool {
	if s.FileInfo == nil || o.FileInfo == nil {
		return s.FileInfo == o.FileInfo
	}
	return os.SameFile(s.FileInfo, o.FileInfo) && s.ModTime().Equal(o.ModTime()) && s.Size() == o.Size()
}
