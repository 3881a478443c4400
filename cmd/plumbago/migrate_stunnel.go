package main

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/config/stunnelconf"
	"github.com/plumbago/plumbago/internal/hashring"
)

// tunnels are the services of a stunnel beside the relay. What plumbago does by
// itself takes their place. Without a stunnel it is nil.
type tunnels struct {
	*draft
	stunnel *stunnelconf.Config
	file    string
	used    map[string]bool // by the places of services
}

func loadTunnels(file string) (*tunnels, error) {
	if file == "" {
		return nil, nil
	}
	c, err := stunnelconf.Load(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, layOut(err))
	}
	if len(c.Services) == 0 {
		return nil, fmt.Errorf("%s has no [service] in it", file)
	}
	return &tunnels{stunnel: c, file: file, used: map[string]bool{}}, nil
}

// beside puts the services beside a relay's draft.
func (t *tunnels) beside(d *draft) {
	if t == nil {
		return
	}
	t.draft, d.tunnels = d, t
	d.remark("", "Of %s too: what its services did, destinations and receivers with tls do.", t.file)
	for _, p := range t.stunnel.Foreign {
		d.leave(p.File, p.Line, "%s", p.Text)
	}
	t.global()
}

// through returns a destination as what is behind the service that it leads to,
// or as it is if it leads to none.
func (t *tunnels) through(f far) far {
	if t == nil {
		return f
	}
	for i := range t.stunnel.Services {
		s := &t.stunnel.Services[i]
		if s.Client && slices.ContainsFunc(s.Accept, f.leadsTo) {
			return t.replace(s, f)
		}
	}
	return f
}

// leadsTo reports whether the destination is what a service accepts on.
func (f far) leadsTo(a stunnelconf.Address) bool {
	to := stunnelconf.Address{Host: f.host, Port: f.port}
	return a.Path == "" && a.Port == f.port && (to.Local() && a.Local() || strings.EqualFold(f.host, a.Host))
}

// replace returns what is behind a client service.
func (t *tunnels) replace(s *stunnelconf.Service, f far) far {
	t.used[s.String()] = true
	if len(s.Connect) == 0 || s.Connect[0].Path != "" {
		t.leave(s.File, s.Line, "[%s]: it connects to no HOST:PORT; %s is written as it is", s.Name, f.called)
		return f
	}
	if f.secure {
		t.leave(s.File, s.Line, "[%s]: it wraps what is TLS already on its way to %s; only stunnel's is written", s.Name, f.called)
	}
	to := s.Connect[0]
	if to.Host == "" {
		to.Host = "localhost"
	}
	c := clientTunnel{tunnel: tunnel{t, s, nil}, to: to}
	c.options()
	if f.anyRing {
		f.instance = "" // it told the tunnel's near end from others
	}
	f.before, f.via = f.host, s
	f.host, f.port, f.secure, f.tls, f.timeout = to.Host, to.Port, true, c.tls, c.timeout
	f.notes = append([]string{fmt.Sprintf("%s [%s], by which %s went, is needed no more:", s.Place, s.Name, f.called)}, c.notes()...)
	return f
}

// finish makes receivers of the services before the relay's own, and tells of
// those that have nothing to do with it. It comes last.
func (t *tunnels) finish() {
	if t == nil {
		return
	}
	behind := slices.Clone(t.config.Receive)
	for i := range t.stunnel.Services {
		switch s := &t.stunnel.Services[i]; {
		case t.used[s.String()]:
		case s.Client:
			t.leave(s.File, s.Line, "[%s]: no destination leads to where it accepts, %s; it still needs stunnel%s", s.Name, addresses(s.Accept), t.hint(s))
		default:
			t.serve(s, behind)
		}
	}
}

func addresses(list []stunnelconf.Address) string {
	var texts []string
	for _, a := range list {
		texts = append(texts, a.String())
	}
	if len(texts) == 0 {
		return "nowhere"
	}
	return strings.Join(texts, ", ")
}

