package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plumbago/plumbago/internal/nearest"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/tenant"
)

// entrance says what becomes of a name before it is routed, by the tenants' own
// rules for names. How much they send is not limited.
type entrance struct {
	visit *tenant.Visit // nil where there are no tenants
	room  tenant.Room
}

// entrance is how names of a tenant come in; "" is nobody, but for names with a
// tenant's key in front.
func (s *setup) entrance(name string) (*entrance, error) {
	known := tenantNames(s.relay)
	if name != "" && !slices.Contains(known, name) {
		return nil, unknownTenant(name, known)
	}
	if len(known) == 0 {
		return &entrance{}, nil
	}
	book, err := tenant.NewBook(timeless(s.relay.Tenants), nil)
	if err != nil {
		return nil, err
	}
	return &entrance{visit: book.Visit(tenant.Sender{Tenant: name})}, nil
}

func tenantNames(o relay.Options) (names []string) {
	for _, t := range o.Tenants.Tenants {
		names = append(names, t.Name)
	}
	return names
}

// timeless leaves out the limits that depend on what came before.
func timeless(o tenant.Options) tenant.Options {
	o.Tenants = slices.Clone(o.Tenants)
	for i := range o.Tenants {
		l := &o.Tenants[i].Limits
		*l = tenant.Limits{MaxLine: l.MaxLine, MaxTags: l.MaxTags, DryRun: l.DryRun}
	}
	return o
}

func unknownTenant(name string, known []string) error {
	switch n := nearest.Word(name, known); {
	case len(known) == 0:
		return fmt.Errorf("there is no tenant %q: the configuration has no tenants", name)
	case n != "":
		return fmt.Errorf("there is no tenant %q; did you mean %q?", name, n)
	}
	return fmt.Errorf("there is no tenant %q; there are: %s", name, strings.Join(known, ", "))
}

// arrival is what becomes of a name at the entrance.
type arrival struct {
	name        string // what it is called inside
	tenant      string // "" for nobody's
	refused     metric.Reason
	quarantined bool
}

// pass takes a name in as a point of this moment's.
func (e *entrance) pass(name string) arrival {
	a := arrival{name: name}
	if e.visit == nil {
		return a
	}
	line := metric.Batch{Lines: fmt.Appendf(nil, "%s 1 %d\n", name, time.Now().Unix()), Points: 1}
	out, _ := e.visit.Admit(context.Background(), &e.room, line, func(_ context.Context, b metric.Batch) error {
		first, _ := metric.Next(b.Lines)
		a.name, a.tenant, a.quarantined = string(first.Name), b.Tenant, b.Quarantined
		return nil
	})
	a.refused = out.Reason
	return a
}
