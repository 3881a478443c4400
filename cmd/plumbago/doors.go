package main

import (
	"fmt"
	"strings"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/tidy"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/tenant"
)

// receivers returns the doors in of a configuration. The files that they need are
// read once, so that what is wrong with them is told before anything starts.
func receivers(c *config.Config) (list []receive.Options, err error) {
	for _, r := range c.Receive {
		if r.Protocol == "slack" || r.Protocol == "nats" {
			continue // see sources
		}
		o := receiver(r)
		if o.Names, err = policy(r.Names); err != nil {
			return nil, fmt.Errorf("receiver %s: names: %w", r.Listen, err)
		}
		if strings.HasPrefix(r.Listen, "tls://") {
			if _, err := certs.Open(o.TLS); err != nil {
				return nil, fmt.Errorf("receiver %s: %w", r.Listen, err)
			}
		}
		list = append(list, o)
	}
	return list, nil
}

func receiver(r config.Receiver) receive.Options {
	return receive.Options{
		Protocol: r.Protocol, Address: r.Listen,
		MaxLine: int(r.MaxLine), MaxFrame: int(r.MaxFrame), MaxBody: int(r.MaxBody),
		MaxConnections: r.MaxConnections, IdleTimeout: r.IdleTimeout, MaxHeldBytes: int(r.MaxHeld),
		AcceptUnterminated: r.AcceptUnterminated,
		UDPBuffer:          int(r.UDPBuffer), UDPSockets: r.UDPSockets,
		TLS:       serverTLS(r.TLS),
		ProxyFrom: r.ProxyFrom, Tenant: r.Tenant,
	}
}

func serverTLS(t config.ServerTLS) certs.Server {
	return certs.Server{
		Cert: t.Cert, Key: t.Key, ClientCA: t.ClientCA, ClientAuth: t.ClientAuth, MinVersion: string(t.MinVersion),
	}
}

// policy makes a policy ready; nil is none.
func policy(n *config.Names) (*tidy.Policy, error) {
	if n == nil {
		return nil, nil
	}
	return tidy.New(n.Policy())
}

// tenants returns the tenants of a configuration.
func tenants(c *config.Config) (o tenant.Options, err error) {
	o.Unknown = tenant.Unknown(c.UnknownTenant)
	for _, t := range c.Tenants {
		names, err := policy(t.Names)
		if err != nil {
			return o, fmt.Errorf("tenant %q: names: %w", t.Name, err)
		}
		o.Tenants = append(o.Tenants, tenant.Tenant{
			Name: t.Name, Keys: revealed(t.Keys), Allow: t.Allow, Certificates: t.Certificates,
			As: tenant.Naming(t.As), Limits: limits(t.Limits), Names: names,
		})
	}
	return o, tenant.Check(o)
}

func revealed(secrets []config.Secret) (list []string) {
	for _, s := range secrets {
		list = append(list, s.Reveal())
	}
	return list
}

func limits(l config.Limits) tenant.Limits {
	return tenant.Limits{
		PointsPerSecond: l.PointsPerSecond, Burst: l.Burst,
		LiveMetrics: l.LiveMetrics, LiveWindow: l.LiveWindow, PerMetric: l.PerMetric,
		MaxLine: int(l.MaxLine), MaxTags: l.MaxTags, DryRun: l.DryRun,
	}
}
