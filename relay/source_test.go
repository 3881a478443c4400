package relay_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/tenant"
)

// spring is a source that hands on what it is given.
type spring struct {
	points chan string
	stored chan error
	ends   chan error
}

func newSpring() *spring {
	return &spring{make(chan string), make(chan error, 1), make(chan error)}
}

func (s *spring) source(name, version string) relay.Source {
	return relay.Source{
		Name: name, Address: "far away", Protocol: "slack", Version: version,
		Open: func(*slog.Logger, prometheus.Registerer) (relay.Fetch, error) { return s.fetch, nil },
	}
}

func (s *spring) fetch(ctx context.Context, sink relay.Storer) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-s.ends:
			return err
		case line := <-s.points:
			s.stored <- sink.Store(ctx, metric.Batch{Lines: []byte(line + "\n"), Points: 1})
		}
	}
}

func (s *spring) give(t *testing.T, line string) {
	t.Helper()
	s.points <- line
	if err := <-s.stored; err != nil {
		t.Errorf("%s: %v", line, err)
	}
}

func TestPointsOfASourceAreOnDiskWhenTheyAreStored(t *testing.T) {
	o := options(t.TempDir(), map[string]*far{"a": {down: true}}, "a")
	s := newSpring()
	o.Sources = []relay.Source{s.source("s", "1")}
	r, stop := open(t, o)
	defer stop()
	s.give(t, "one 1 1")
	if got := r.Status().Destinations[0].Queue; got.Waiting != 1 {
		t.Errorf("got %+v, want one point that waits", got)
	}
	if got := r.Status().Listeners[1]; !got.Source || got.Name != "s" || got.Address != "far away" || got.Points != 1 {
		t.Errorf("got %+v, want the source told of, with a point", got)
	}
}

func TestASourceThatEndsByItselfEndsTheRelay(t *testing.T) {
	o := options(t.TempDir(), map[string]*far{"a": {}}, "a")
	s := newSpring()
	o.Sources = []relay.Source{s.source("s", "1")}
	r, err := relay.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	go func() { s.ends <- errors.New("dried up") }()
	if err := r.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "receiving from s: dried up") {
		t.Errorf("got %v, want the source's error", err)
	}
}

func TestReloadExchangesSources(t *testing.T) {
	dir, fars := t.TempDir(), map[string]*far{"a": {}}
	kept, old, fresh := newSpring(), newSpring(), newSpring()
	o := options(dir, fars, "a")
	o.Sources = []relay.Source{kept.source("kept", "1"), old.source("changed", "1")}
	r, stop := open(t, o)
	defer stop()
	o.Sources = []relay.Source{newSpring().source("kept", "1"), fresh.source("changed", "2")}
	c := reload(t, r, o)
	if got, want := fmt.Sprint(c.Opened, c.Closed), "[changed] [changed]"; got != want {
		t.Errorf("got opened and closed %s, want %s", got, want)
	}
	kept.give(t, "one 1 1")
	fresh.give(t, "two 2 2")
	select {
	case old.points <- "three 3 3":
		t.Error("got a source that goes on though it was replaced")
	default:
	}
	o.Sources = []relay.Source{{Name: "bad", Open: func(*slog.Logger, prometheus.Registerer) (relay.Fetch, error) {
		return nil, errors.New("no folder")
	}}}
	if _, err := r.Reload(o); err == nil || !strings.Contains(err.Error(), `receiver "bad": no folder`) {
		t.Errorf("got %v, want why a source cannot be opened", err)
	}
	kept.give(t, "four 4 4")
	eventually(t, "all at a", func() bool { return len(fars["a"].got()) == 3 })
}

func TestPointsOfASourceAreATenants(t *testing.T) {
	fars := map[string]*far{"a": {}}
	o := options(t.TempDir(), fars, "a")
	o.Tenants = tenant.Options{Unknown: tenant.Reject, Tenants: []tenant.Tenant{{Name: "acme", Keys: []string{"secret-key"}, As: tenant.Prefix}}}
	own, nobodys := newSpring(), newSpring()
	o.Sources = []relay.Source{own.source("own", ""), nobodys.source("nobody's", "")}
	o.Sources[0].Tenant = "acme"
	_, stop := open(t, o)
	defer stop()
	own.give(t, "one 1 1")
	nobodys.give(t, "two 2 2") // counted, and done with
	nobodys.give(t, "secret-key.three 3 3")
	eventually(t, "two at a", func() bool { return len(fars["a"].got()) == 2 })
	if got, want := fmt.Sprint(fars["a"].got()), "[acme.one|1|1 acme.three|3|3]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A batch that has a tenant is that one's, if there is such a tenant.
func TestABatchOfASourceMayHaveATenant(t *testing.T) {
	o := options(t.TempDir(), map[string]*far{"a": {down: true}}, "a")
	o.Tenants = tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", Keys: []string{"some-secret-key"}}}}
	stored := make(chan error, 1)
	o.Sources = []relay.Source{{Name: "s", Protocol: "nats", Open: func(*slog.Logger, prometheus.Registerer) (relay.Fetch, error) {
		return func(ctx context.Context, sink relay.Storer) error {
			var errs []error
			for _, owner := range []string{"acme", "stranger", ""} {
				errs = append(errs, sink.Store(ctx, metric.Batch{Lines: []byte("x 1 1\n"), Points: 1, Tenant: owner}))
			}
			stored <- errors.Join(errs...)
			<-ctx.Done()
			return nil
		}, nil
	}}}
	r, stop := open(t, o)
	defer stop()
	if err := <-stored; err != nil {
		t.Fatal(err)
	}
	status := r.Status()
	if got := status.Destinations[0].Queue.Waiting; got != 1 {
		t.Errorf("got %d points that wait, want the known tenant's", got)
	}
	for _, s := range status.Tenants {
		want := map[string]uint64{"acme": 1}[s.Name]
		if s.Points["nats"] != want || s.Name == "" && s.Dropped[metric.UnknownTenant] != 2 {
			t.Errorf("got %+v of %q, want %d passed", s, s.Name, want)
		}
	}
}
