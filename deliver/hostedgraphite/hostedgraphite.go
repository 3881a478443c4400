// Package hostedgraphite delivers to Hosted Graphite's HTTP sink, and to whatever
// else takes lines as it does: another plumbago's http door.
//
// The far end answers each request, so that what it took is known: no replay margin
// is needed.
package hostedgraphite

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/post"
)

// Options describe a sink.
type Options struct {
	// URL is https://host, or http://host where nobody listens in between; with
	// the path /api/v1/sink unless it has another.
	URL string

	// Key is the account's. It appears in no error, log or file, even if the far
	// end repeats it.
	Key string

	TLS     certs.Client  // of https
	Timeout time.Duration // of a request, its answer included; 30 s if 0

	Interval time.Duration // how long lines are gathered for a request; 500 ms if 0

	MaxBatch int  // bytes of lines in a request, before they are compressed; 512 KiB if 0
	Plain    bool // do not compress

	RefusalsPath string // where points go that the far end refuses; "" keeps none

	Name       string                // the destination's, for metrics
	Logger     *slog.Logger          // nil: silent
	Registerer prometheus.Registerer // nil: counted, not shown
}

const (
	sinkPath        = "/api/v1/sink"
	defaultMaxBatch = 512 << 10
	defaultInterval = 500 * time.Millisecond
	agent           = "plumbago"
)

// Destination is a sink that points can be sent to.
type Destination struct {
	clients
	key      key
	header   http.Header
	interval time.Duration
	maxBatch int
	refusals *deliver.Refusals
	log      *slog.Logger
	requests deliver.Requests

	begun begun
	doubt []byte // a line that the far end took not and refused not; nil if none
}

// New checks the options and reads the files that they name. It does not connect.
func New(o Options) (*Destination, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxBatch <= 0 {
		o.MaxBatch = defaultMaxBatch
	}
	if o.Interval <= 0 {
		o.Interval = defaultInterval
	}
	key, err := newKey(o.Key)
	if err != nil {
		return nil, err
	}
	clients, err := newClients(o)
	if err != nil {
		return nil, errors.New(key.hide(err.Error()))
	}
	warn(o)
	return &Destination{
		clients:  clients,
		key:      key,
		header:   http.Header{"Authorization": {key.basic()}, "Content-Type": {"text/plain"}},
		interval: o.Interval,
		maxBatch: o.MaxBatch,
		refusals: deliver.OpenRefusals(o.RefusalsPath),
		log:      o.Logger,
		requests: deliver.NewRequests(o.Registerer, o.Name),
	}, nil
}

// warn tells of what leaves the key open to others.
func warn(o Options) {
	u, _ := url.Parse(o.URL) // it was one before
	switch {
	case o.TLS.InsecureSkipVerify:
		o.Logger.Warn("the far end's certificate is not verified: whoever gets between can read the key and change everything", "addr", u.Host)
	case u.Scheme == "http" && !post.IsLocal(u.Hostname()):
		o.Logger.Warn("the key is sent without TLS: whoever gets between can read it", "addr", u.Host)
	}
}

// Dial implements deliver.Destination. After an answer that was neither yes nor no
// it sends one of the points in question first: the far end is not there before it
// takes that, and need not be sent a whole batch to find out.
func (d *Destination) Dial(ctx context.Context) (deliver.Conn, error) {
	err := d.current().Connect(ctx)
	if err == nil && d.doubt != nil {
		err = d.probe(ctx)
	}
	if err != nil {
		d.close()
		return nil, dialError(err)
	}
	return deliver.Gather(session{d}, deliver.Gathering{Interval: d.interval, MaxBytes: d.maxBatch}), nil
}

// probe sends the point in question. It stays so for as long as the far end answers:
// one that does not may need longer for it than there is time for a Dial.
func (d *Destination) probe(ctx context.Context) error {
	a, err := d.ask(ctx, d.doubt)
	if err != nil {
		d.doubt = nil
		return err
	}
	if err := d.judge(a); err != nil && !deliver.IsPermanent(err) {
		return err
	}
	d.doubt = nil
	return nil
}

// dialError marks what only a person can cure.
func dialError(err error) error {
	if post.IsPermanent(err) {
		return deliver.Permanent(err)
	}
	return err
}

// sendError marks what only a person can cure, which is not the batch's fault.
func sendError(err error) error {
	if post.IsPermanent(err) {
		return deliver.Misconfigured(err)
	}
	return err
}
