package relay_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
	"github.com/plumbago/plumbago/tenant"
	"github.com/prometheus/client_golang/prometheus"
)

// lingering is a far end whose connections are closed slowly.
type lingering struct {
	*far
	closing, closed chan struct{}
}

func (l lingering) make(*slog.Logger, prometheus.Registerer) (deliver.Destination, error) {
	return l, nil
}

func (l lingering) Dial(ctx context.Context) (deliver.Conn, error) {
	c, err := l.far.Dial(ctx)
	return &lingeringConn{c, l}, err
}

type lingeringConn struct {
	deliver.Conn
	lingering
}

func (c *lingeringConn) Close(ctx context.Context) error {
	c.closing <- struct{}{}
	<-c.closed
	return c.Conn.Close(ctx)
}

// seen is how many points the book of tenants has decided on.
func seen(r *relay.Relay) (n uint64) {
	for _, s := range r.Status().Tenants {
		for _, points := range s.Points {
			n += points
		}
		for _, points := range s.Dropped {
			n += points
		}
	}
	return n
}

// TestNewTenantsAndTheirRulesComeTogether has a reload wait for a worker that ends.
func TestNewTenantsAndTheirRulesComeTogether(t *testing.T) {
	fars := map[string]*far{"shared": {}, "own": {}}
	dir := t.TempDir()
	slow := lingering{&far{}, make(chan struct{}), make(chan struct{})}
	o := options(dir, fars, "shared")
	o.Destinations[0].Far = slow.make
	o.Tenants.Tenants = []tenant.Tenant{{Name: "acme", Keys: []string{"key-of-acme"}}}
	r, stop := open(t, o)
	eventually(t, "connected", func() bool { return r.Status().Destinations[0].Worker.Connected })

	next := options(dir, fars, "shared", "own")
	next.Tenants.Tenants = append(o.Tenants.Tenants, tenant.Tenant{Name: "beta", Keys: []string{"key-of-beta"}})
	next.Destinations[0].Version = "another"
	next.Rules = []route.Rule{{Tenants: []string{"beta"}, To: []string{"own"}}, {To: []string{"shared"}}}
	changed := make(chan struct{})
	go func() {
		defer close(changed)
		if _, err := r.Reload(next); err != nil {
			t.Errorf("Reload: %v", err)
		}
	}()
	<-slow.closing
	send(t, r, "key-of-beta.x 1 1\n")
	eventually(t, "decided on", func() bool { return seen(r) == 1 })
	close(slow.closed)
	<-changed
	send(t, r, "key-of-beta.y 2 2\n")
	eventually(t, "y at beta's own", func() bool { return len(fars["own"].got()) == 1 })
	stop()
	if got := fmt.Sprint(slow.got(), fars["shared"].got(), fars["own"].got()); got != "[] [] [beta.y|2|2]" {
		t.Errorf("got %s, want nothing of beta's but at its own destination", got)
	}
}