// hint names a destination that may be meant to lead to a service.
func (t *tunnels) hint(s *stunnelconf.Service) string {
	for _, dest := range t.config.Deliver {
		for _, a := range s.Accept {
			if strings.HasSuffix(dest.Address, ":"+strconv.Itoa(a.Port)) && a.Path == "" {
				return fmt.Sprintf(" (%s has its port: if that is this machine, call it 127.0.0.1)", t.called[dest.Name])
			}
		}
	}
	return ""
}

// global tells of the options that are about stunnel itself.
func (t *tunnels) global() {
	var idle []string
	for _, o := range t.stunnel.Options {
		switch {
		case o.Name == "fips" && strings.EqualFold(o.Value, "yes"):
			t.leave(o.File, o.Line, "%s: the cryptography is Go's; GODEBUG=fips140=on has it keep to FIPS 140-3", o)
		case strings.HasPrefix(o.Name, "engine"):
			t.leave(o.File, o.Line, "%s: keys and certificates are files", o)
		default:
			idle = append(idle, o.Name)
		}
	}
	if len(idle) > 0 {
		t.remark("", "Not needed here, of %s: %s.", t.file, strings.Join(idle, ", "))
	}
}

// moved tells of rings that place names by a host which is not carried over.
func (d *draft) moved(r config.Rule) {
	for _, name := range r.To {
		f := d.fars[name]
		if f.via != nil && f.before != f.host && ringByHost(r.By, f.instance) && len(r.To) > 1 {
			d.leave(f.via.File, f.via.Line, "[%s]: a ring places names by the hosts of its destinations, and %s is %s now: "+
				"names move, as --verify shows; to have them stay, keep stunnel for it", f.via.Name, f.called, f.host)
		}
	}
}

// ringByHost reports whether a kind of ring places an instance by its host, too.
func ringByHost(kind, instance string) bool {
	return kind != "" && kind != hashring.Jump && (kind != hashring.FNV1aCH || instance == "")
}

// serve makes receivers of a service that leads to one of the relay's.
func (t *tunnels) serve(s *stunnelconf.Service, behind []config.Receiver) {
	var found *config.Receiver
	for i, r := range behind {
		if slices.ContainsFunc(s.Connect, func(a stunnelconf.Address) bool { return reaches(a, r) }) {
			found = &behind[i]
			break
		}
	}
	if found == nil {
		t.leave(s.File, s.Line, "[%s]: it leads to %s, where this relay does not listen; it still needs stunnel", s.Name, addresses(s.Connect))
		return
	}
	v := serverTunnel{tunnel: tunnel{t, s, nil}, idle: found.IdleTimeout}
	if !v.options() {
		return
	}
	head, notes := fmt.Sprintf("%s [%s], which went to %s, is needed no more:", s.Place, s.Name, found.Listen), v.notes()
	for _, a := range s.Accept {
		if a.Path != "" {
			t.leave(s.File, s.Line, "[%s]: accepting on a unix socket, %s", s.Name, a)
			continue
		}
		if a.Host == "" {
			a.Host = "0.0.0.0"
		}
		r := *found
		r.Listen, r.TLS, r.IdleTimeout = "tls://"+a.String(), v.tls, v.idle
		t.note(r, head, notes)
		head, notes = fmt.Sprintf("%s [%s] again", s.Place, s.Name), nil
	}
}

// reaches reports whether an address is that of a receiver.
func reaches(a stunnelconf.Address, r config.Receiver) bool {
	at, ok := strings.CutPrefix(r.Listen, "tcp://")
	host, port, err := net.SplitHostPort(at)
	if !ok || err != nil || a.Path != "" || port != strconv.Itoa(a.Port) {
		return false
	}
	return stunnelconf.Address{Host: host}.Local() && a.Local() || strings.EqualFold(host, a.Host)
}

// note adds a receiver under comments.
func (t *tunnels) note(r config.Receiver, head string, notes []string) {
	path := fmt.Sprintf("receive[%d]", len(t.config.Receive))
	for _, text := range append([]string{head}, notes...) {
		t.remark(path, "%s", text)
	}
	t.receive(r)
}
