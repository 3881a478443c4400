package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/config/crngconf"
	"github.com/plumbago/plumbago/internal/hashring"
)

// relayNGDraft makes a draft of a carbon-relay-ng.
type relayNGDraft struct {
	*draft
	relay *crngconf.Config
}

func draftFromRelayNG(file string, t *tunnels) (*draft, error) {
	c, err := crngconf.Load(file)
	if err != nil {
		return nil, err
	}
	dataDir := config.DefaultDataDir
	if filepath.IsAbs(c.SpoolDir) {
		dataDir = filepath.Join(c.SpoolDir, "plumbago")
	}
	d := &relayNGDraft{newDraft(dataDir, file, t), c}
	d.receivers()
	d.destinations()
	for _, r := range d.inOrder() {
		d.route(r)
	}
	d.finish()
	d.others()
	d.old = func() (places, error) { return relayNGPlaces(c), nil }
	return d.draft, nil
}

func (d *relayNGDraft) leave(line int, format string, args ...any) {
	d.draft.leave(d.relay.File, line, format, args...)
}

func (d *relayNGDraft) receivers() {
	add := func(protocol, scheme string, at crngconf.Setting, idle time.Duration) {
		if at.Value == "" {
			return
		}
		r := config.NewReceiver(protocol, scheme+"://"+at.Value)
		if scheme == "tcp" {
			r.IdleTimeout = idle
		}
		d.receive(r)
	}
	add("line", "tcp", d.relay.Listen, d.relay.ReadTimeout)
	add("line", "udp", d.relay.Listen, 0)
	add("pickle", "tcp", d.relay.Pickle, d.relay.PickleIdle)
}

// destinations adds those of rings first: only these have to be known by their
// instances.
func (d *relayNGDraft) destinations() {
	for _, hashing := range []bool{true, false} {
		for _, r := range d.relay.Routes {
			if isHashing(r) != hashing {
				continue
			}
			for _, dest := range r.Destinations {
				d.destination(dest, !hashing)
			}
		}
	}
}

// destination returns the name of a destination here.
func (d *relayNGDraft) destination(c crngconf.Destination, anyRing bool) string {
	protocol := "line"
	if c.Pickle {
		protocol = "pickle"
	}
	return d.draft.destination(far{
		called: c.String(), host: c.Host, port: c.Port, protocol: protocol, instance: c.Instance, anyRing: anyRing,
	})
}

func isHashing(r crngconf.Route) bool {
	return r.Type == crngconf.Hashing || r.Type == crngconf.HashingFix
}

// inOrder returns the routes with one that sends to the first match of its
// destinations last, if there is only one: each route sees each name, so the
// order is free, and behind such a one no rule can be tried.
func (d *relayNGDraft) inOrder() []crngconf.Route {
	routes := slices.Clone(d.relay.Routes)
	if !d.relay.FirstOnly {
		slices.SortStableFunc(routes, func(a, b crngconf.Route) int { return chooses(a) - chooses(b) })
	}
	return routes
}

// chooses is 1 for a route that sends to the first match of several destinations.
func chooses(r crngconf.Route) int {
	if r.Type == crngconf.SendFirst && len(r.Destinations) > 1 && r.Destinations[0].Matcher != (crngconf.Matcher{}) {
		return 1
	}
	return 0
}

func (d *relayNGDraft) route(r crngconf.Route) {
	switch r.Type {
	case crngconf.SendAll:
		d.sendAll(r)
	case crngconf.SendFirst:
		d.sendFirst(r)
	case crngconf.Hashing, crngconf.HashingFix:
		d.spread(r)
	default:
		d.leave(r.Line, "route %s: of type %s", r.Key, r.Type)
	}
}

// add adds a rule for names that match all of these.
func (d *relayNGDraft) add(r crngconf.Route, rule config.Rule, comment string, all ...crngconf.Matcher) {
	match, err := crngconf.RE2(all...)
	if err != nil {
		d.leave(r.Line, "route %s: %v", r.Key, err)
		d.remark(nextRule(d.draft), "Left out: route %s, to %s", r.Key, strings.Join(rule.To, ", "))
		return
	}
	rule.Match = match
	d.rule(strings.TrimSuffix("route "+r.Key+"\n"+comment, "\n"), rule)
}

// sendAll makes a rule for the destinations without conditions of their own, and
// one for each other.
func (d *relayNGDraft) sendAll(r crngconf.Route) {
	plain := config.Rule{Continue: !d.relay.FirstOnly}
	for _, dest := range r.Destinations {
		name := d.destination(dest, true)
		if dest.Matcher == (crngconf.Matcher{}) {
			plain.To = appendNew(plain.To, []string{name})
			continue
		}
		if d.relay.FirstOnly {
			d.leave(dest.Line, "route %s: first_only, with conditions of destinations", r.Key)
		}
		d.add(r, config.Rule{To: []string{name}, Continue: true}, "", r.Matcher, dest.Matcher)
	}
	if len(plain.To) > 0 {
		d.add(r, plain, "", r.Matcher)
	}
}

