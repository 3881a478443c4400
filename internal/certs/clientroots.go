package certs

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
)

// loadAuthorities returns nil for those of the system.
func loadAuthorities(c Client) (*x509.CertPool, error) {
	if c.CAFile == "" && c.CADir == "" {
		return nil, nil
	}
	roots := x509.NewCertPool()
	if c.CAFile != "" {
		if err := loadFile(roots, c.CAFile); err != nil {
			return nil, err
		}
	}
	if c.CADir != "" {
		if err := loadDir(roots, c.CADir); err != nil {
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
