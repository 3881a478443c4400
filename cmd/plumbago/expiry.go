package main

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"time"

	"github.com/plumbago/plumbago/config"
	"github.com/prometheus/client_golang/prometheus"
)

// certificate is a file with one that this gateway shows, and to whom.
type certificate struct{ kind, name, file string }

// certificatesOf lists those of a configuration.
func certificatesOf(c *config.Config) (list []certificate) {
	for _, r := range c.Receive {
		list = append(list, certificate{"listener", r.Protocol + "+" + r.Listen, r.TLS.Cert})
	}
	for _, d := range c.Deliver {
		list = append(list, certificate{"destination", d.Name, d.TLS.Cert})
	}
	list = append(list, certificate{"admin", c.Admin.Listen, c.Admin.TLS.Cert})
	var files []certificate
	for _, x := range list {
		if x.file != "" {
			files = append(files, x)
		}
	}
	return files
}

// expiries shows when the certificates in the files of a configuration expire: as they
// are now, which may be newer than what is in force.
type expiries struct {
	desc   *prometheus.Desc
	inside *inside
}

func newExpiries(in *inside) *expiries {
	return &expiries{prometheus.NewDesc("plumbago_certificate_expiry_timestamp_seconds",
		"When the certificate in a file of the configuration expires, in Unix seconds; 0 if there is none to be read.",
		[]string{"kind", "name"}, nil), in}
}

// Describe implements prometheus.Collector.
func (e *expiries) Describe(to chan<- *prometheus.Desc) { to <- e.desc }

// Collect implements prometheus.Collector.
func (e *expiries) Collect(to chan<- prometheus.Metric) {
	seen := map[certificate]bool{}
	for _, c := range e.inside.setup.Load().certificates {
		as := certificate{kind: c.kind, name: c.name}
		if seen[as] {
			continue
		}
		seen[as] = true
		seconds := 0.
		if at, err := expiry(c.file); err == nil {
			seconds = float64(at.Unix())
		}
		to <- prometheus.MustNewConstMetric(e.desc, prometheus.GaugeValue, seconds, c.kind, c.name)
	}
}

// expiry is when the first certificate in a file expires.
func expiry(file string) (time.Time, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return time.Time{}, err
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return time.Time{}, err
			}
			return c.NotAfter, nil
		}
	}
	return time.Time{}, errors.New("no certificate in PEM")
}