// sendFirst makes a rule for each destination, behind which none is tried if the
// route chooses.
func (d *relayNGDraft) sendFirst(r crngconf.Route) {
	choosing := 0
	for _, other := range d.relay.Routes {
		choosing += chooses(other)
	}
	if chooses(r) == 1 && choosing > 1 && !d.relay.FirstOnly {
		d.leave(r.Line, "route %s: only one route can send to the first match of its destinations", r.Key)
		d.remark(nextRule(d.draft), "Left out: route %s", r.Key)
		return
	}
	for _, dest := range r.Destinations {
		rule := config.Rule{To: []string{d.destination(dest, true)}, Continue: chooses(r) == 0 && !d.relay.FirstOnly}
		d.add(r, rule, "", r.Matcher, dest.Matcher)
		if dest.Matcher == (crngconf.Matcher{}) {
			return // the first match for every name
		}
	}
}

// spread makes a rule with a ring.
func (d *relayNGDraft) spread(r crngconf.Route) {
	rule := config.Rule{By: hashring.CarbonCH, Replicas: 1, Diverse: true, Continue: !d.relay.FirstOnly}
	var nodes []hashring.Node
	for _, dest := range r.Destinations {
		node := hashring.Node{Host: dest.Host, Instance: dest.Instance, HasInstance: dest.Instance != ""}
		if slices.Contains(nodes, node) {
			d.leave(dest.Line, "route %s: %s is the same as another to the ring; it is left out", r.Key, dest)
			continue
		}
		nodes = append(nodes, node)
		rule.To = append(rule.To, d.destination(dest, false))
	}
	comment := "carbon's ring; consistentHashing-v2 places some names in ten thousand elsewhere. --verify tells which."
	if r.Type == crngconf.Hashing {
		comment = "carbon's ring; consistentHashing places up to a few percent of the names elsewhere, " +
			"since its entries do not make room for each other. --verify tells which."
	}
	d.add(r, rule, comment, r.Matcher)
}

func (d *relayNGDraft) others() {
	for _, b := range d.relay.Blacklist {
		d.leave(b.Line, "blacklist %s; no rule drops points", b.Value)
	}
	for _, o := range d.relay.Others {
		d.leave(o.Line, "%s", shorten(o.What))
	}
	if at := d.relay.Instrumented; at.Value != "" {
		d.leave(at.Line, "points about itself to %s; there is a page of metrics for Prometheus, by the section admin", at.Value)
	}
}

// relayNGPlaces is where carbon-relay-ng sends names.
func relayNGPlaces(c *crngconf.Config) places {
	var black []func([]byte) bool
	for _, b := range c.Blacklist {
		black = append(black, b.Matcher.Compile())
	}
	type route struct {
		match func([]byte) bool
		to    places
	}
	var routes []route
	for _, r := range c.Routes {
		routes = append(routes, route{r.Matcher.Compile(), routePlaces(r)})
	}
	return func(name string) (to []string) {
		if slices.ContainsFunc(black, func(match func([]byte) bool) bool { return match([]byte(name)) }) {
			return nil
		}
		for _, r := range routes {
			if !r.match([]byte(name)) {
				continue
			}
			to = append(to, r.to(name)...)
			if c.FirstOnly {
				break
			}
		}
		return to
	}
}

// routePlaces is where a route sends the names that it matches.
func routePlaces(r crngconf.Route) places {
	if isHashing(r) {
		return spreadPlaces(r)
	}
	var matches []func([]byte) bool
	for _, dest := range r.Destinations {
		matches = append(matches, dest.Matcher.Compile())
	}
	return func(name string) (to []string) {
		for i, dest := range r.Destinations {
			if matches[i]([]byte(name)) {
				to = append(to, dest.String())
				if r.Type == crngconf.SendFirst {
					break
				}
			}
		}
		if len(r.Destinations) == 0 { // of a type that is left out
			to = []string{fmt.Sprintf("route %s", r.Key)}
		}
		return to
	}
}

func spreadPlaces(r crngconf.Route) places {
	style := carbonStaying
	if r.Type == crngconf.HashingFix {
		style = carbonMoving
	}
	var members []ringMember
	for _, dest := range r.Destinations {
		members = append(members, ringMember{host: dest.Host, instance: dest.Instance})
	}
	ring := style.ring(members)
	return func(name string) []string { return []string{r.Destinations[ring.pick(name, 1)[0]].String()} }
}
