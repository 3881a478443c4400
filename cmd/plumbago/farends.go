package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/blueflood"
	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/deliver/hostedgraphite"
	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/tenant"
	"github.com/prometheus/client_golang/prometheus"
)

// farEnd is a destination's far end before it is made: how it is made, what
// operators are told of it, and all that it depends on.
type farEnd struct {
	kind    string
	open    func(*slog.Logger, prometheus.Registerer) (deliver.Destination, error)
	check   func() error // looks for mistakes; nil: open does, and changes nothing
	version string
	answers bool // it says what it has: nothing need be sent again
}

// destinations returns the doors out of a configuration.
func destinations(c *config.Config, db *database) (list []relay.Destination, err error) {
	for _, d := range c.Deliver {
		one, err := destination(c, d, db)
		if err != nil {
			return nil, fmt.Errorf("destination %q: %w", d.Name, err)
		}
		list = append(list, one)
	}
	return list, nil
}

func destination(c *config.Config, d config.Destination, db *database) (relay.Destination, error) {
	far, err := farEndOf(c, d, db)
	if err != nil {
		return relay.Destination{}, err
	}
	if err := far.mistakes(); err != nil {
		return relay.Destination{}, err
	}
	worker := deliver.Options{
		ReplayMargin: d.ReplayMargin, MaxConnectionAge: d.MaxConnectionAge, DialTimeout: dialTimeout(d),
	}
	if far.answers {
		worker.ReplayMargin = 0
	}
	if d.PerTenant {
		d.TenantAs = string(tenant.Prefix) // by which the far end's tenants are told apart
	}
	return relay.Destination{
		Name: d.Name, Address: addressOf(d), Kind: far.kind, Far: far.open,
		TenantAs: tenant.Naming(d.TenantAs),
		QueueDir: queueDir(c.DataDir, d.Name),
		Queue:    queueOptions(d.Queue),
		Worker:   worker,
		Version:  fmt.Sprintf("%s %+v %s %s", far.version, worker, d.TenantAs, stateOf(d.TLS.CA)),
	}, nil
}

// dialTimeout is how long a Dial may take, with all that it includes.
func dialTimeout(d config.Destination) time.Duration {
	switch d.Type {
	case "slack":
		return max(d.DialTimeout, connectPatience) // there may be many channels to list
	case "nats":
		return max(d.DialTimeout, 2*d.NATS.Timeout) // with a look at the stream
	case "blueflood":
		return max(d.DialTimeout, d.Timeout) // with a login
	}
	return d.DialTimeout
}

// addressOf is where a destination is, for people.
func addressOf(d config.Destination) string {
	switch d.Type {
	case "slack":
		return channelAddress(d.Channel, d.API)
	case "whisper":
		return d.Dir
	case "nats":
		return natsAddress(d.NATS)
	}
	return d.Address
}

func (f farEnd) mistakes() error {
	if f.check != nil {
		return f.check()
	}
	_, err := f.open(slog.New(slog.DiscardHandler), nil)
	return err
}

func farEndOf(c *config.Config, d config.Destination, db *database) (farEnd, error) {
	dataDir := c.DataDir
	security, err := clientTLS(d.TLS)
	if err != nil {
		return farEnd{}, err
	}
	switch {
	case d.Type == "slack":
		return slackChannel(d), nil
	case d.Type == "whisper":
		return whisperFiles(dataDir, d, db), nil
	case d.Type == "nats":
		return natsStream(c, d)
	case d.Type == "blueflood":
		return bluefloodFar(bluefloodOptions(dataDir, d, security)), nil
	case d.Type == "remote_write":
		return remoteWrite(dataDir, d, security), nil
	case strings.HasPrefix(d.Address, "http://"), strings.HasPrefix(d.Address, "https://"):
		return hostedGraphite(dataDir, d, security), nil
	}
	return carbons(d, security), nil
}

