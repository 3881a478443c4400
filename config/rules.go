package config

import (
	"slices"
	"strings"

	"github.com/plumbago/plumbago/route"
)

// Rule sends the points whose names match to destinations. The first rule that
// matches is the last to be tried, unless it says continue.
type Rule struct {
	// Tenants names the tenants whose points the rule is for. Without it the rule is
	// for all points. With tenants.
	Tenants []string `yaml:"tenants" like:"acme"`

	// Match is an RE2 expression, searched for anywhere in the name with its tags.
	// Without it every name matches.
	Match string `yaml:"match" like:"^servers\\." empty:"yes"`

	// To names one destination or more. A point goes to each destination once, by
	// however many rules.
	To []string `yaml:"to" like:"carbon" need:"yes"`

	// By spreads the points over the destinations of To by the hash of their names,
	// instead of sending each to all: carbon_ch, fnv1a_ch or mmh3_ch place names
	// where carbon's consistent hashing does, fast_carbon_ch, fast_fnv1a_ch or
	// fast_mmh3_ch where its fast hashing does, and jump is for new clusters. To is in
	// the order of carbon's DESTINATIONS.
	By string `yaml:"by" like:"carbon_ch" one:"carbon_ch fnv1a_ch mmh3_ch fast_carbon_ch fast_fnv1a_ch fast_mmh3_ch jump"`

	// Replicas is to how many of the destinations a point goes. Default 1. With by.
	Replicas int `yaml:"replicas" like:"2" min:"1" max:"100"`

	// Diverse sends no two copies of a point to one host, even if there are then
	// fewer. Default true. With by.
	Diverse bool `yaml:"diverse" like:"true"`

	// Continue has the next rules tried too.
	Continue bool `yaml:"continue" like:"true"`
}

// Rules returns the rules as the routing table takes them.
func (c *Config) Rules() []route.Rule {
	list := make([]route.Rule, len(c.Route))
	for i, r := range c.Route {
		list[i] = route.Rule{Tenants: r.Tenants, Match: r.Match, To: r.To, Continue: r.Continue, By: c.ring(r)}
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

// checkRoute lets the rules be checked where they are used. Without rules,
// everything goes everywhere.
func (d *decoder) checkRoute() {
	names, shown := d.destinationNames()
	if len(d.config.Route) == 0 {
		d.config.Route = []Rule{{To: d.everywhere(names)}}
		return
	}
	for i := range d.config.Route {
		path, r := entry("route", i), &d.config.Route[i]
		for j, name := range r.Tenants {
			d.checkTenantName("tenants", entry(path+".tenants", j), name)
		}
		d.checkSpread(path, r)
	}
	for _, e := range route.Check(d.config.Rules(), names) {
		d.ruleProblem(e, shown)
	}
}

// everywhere is where points go without rules.
func (d *decoder) everywhere(names []string) []string {
	if len(names) == 1 {
		return names
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == d.config.Quarantine })
}

// checkSpread sets what goes with by, and notes it where there is no by.
func (d *decoder) checkSpread(path string, r *Rule) {
	for _, key := range []string{"replicas", "diverse"} {
		if s, given := d.spots[path+"."+key]; given && r.By == "" {
			d.problem(s, "%s: is for rules with by only; leave it out, or add by, like by: carbon_ch", key)
		}
	}
	if r.By == "" {
		return
	}
	r.Replicas = max(r.Replicas, 1)
	if _, given := d.spots[path+".diverse"]; !given {
		r.Diverse = true
	}
}

// ruleProblem notes what is wrong with a rule, without values that must not be shown.
func (d *decoder) ruleProblem(e *route.RuleError, shown []string) {
	path := entry("route", e.Rule-1)
	if e.To < 0 {
		s, ok := d.spots[path+".match"]
		switch {
		case !ok || !strings.HasPrefix(e.Why, "match:"): // told already
		case s.replaced:
			d.problem(s, "match: %s is not an RE2 expression", s.show())
		default:
			d.problem(s, "%s", e.Why)
		}
		return
	}
	if s, ok := d.spots[entry(path+".to", e.To)]; ok {
		d.targetProblem(s, d.config.Route[e.Rule-1].To[e.To], shown)
	}
}

// targetProblem notes what is wrong with a destination of a rule.
func (d *decoder) targetProblem(s spot, name string, shown []string) {
	if dest, ok := d.config.destination(name); ok {
		if _, lacks := split(dest.Address); lacks == "" {
			d.problem(s, "to: %s has the host and instance of another destination in this list, so that a ring cannot tell them apart; "+
				"give it another instance", s.show())
		}
		return
	}
	d.unknownName(s, "to: no destination", shown)
}
