package crelayconf

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/plumbago/plumbago/internal/conffile"
)

const defaultPort = 2003

// cluster reads: name kind [useall | replication n | dynamic] member ...
func (s *statement) cluster(at conffile.Place) *failure {
	c := Cluster{Place: at, Name: s.take(), Replicas: 1}
	if c.Kind = Kind(s.take()); !slices.Contains(kinds, c.Kind) {
		return &failure{at, unknown("kind of cluster", string(c.Kind), kindNames())}
	}
	if failed := s.options(&c); failed != nil {
		return failed
	}
	for s.more() {
		member, failed := s.member(c.Kind)
		if failed != nil {
			return failed
		}
		c.Members = append(c.Members, member)
	}
	if len(c.Members) == 0 {
		return &failure{at, fmt.Sprintf("cluster %s has no members; write HOST:PORT", c.Name)}
	}
	if c.Kind == JumpCH {
		slices.SortStableFunc(c.Members, func(a, b Server) int { return strings.Compare(a.Instance, b.Instance) })
	}
	s.config.Clusters = append(s.config.Clusters, c)
	return nil
}

func kindNames() (names []string) {
	for _, k := range kinds {
		names = append(names, string(k))
	}
	return names
}

func (s *statement) options(c *Cluster) *failure {
	for {
		switch {
		case s.accept("useall"):
			c.UseAll = true
		case c.Kind.Hashing() && s.accept("dynamic"):
			c.Dynamic = true
		case c.Kind == Files && s.accept("ip"):
		case c.Kind.Hashing() && s.accept("replication"):
			n, err := strconv.Atoi(s.peek())
			if err != nil || n < 1 || n > 255 {
				return s.fail("replication: want a number from 1 to 255, got %q", s.peek())
			}
			s.next++
			c.Replicas = n
		default:
			return nil
		}
	}
}

// member reads: host[:port][=instance] [proto p] [type linemode] [transport ...].
func (s *statement) member(kind Kind) (Server, *failure) {
	m := Server{Place: s.place()}
	text := s.take()
	if kind == Files {
		m.Host = text
		return m, nil
	}
	address, instance, _ := strings.Cut(text, "=")
	var why string
	if m.Host, m.Port, why = splitAddress(address); why != "" {
		return m, &failure{m.Place, why}
	}
	m.Instance = asNumber(instance)
	for {
		switch {
		case s.accept("proto"):
			proto := s.take()
			if proto != "udp" && proto != "tcp" {
				return m, s.fail("proto: want tcp or udp, got %q", proto)
			}
			m.UDP = proto == "udp"
		case s.accept("type"):
			if !s.accept("linemode") {
				return m, s.fail("type: want linemode, got %q", s.take())
			}
		case s.accept("transport"):
			m.Transport = s.transport(false)
		default:
			return m, nil
		}
	}
}

// asNumber writes an instance as c-relay takes it: what is all digits is a number.
func asNumber(instance string) string {
	if n, err := strconv.ParseInt(instance, 10, 32); err == nil && n >= 0 && instance[0] != '+' {
		return strconv.FormatInt(n, 10)
	}
	return instance
}

// splitAddress takes host[:port] apart, or says what is wrong. The host may be
// an IPv6 address, in brackets or with a port behind it.
func splitAddress(text string) (host string, port int, why string) {
	host, digits := text, strconv.Itoa(defaultPort)
	if i := strings.LastIndexByte(text, ':'); i > strings.LastIndexByte(text, ']') {
		host, digits = text[:i], text[i+1:]
	}
	port, err := strconv.Atoi(digits)
	if err != nil || port < 1 || port > 65535 {
		return "", 0, fmt.Sprintf("%q: want a port from 1 to 65535 behind the colon, got %q", text, digits)
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), port, ""
}

// transport reads: <plain | gzip | lz4 | snappy> [ssl [pem]] [mtls pem].
func (s *statement) transport(listening bool) Transport {
	t := Transport{}
	if t.Compression = s.take(); t.Compression == "plain" {
		t.Compression = ""
	}
	if t.TLS = s.accept("ssl"); t.TLS && listening {
		t.PEM = s.take()
	}
	if t.TLS && s.accept("mtls") {
		t.MTLS = s.take()
	}
	return t
}

// listen reads: type linemode [transport ...] address proto p ...
func (s *statement) listen() *failure {
	if !s.accept("type") || !s.accept("linemode") {
		return s.fail("want listen type linemode")
	}
	var t Transport
	if s.accept("transport") {
		t = s.transport(true)
	}
	for s.more() {
		l := Listener{Place: s.place(), Transport: t}
		address := s.take()
		if !s.accept("proto") {
			return s.fail("%s: want proto tcp, proto udp or proto unix behind it", address)
		}
		if l.Protocol = s.take(); l.Protocol != "tcp" && l.Protocol != "udp" && l.Protocol != "unix" {
			return s.fail("proto: want tcp, udp or unix, got %q", l.Protocol)
		}
		if why := l.at(address); why != "" {
			return s.fail("%s", why)
		}
		s.config.Listeners = append(s.config.Listeners, l)
	}
	return nil
}

// at notes the address: a path, a port, or interface[:port].
func (l *Listener) at(address string) (why string) {
	port, err := strconv.Atoi(address)
	switch {
	case l.Protocol == "unix":
		l.Host = address
	case err == nil && port > 0 && port < 65536:
		l.Port = port
	default:
		l.Host, l.Port, why = splitAddress(address)
	}
	return why
}
