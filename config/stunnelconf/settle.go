package stunnelconf

import (
	"slices"
	"strconv"
	"strings"
)

// settle makes out what a service's options come to, in their order.
func (r *reader) settle(s *Service) {
	for _, o := range s.Options {
		switch o.Name {
		case "client":
			s.Client = r.yes(o)
		case "accept":
			s.Accept = r.address(o, s.Accept)
		case "connect":
			s.Connect = r.address(o, s.Connect)
		case "verify":
			s.Verify = r.level(o)
		case "verifyChain":
			s.Verify.Chain = r.yes(o)
			s.Verify.Optional = s.Verify.Optional && !s.Verify.Chain
		case "verifyPeer":
			s.Verify.Peer = r.yes(o)
			s.Verify.Optional = s.Verify.Optional && !s.Verify.Peer
		case "requireCert":
			s.Verify.Optional = !r.yes(o)
		case "sslVersion", "sslVersionMin", "sslVersionMax":
			r.version(o)
		case "TIMEOUTbusy", "TIMEOUTclose", "TIMEOUTconnect", "TIMEOUTidle":
			if n, err := strconv.Atoi(o.Value); err != nil || n < 0 {
				r.problem(o.Place, "%s: want a number of seconds, got %q", o.Name, shorten(o.Value))
			}
		}
	}
}

func (r *reader) yes(o Option) bool {
	yes := strings.EqualFold(o.Value, "yes")
	if !yes && !strings.EqualFold(o.Value, "no") {
		r.problem(o.Place, "%s: want yes or no, got %q", o.Name, shorten(o.Value))
	}
	return yes
}

func (r *reader) address(o Option, list []Address) []Address {
	a, err := parseAddress(o.Value)
	if err != nil {
		r.problem(o.Place, "%s: %v", o.Name, err)
		return list
	}
	return append(list, a)
}

// level is the older way to say what is verified.
func (r *reader) level(o Option) Verify {
	switch o.Value {
	case "0":
		return Verify{}
	case "1":
		return Verify{Chain: true, Optional: true}
	case "2":
		return Verify{Chain: true}
	case "3":
		return Verify{Chain: true, Peer: true}
	case "4":
		return Verify{Peer: true}
	}
	r.problem(o.Place, "verify: want a level from 0 to 4, got %q", shorten(o.Value))
	return Verify{}
}

// Versions are those of TLS that a file can name, oldest first.
var Versions = []string{"SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}

func (r *reader) version(o Option) {
	if !strings.EqualFold(o.Value, "all") && !slices.ContainsFunc(Versions, func(v string) bool { return strings.EqualFold(v, o.Value) }) {
		r.problem(o.Place, "%s: want all, or one of %s, got %q", o.Name, strings.Join(Versions, ", "), shorten(o.Value))
	}
}
