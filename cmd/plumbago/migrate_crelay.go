package main

import (
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/config/crelayconf"
	"github.com/plumbago/plumbago/internal/hashring"
)

// cRelayDraft makes a draft of a carbon-c-relay.
type cRelayDraft struct {
	*draft
	relay *crelayconf.Config
	to    map[string][]string // the members of clusters, as they are called here
}

func draftFromCRelay(file string, t *tunnels) (*draft, error) {
	c, err := crelayconf.Load(file)
	if err != nil {
		return nil, err
	}
	d := &cRelayDraft{newDraft(config.DefaultDataDir, file, t), c, map[string][]string{}}
	d.remark("", "Names go on as they are; carbon-c-relay puts _ for characters it does not know, and one dot for two.")
	d.listeners(file)
	d.clusters()
	d.statements()
	d.old = func() (places, error) { return cRelayPlaces(c) }
	return d.draft, nil
}

func (d *cRelayDraft) listeners(file string) {
	for _, l := range d.relay.Listeners {
		d.listener(l)
	}
	if len(d.relay.Listeners) == 0 {
		d.remark("receive", "%s listens nowhere, which stands for port 2003.", file)
		d.receive(config.NewReceiver("line", "tcp://:2003"))
		d.receive(config.NewReceiver("line", "udp://:2003"))
	}
}

func (d *cRelayDraft) listener(l crelayconf.Listener) {
	switch {
	case l.Protocol == "unix":
		d.leave(l.File, l.Line, "listening on a unix socket, %s", l.Host)
	case l.Transport.Compression != "":
		d.leave(l.File, l.Line, "listening for lines compressed by %s", l.Transport.Compression)
	case l.Transport.TLS && l.Protocol == "tcp":
		r := config.NewReceiver("line", "tls://"+net.JoinHostPort(l.Host, strconv.Itoa(l.Port)))
		r.TLS = config.ServerTLS{Cert: l.Transport.PEM, Key: l.Transport.PEM, ClientCA: l.Transport.MTLS}
		d.receive(r)
	default:
		d.receive(config.NewReceiver("line", l.Protocol+"://"+net.JoinHostPort(l.Host, strconv.Itoa(l.Port))))
	}
}

// clusters adds destinations, those first that a ring knows by their instance.
func (d *cRelayDraft) clusters() {
	for _, hashing := range []bool{true, false} {
		for _, c := range d.relay.Clusters {
			if c.Kind.Hashing() == hashing {
				d.cluster(c)
			}
		}
	}
}

func (d *cRelayDraft) cluster(c crelayconf.Cluster) {
	switch {
	case c.Kind == crelayconf.Files:
		d.leave(c.File, c.Line, "cluster %s: writing to files", c.Name)
		return
	case c.Kind == crelayconf.Failover:
		d.leave(c.File, c.Line, "cluster %s: failover; points for %s wait on disk while it is down", c.Name, c.Members[0].Address())
	case c.Kind == crelayconf.AnyOf:
		d.leave(c.File, c.Line, "cluster %s: any_of; each name keeps to one member, and its points wait on disk while that is down", c.Name)
	case c.Dynamic:
		d.leave(c.File, c.Line, "cluster %s: dynamic; points for a member that is down wait on disk for it", c.Name)
	}
	if c.UseAll {
		d.leave(c.File, c.Line, "cluster %s: useall; a host is one address at a time", c.Name)
	}
	if c.Kind == crelayconf.JumpCH && c.Replicas > 1 {
		d.leave(c.File, c.Line, "cluster %s: its copies beyond the first go to other members than by jump here", c.Name)
	}
	for _, m := range c.Members {
		d.member(c, m)
	}
}

// member adds a member of a cluster. One that the cluster's ring cannot tell from
// an earlier one never gets anything, and is passed over.
func (d *cRelayDraft) member(c crelayconf.Cluster, m crelayconf.Server) {
	f := far{
		called: m.Address(), host: m.Host, port: m.Port, protocol: "line",
		udp: m.UDP, secure: m.Transport.TLS && !m.UDP, tls: config.ClientTLS{Cert: m.Transport.MTLS, Key: m.Transport.MTLS},
		instance: ringInstance(c.Kind, m), anyRing: c.Kind == crelayconf.Forward || c.Kind == crelayconf.Failover,
	}
	if d.knows(c.Name, f) {
		switch c.Kind {
		case crelayconf.CarbonCH, crelayconf.FNV1aCH:
			d.remark("route", "cluster %s: %s never got anything: its ring cannot tell it from another.", c.Name, m.Address())
			return
		case crelayconf.JumpCH, crelayconf.AnyOf:
			f.instance = m.Address()
		}
	}
	name := d.draft.destination(f)
	if c.Kind == crelayconf.JumpCH && slices.Contains(d.to[c.Name], name) {
		d.leave(m.File, m.Line, "%s: a second time in cluster %s", m.Address(), c.Name)
	}
	d.to[c.Name] = appendNew(d.to[c.Name], []string{name})
	if f.secure {
		d.remark("deliver", "By TLS the authorities are trusted that this system trusts; those of carbon-c-relay's option -C are named by tls: {ca: FILE}.")
	}
	if m.Transport.Compression != "" {
		d.leave(m.File, m.Line, "%s: compressed by %s; it is written without", m.Address(), m.Transport.Compression)
	}
}

