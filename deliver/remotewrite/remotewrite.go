// Package remotewrite delivers to what takes Prometheus' remote write: Prometheus
// itself, Mimir, Thanos, Cortex, VictoriaMetrics.
//
// The far end answers each request, so that what it took is known: no replay margin
// is needed.
package remotewrite

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/post"
	wire "github.com/plumbago/plumbago/wire/remotewrite"
)

// Options describe a receiver of remote write. Zero values are the defaults.
type Options struct {
	URL     string       // with its path: https://host/api/v1/write
	Version wire.Version // of the messages; V1 if 0

	// Mapping is a file of rules, as graphite_exporter has them; "": there are none.
	Mapping string
	Strict  bool // names that no rule matches are dropped, whatever the file says
	Cache   int  // bytes for what the rules have made of names; 128 MiB if 0

	Access Access       // what shows who sends
	TLS    certs.Client // of https

	Tenant       string // whose all points are; "" says nothing
	Tenants      bool   // the first node of a name is its tenant, and no part of the metric's name
	TenantHeader string // which tells; X-Scope-OrgID if ""

	Shards   int           // connections; 2 if 0
	Interval time.Duration // how long points are gathered for requests; 500 ms if 0
	MaxBatch int           // bytes of lines in a request; 512 KiB if 0
	Timeout  time.Duration // of a request, its answer included; 30 s if 0

	RefusalsPath string // where points go that the far end refuses; "" keeps none

	Name       string                // the destination's, for metrics
	Logger     *slog.Logger          // nil: silent
	Registerer prometheus.Registerer // nil: counted, not shown
}

const (
	agent            = "plumbago"
	defaultCache     = 128 << 20
	defaultTenant    = "X-Scope-OrgID"
	defaultShards    = 2
	defaultInterval  = 500 * time.Millisecond
	defaultMaxBatch  = 512 << 10
	defaultTimeout   = 30 * time.Second
	mostShards       = 64
	mostMappingBytes = 16 << 20
)

func (o *Options) complete() {
	setDefault(&o.Version, wire.V1)
	setDefault(&o.Cache, defaultCache)
	setDefault(&o.TenantHeader, defaultTenant)
	setDefault(&o.Shards, defaultShards)
	setDefault(&o.Interval, defaultInterval)
	setDefault(&o.MaxBatch, defaultMaxBatch)
	setDefault(&o.Timeout, defaultTimeout)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

func setDefault[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

// Destination is a receiver that points can be sent to.
type Destination struct {
	o        Options
	access   access
	cache    *cache
	shards   []*shard
	refusals *deliver.Refusals
	metrics  metrics
	log      *slog.Logger

	here   ledger // what is refused before it is sent
	begun  begun  // what is settled of a batch that was not handed over to its end
	failed *lane  // the far end answered neither yes nor no to one like it; nil if it did not
}

// New checks the options and reads the files that they name. It does not connect.
func New(o Options) (*Destination, error) {
	o.complete()
	if err := o.check(); err != nil {
		return nil, err
	}
	rules, err := readRules(o)
	if err != nil {
		return nil, err
	}
	access, err := newAccess(o)
	if err != nil {
		return nil, err
	}
	d := &Destination{
		o: o, access: access, log: o.Logger,
		refusals: deliver.OpenRefusals(o.RefusalsPath),
		metrics:  newMetrics(o.Registerer, o.Name),
	}
	d.cache = newCache(o, namer{rules: rules, strict: o.Strict || rules.StrictMatch, tenants: o.Tenants}, d.metrics)
	for range o.Shards {
		client, err := post.New(post.Options{URL: o.URL, TLS: o.TLS, Timeout: o.Timeout, Coding: "snappy", Agent: agent})
		if err != nil {
			return nil, err
		}
		d.shards = append(d.shards, newShard(d, client))
	}
	warn(o)
	return d, nil
}

// Dial implements deliver.Destination. After an answer that was neither yes nor no it
// sends an empty message first: the far end is not there before it takes that.
func (d *Destination) Dial(ctx context.Context) (deliver.Conn, error) {
	first := d.shards[0]
	err := first.client.Connect(ctx)
	if err == nil && d.failed != nil {
		err = first.probe(ctx, d.failed.tenant)
	}
	if err != nil {
		d.close()
		return nil, permanentOr(err, deliver.Permanent)
	}
	return deliver.Gather(session{d}, deliver.Gathering{Interval: d.o.Interval, MaxBytes: d.o.MaxBatch * len(d.shards)}), nil
}

func (d *Destination) close() {
	for _, s := range d.shards {
		s.client.Close()
	}
}

// permanentOr marks an error that only a person can cure.
func permanentOr(err error, mark func(error) error) error {
	if post.IsPermanent(err) {
		return mark(err)
	}
	return err
}
