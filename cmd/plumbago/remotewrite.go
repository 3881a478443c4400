package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/remotewrite"
	"github.com/plumbago/plumbago/internal/certs"
	wire "github.com/plumbago/plumbago/wire/remotewrite"
	"github.com/prometheus/client_golang/prometheus"
)

// remoteWrite is Prometheus, or what takes its remote write.
func remoteWrite(dataDir string, d config.Destination, security certs.Client) farEnd {
	o := remotewrite.Options{
		Name: d.Name, URL: d.Address, Version: wire.V1, TLS: security,
		Mapping: d.Mapping, Strict: d.StrictMatch, Cache: int(d.MappingCache),
		Tenant: d.Tenant, Tenants: d.PerTenant, TenantHeader: d.TenantHeader,
		Access: remotewrite.Access{Bearer: d.Bearer.Reveal(), User: d.Basic.User, Password: d.Basic.Password.Reveal()},
		Shards: d.Shards, Interval: d.Interval, MaxBatch: int(d.Batch), Timeout: d.Timeout,
		RefusalsPath: refusalsPath(dataDir, d.Name),
	}
	if d.Version == "2.0" {
		o.Version = wire.V2
	}
	for _, h := range d.Headers {
		o.Access.Headers = append(o.Access.Headers, remotewrite.Header{Name: h.Name, Value: h.Value.Reveal()})
	}
	return farEnd{
		kind: d.Type, version: fmt.Sprintf("%+v%s", o, stamp(os.Stat(d.Mapping))), answers: true,
		open: func(log *slog.Logger, registerer prometheus.Registerer) (deliver.Destination, error) {
			o.Logger, o.Registerer = log, registerer
			return remotewrite.New(o)
		},
	}
}
