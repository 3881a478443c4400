// Package blueflood delivers to Blueflood, the metrics store, and logs in to
// Keystone where it asks for that.
//
// The far end answers each request and names the points that it refuses: what it
// took is known, and no replay margin is needed.
package blueflood

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/post"
)

// Options describe a Blueflood. Zero values are the defaults.
type Options struct {
	URL    string // https://host:19000, or http://; what is below it is added
	Tenant string // whose the points are, or with Tenants: who submits them

	// Tenants says that the points are those of many: the first node of a name is
	// the tenant, and no part of the metric's name.
	Tenants bool

	Prefix string        // put before each name, with a dot between
	TTL    time.Duration // how long points are kept, in whole seconds; a day if 0

	Interval time.Duration // how long points are gathered for a request; 30 s if 0
	MaxBody  int           // of a request before it is compressed; 900 KiB if 0, 1 MiB at most
	Timeout  time.Duration // of a request or login, its answer included; 30 s if 0

	Past  time.Duration // older points are refused here; 72 h if 0, as the far end does
	Ahead time.Duration // points farther in the future as well; 10 min if 0

	Overwrite bool // each point gets the time at which it is sent

	Auth *Auth        // nil: there is no login
	TLS  certs.Client // of https

	RefusalsPath string // where points go that are refused; "" keeps none

	Name       string                // the destination's, for metrics
	Logger     *slog.Logger          // nil: silent
	Registerer prometheus.Registerer // nil: counted, not shown
	Now        func() time.Time      // nil: time.Now
}

const agent = "plumbago"

const (
	defaultTTL      = 24 * time.Hour
	defaultInterval = 30 * time.Second
	defaultMaxBody  = 900 << 10
	defaultTimeout  = 30 * time.Second
	defaultPast     = 72 * time.Hour
	defaultAhead    = 10 * time.Minute
)

func (o *Options) complete() {
	setDefault(&o.TTL, defaultTTL)
	setDefault(&o.Interval, defaultInterval)
	setDefault(&o.MaxBody, defaultMaxBody)
	setDefault(&o.Timeout, defaultTimeout)
	setDefault(&o.Past, defaultPast)
	setDefault(&o.Ahead, defaultAhead)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

func setDefault[T int | time.Duration](v *T, to T) {
	if *v == 0 {
		*v = to
	}
}

// Destination is a Blueflood that points can be sent to.
type Destination struct {
	o        Options
	client   *post.Client
	encoder  encoder
	tokens   *tokens // nil: there is no login
	refusals *deliver.Refusals
	metrics  metrics
	log      *slog.Logger

	failed bool   // the last request did
	doubt  []byte // a line that the far end took not and refused not; nil if none
}

// New checks the options and reads the files that they name. It does not connect.
func New(o Options) (*Destination, error) {
	o.complete()
	base, err := o.check()
	if err != nil {
		return nil, err
	}
	d := &Destination{
		o: o, encoder: newEncoder(o), log: o.Logger,
		refusals: deliver.OpenRefusals(o.RefusalsPath),
		metrics:  newMetrics(o.Registerer, o.Name),
	}
	if o.Auth != nil {
		if d.tokens, err = newTokens(o, d.metrics); err != nil {
			return nil, err
		}
	}
	d.client, err = post.New(post.Options{URL: base, TLS: o.TLS, Timeout: o.Timeout, Gzip: true, Agent: agent})
	if err != nil {
		return nil, err
	}
	warn(o)
	return d, nil
}

// Dial implements deliver.Destination. It logs in if there is no token, for which
// the worker's DialTimeout should leave as much time as the identity service takes.
// After a failure it sends one of the points in question first: the far end is not
// there before it has an answer for that.
func (d *Destination) Dial(ctx context.Context) (deliver.Conn, error) {
	s := &session{Destination: d}
	if err := s.open(ctx); err != nil {
		d.client.Close()
		return nil, permanentOr(err, deliver.Permanent)
	}
	g := deliver.Gathering{Interval: d.o.Interval, MaxBytes: d.o.MaxBody - len("[]"), PerPoint: d.encoder.perPoint()}
	if d.failed { // what comes now was gathered before
		g.First = min(d.o.Interval, retrySoon)
		d.failed = false
	}
	return deliver.Gather(s, g), nil
}

// retrySoon is how long points are gathered that failed before.
const retrySoon = time.Second

var errNoTenant = errors.New("tenant: the far end keeps each point for one, and none is named")