// knows reports whether a cluster has a member that a ring here takes for this one.
func (d *cRelayDraft) knows(cluster string, f far) bool {
	return slices.ContainsFunc(d.config.Deliver, func(dest config.Destination) bool {
		return slices.Contains(d.to[cluster], dest.Name) &&
			dest.Node() == hashring.Node{Host: f.host, Instance: f.instance, HasInstance: f.instance != ""}
	})
}

// ringInstance is the instance by which a ring here puts a member where
// carbon-c-relay does.
func ringInstance(k crelayconf.Kind, m crelayconf.Server) string {
	if m.Instance == "" && k == crelayconf.FNV1aCH {
		return m.Address() // host and port are what it hashes
	}
	return m.Instance
}

func (d *cRelayDraft) statements() {
	for i, st := range d.relay.Statements {
		switch {
		case st.Verb != crelayconf.Match:
			d.leave(st.File, st.Line, "%s", shorten(st.Text))
		case st.Drops():
			d.drop(st, d.relay.Statements[i+1:])
		default:
			d.match(st)
		}
	}
	d.finish()
}

// drop is a match that sends to the blackhole: where no other match follows,
// points that no rule takes are dropped anyway.
func (d *cRelayDraft) drop(st crelayconf.Statement, rest []crelayconf.Statement) {
	for _, other := range rest {
		if other.Verb == crelayconf.Match && !other.Drops() {
			d.leave(st.File, st.Line, "%s; no rule drops points: they go on to the rules below", shorten(st.Text))
			return
		}
	}
}

func (d *cRelayDraft) match(st crelayconf.Statement) {
	match, err := st.RE2()
	if err != nil {
		d.leave(st.File, st.Line, "%s: %v", shorten(st.Text), err)
		d.remark(nextRule(d.draft), "Left out: %s", shorten(st.Text))
		return
	}
	if st.Validate != "" {
		d.leave(st.File, st.Line, "validate %s", st.Validate)
	}
	if st.RouteBy != "" {
		d.leave(st.File, st.Line, "route using %s; the whole name is hashed", st.RouteBy)
	}
	rules := d.rulesTo(st)
	for i := range rules {
		rules[i].Match = match
		rules[i].Continue = i < len(rules)-1 || !st.Stop
		d.rule(d.about(rules[i].By, match), rules[i])
	}
}

// rulesTo are a rule for each ring that a match sends to, and one for the rest.
func (d *cRelayDraft) rulesTo(st crelayconf.Statement) (rules []config.Rule) {
	plain := config.Rule{}
	for _, name := range st.To {
		c, _ := d.relay.Cluster(name)
		switch to := d.to[name]; {
		case len(to) == 0:
		case c.Kind == crelayconf.Failover:
			plain.To = appendNew(plain.To, to[:1])
		case c.Kind == crelayconf.Forward:
			plain.To = appendNew(plain.To, to)
		default:
			rules = append(rules, config.Rule{To: to, By: ringOf(c.Kind), Replicas: min(c.Replicas, 100)})
		}
	}
	if len(plain.To) > 0 {
		rules = append(rules, plain)
	}
	return rules
}

func appendNew(list, more []string) []string {
	for _, m := range more {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

// ringOf is the ring for a kind of cluster.
func ringOf(k crelayconf.Kind) string {
	switch k {
	case crelayconf.CarbonCH:
		return hashring.CarbonCH
	case crelayconf.FNV1aCH:
		return hashring.FNV1aCH
	}
	return hashring.Jump
}

// digits is an expression on which the libraries of carbon-c-relay disagree.
var digits = regexp.MustCompile(`\\[dD]`)

// about is the comment of a rule.
func (d *cRelayDraft) about(ring, match string) string {
	var text []string
	if ring == hashring.CarbonCH || ring == hashring.FNV1aCH {
		text = append(text, "carbon's ring; carbon-c-relay's places up to a few percent of the names elsewhere, "+
			"since its entries do not make room for each other. --verify tells which.")
	}
	if digits.MatchString(match) {
		text = append(text, `\d is a digit here; to a carbon-c-relay without PCRE it is the letter d.`)
	}
	return strings.Join(text, "\n")
}

// shorten cuts a text for a message.
func shorten(text string) string {
	if r := []rune(text); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return text
}
