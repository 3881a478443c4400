package remotewrite_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/delivertest"
	"github.com/plumbago/plumbago/deliver/remotewrite"
	"github.com/plumbago/plumbago/internal/backoff"
	wire "github.com/plumbago/plumbago/wire/remotewrite"
)

func wireVersion(n int) wire.Version { return wire.Version(n) }

// rig is a worker between a source and a far end.
type rig struct {
	t        *testing.T
	source   *delivertest.Source
	worker   *deliver.Worker
	log      lockedBuffer
	registry *prometheus.Registry
	refusals string // path
	done     chan error
}

// newRig starts a worker that delivers to h.
func newRig(t *testing.T, h http.Handler, o remotewrite.Options) *rig {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	r := &rig{t: t, source: delivertest.NewSource(), registry: prometheus.NewRegistry(), done: make(chan error, 1)}
	r.refusals = filepath.Join(t.TempDir(), "refused", "far.lines")
	o.URL, o.RefusalsPath, o.Name = server.URL+"/api/v1/write", r.refusals, "far"
	o.Logger, o.Registerer = slog.New(slog.NewTextHandler(&r.log, nil)), r.registry
	if o.Interval == 0 {
		o.Interval = 5 * time.Millisecond
	}
	r.worker = deliver.New(newDestination(t, o), r.source, deliver.Options{
		Name: "far", Logger: o.Logger, Registerer: r.registry,
		Backoff: backoff.Backoff{Min: time.Millisecond, Max: 10 * time.Millisecond},
	})
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	go func() { r.done <- r.worker.Run(ctx) }()
	return r
}

// wait waits until something is so.
func (r *rig) wait(what string, is func() bool) {
	r.t.Helper()
	for range 4000 {
		if is() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	r.t.Fatalf("not so after 20 s: %s; %+v; %+v\n%s", what, r.source.Progress(), r.worker.State(), r.log.String())
}

// finish waits until all blocks are given back, and stops. It checks how many points
// were dropped.
func (r *rig) finish(dropped int) {
	r.t.Helper()
	r.source.CloseInput()
	select {
	case err := <-r.done:
		if err != nil {
			r.t.Errorf("Run: got %v, want nil", err)
		}
	case <-time.After(20 * time.Second):
		r.t.Fatalf("not all given back after 20 s: %+v; %+v\n%s", r.source.Progress(), r.worker.State(), r.log.String())
	}
	if p := r.source.Progress(); p.Unsent > 0 || p.Refused != dropped {
		r.t.Errorf("got %+v, want all given back and %d points refused\n%s", p, dropped, r.log.String())
	}
	for _, f := range r.source.Faults() {
		r.t.Errorf("against the rules of deliver.Source: %s", f)
	}
}

// metric returns a metric of the destination with a label of this value, or without.
func (r *rig) metric(name, value string) float64 {
	r.t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == "plumbago_"+name && (l.GetValue() == value || value == "") {
					return m.GetCounter().GetValue() + m.GetGauge().GetValue()
				}
			}
		}
	}
	r.t.Fatalf("there is no plumbago_%s with %q", name, value)
	return 0
}

func (r *rig) checkRefused(why string, want float64) {
	r.t.Helper()
	if got := r.metric("remotewrite_refused_points_total", why); got != want {
		r.t.Errorf("%s: got %v points refused, want %v", why, got, want)
	}
}

// kept returns what is in the file of refused points.
func (r *rig) kept() string {
	text, err := os.ReadFile(r.refusals)
	if err != nil && !os.IsNotExist(err) {
		r.t.Fatal(err)
	}
	return string(text)
}

// lockedBuffer keeps what is logged.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (r *rig) checkLog(want string) {
	r.t.Helper()
	if got := r.log.String(); !strings.Contains(got, want) {
		r.t.Errorf("got log\n%s\nwant %q in it", got, want)
	}
}
