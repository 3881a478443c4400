package config

import (
	"github.com/plumbago/plumbago/internal/hashring"
	"github.com/plumbago/plumbago/route"
)

// Rules returns the rules as the routing table takes them.
func (c *Config) Rules() []route.Rule {
	list := make([]route.Rule, len(c.Route))
	for i, r := range c.Route {
		list[i] = route.Rule{Match: r.Match, To: r.To, Continue: r.Continue, By: c.ring(r)}
	}
	return list
}

// ring returns the ring of a rule, or nil.
func (c *Config) ring(r Rule) *route.Ring {
	if r.By == "" {
		return nil
	}
	ring := &route.Ring{Kind: r.By, Replicas: r.Replicas, Diverse: r.Diverse}
	for _, name := range r.To {
		d, _ := c.destination(name)
		ring.Nodes = append(ring.Nodes, d.Node())
	}
	return ring
}

// destination finds a destination by its name.
func (c *Config) destination(name string) (Destination, bool) {
	for _, d := range c.Deliver {
		if d.Name == name {
			return d, true
		}
	}
	return Destination{}, false
}

// Node returns what rings know the destination by: the host of its address, and
// its instance if it has one.
func (d Destination) Node() hashring.Node {
	a, _ := split(d.Address)
	return hashring.Node{Host: a.host, Instance: d.Instance, HasInstance: d.Instance != ""}
}
