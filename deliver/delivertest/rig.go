package delivertest

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/backoff"
	"github.com/plumbago/plumbago/internal/logtest"
)

// Rig is a worker named far between a source and a destination, for tests of a
// destination's own: with what the two log and count, and keep of refused points.
type Rig struct {
	Source   *Source
	Worker   *deliver.Worker // once it is started
	Log      *logtest.Journal
	Logger   *slog.Logger // writes to Log
	Registry *prometheus.Registry
	Refusals string // the path of the file of refused points

	t    *testing.T
	done chan struct{} // closed when Run has returned
}

// NewRig makes a rig whose worker does not run yet.
func NewRig(t *testing.T) *Rig {
	journal := &logtest.Journal{}
	return &Rig{
		Source: NewSource(), Log: journal, Logger: journal.Logger(), Registry: prometheus.NewRegistry(),
		Refusals: filepath.Join(t.TempDir(), "refused", "far.lines"),
		t:        t, done: make(chan struct{}),
	}
}

// Start runs the worker until the test ends, if it does not end before.
func (r *Rig) Start(d deliver.Destination) {
	r.Worker = deliver.New(d, r.Source, deliver.Options{
		Name: "far", Logger: r.Logger, Registerer: r.Registry,
		Backoff: backoff.Backoff{Min: time.Millisecond, Max: 10 * time.Millisecond},
	})
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		defer close(r.done)
		if err := r.Worker.Run(ctx); err != nil {
			r.t.Errorf("Run: got %v, want nil", err)
		}
	}()
	r.t.Cleanup(func() {
		r.Source.CloseInput()
		stop()
		<-r.done
		for _, f := range r.Source.Faults() {
			r.t.Errorf("against the rules of deliver.Source: %s", f)
		}
	})
}

// Wait waits until something is so.
func (r *Rig) Wait(what string, is func() bool) {
	r.t.Helper()
	for range 4000 {
		if is() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	r.t.Fatalf("not so after 20 s: %s; %+v; %+v\n%s", what, r.Source.Progress(), r.Worker.State(), r.Log)
}

// Finish waits until all blocks are given back and the worker has ended, and checks
// how many points were refused.
func (r *Rig) Finish(refused int) {
	r.t.Helper()
	r.Source.CloseInput()
	select {
	case <-r.done:
	case <-time.After(20 * time.Second):
		r.t.Fatalf("not all given back after 20 s: %+v; %+v\n%s", r.Source.Progress(), r.Worker.State(), r.Log)
	}
	if p := r.Source.Progress(); p.Unsent > 0 || p.Refused != refused {
		r.t.Errorf("got %+v, want all given back and %d points refused\n%s", p, refused, r.Log)
	}
}

// Kept returns what is in the file of refused points, "" if there is none.
func (r *Rig) Kept() string {
	r.t.Helper()
	text, err := os.ReadFile(r.Refusals)
	if err != nil && !os.IsNotExist(err) {
		r.t.Fatal(err)
	}
	return string(text)
}

// CheckLog checks that a text is in the log.
func (r *Rig) CheckLog(want string) {
	r.t.Helper()
	if got := r.Log.String(); !strings.Contains(got, want) {
		r.t.Errorf("got log\n%s\nwant %q in it", got, want)
	}
}

// CheckMetric checks a counter, written as name{label="value"}.
func (r *Rig) CheckMetric(name, label, value string, want float64) {
	r.t.Helper()
	families, err := r.Registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == name && l.GetName() == label && l.GetValue() == value {
					if got := m.GetCounter().GetValue(); got != want {
						r.t.Errorf("%s{%s=%q}: got %v, want %v", name, label, value, got, want)
					}
					return
				}
			}
		}
	}
	r.t.Errorf("there is no %s{%s=%q}", name, label, value)
}
