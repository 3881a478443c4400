package main

import (
	"sync/atomic"

	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
)

// inside is what operators ask of a running gateway's inside.
type inside struct {
	*relay.Relay
	setup atomic.Pointer[setup] // in force
}

// For implements tables: by the routing in force.
func (i *inside) For(tenant string) *route.View { return i.View(tenant) }

// Explain implements admin.Inside.
func (i *inside) Explain(tenant, name string) (any, error) {
	s := i.setup.Load()
	e, err := s.entrance(tenant)
	if err != nil {
		return nil, err
	}
	return explaining{i, e, tenant, s.relay.Quarantine, s.keepsTags()}.explain(name), nil
}