func bluefloodOptions(dataDir string, d config.Destination, security certs.Client) blueflood.Options {
	o := blueflood.Options{
		URL: d.Address, Tenant: d.Tenant, Tenants: d.PerTenant, Prefix: d.Prefix.Reveal(), TTL: d.TTL,
		Interval: d.Interval, MaxBody: int(d.Batch), Timeout: d.Timeout,
		Past: d.Past, Ahead: d.Ahead, Overwrite: d.OverwriteTime,
		TLS: security, RefusalsPath: refusalsPath(dataDir, d.Name), Name: d.Name,
	}
	if a := d.Auth; a.URL != "" {
		o.Auth = &blueflood.Auth{
			URL: a.URL, Version: string(a.Version), User: a.User, Key: a.Key.Reveal(), Password: a.Password.Reveal(),
			Project: a.Project, Domain: a.Domain,
			ApplicationCredentialID:     a.ApplicationCredential.ID,
			ApplicationCredentialSecret: a.ApplicationCredential.Secret.Reveal(),
		}
	}
	return o
}

// hostedGraphite is an HTTP sink.
func hostedGraphite(dataDir string, d config.Destination, security certs.Client) farEnd {
	o := hostedgraphite.Options{
		Name: d.Name, URL: d.Address, Key: d.Key.Reveal(), TLS: security, Timeout: d.Timeout,
		Interval: d.Interval, MaxBatch: int(d.Batch), Plain: !d.Compress, RefusalsPath: refusalsPath(dataDir, d.Name),
	}
	return farEnd{
		kind: d.Type + " by http", version: fmt.Sprintf("%+v", o), answers: true,
		open: func(log *slog.Logger, registerer prometheus.Registerer) (deliver.Destination, error) {
			o.Logger, o.Registerer = log, registerer
			return hostedgraphite.New(o)
		},
	}
}

// carbons is what speaks a protocol of carbon's. A hosted service's key is a prefix
// there.
func carbons(d config.Destination, security certs.Client) farEnd {
	o := carbon.Options{
		Address: d.Address, Protocol: d.Protocol, Prefix: d.Prefix.Reveal() + d.Key.Reveal(), UserTimeout: d.UserTimeout,
	}
	version := fmt.Sprintf("%+v", o)
	if strings.HasPrefix(d.Address, "tls://") {
		o.TLS = &security
		version += fmt.Sprintf("%+v", security)
	}
	return farEnd{kind: d.Type + " by " + d.Protocol, version: version, open: carbonFar(o), answers: strings.HasPrefix(d.Address, "udp://")}
}

// clientTLS tells a file of authorities from a folder of them.
func clientTLS(t config.ClientTLS) (certs.Client, error) {
	c := certs.Client{
		ServerName: t.ServerName, Cert: t.Cert, Key: t.Key,
		MinVersion: string(t.MinVersion), InsecureSkipVerify: t.InsecureSkipVerify,
	}
	if t.CA == "" {
		return c, nil
	}
	info, err := os.Stat(t.CA)
	switch {
	case err != nil:
		return c, fmt.Errorf("tls: ca: %w", err)
	case info.IsDir():
		c.CADir = t.CA
	default:
		c.CAFile = t.CA
	}
	return c, nil
}

// stateOf tells one state of the authorities in a file or folder from another: unlike
// a client's certificate they are read when a far end is made. "" has none.
func stateOf(ca string) string {
	list, err := os.ReadDir(ca)
	if err != nil {
		return stamp(os.Stat(ca))
	}
	var state strings.Builder
	for _, e := range list {
		state.WriteString(e.Name() + stamp(os.Stat(filepath.Join(ca, e.Name()))))
	}
	return state.String()
}

func stamp(info os.FileInfo, err error) string {
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" %d %d ", info.Size(), info.ModTime().UnixNano())
}

// refusalsPath is where points are kept that a destination refused.
func refusalsPath(dataDir, destination string) string {
	return filepath.Join(queueDir(dataDir, destination), "refused")
}

// carbonFar makes a carbon's far end for a relay.
func carbonFar(o carbon.Options) func(*slog.Logger, prometheus.Registerer) (deliver.Destination, error) {
	return func(log *slog.Logger, _ prometheus.Registerer) (deliver.Destination, error) {
		o.Logger = log
		return carbon.New(o)
	}
}
