package config

import (
	"net/netip"
	"slices"
	"time"
)

// Receiver is a door in: one listener.
type Receiver struct {
	// Protocol is line, pickle or protobuf, as carbon's clients speak them, or http:
	// lines in the body of a POST or PUT. It has no default.
	Protocol string `yaml:"protocol" like:"line" one:"line pickle protobuf http" need:"yes"`

	// Listen is the address to listen on: tcp://host:port, tls://host:port, or
	// udp://host:port for lines. An empty host, as in tcp://:2003, means all addresses.
	Listen string `yaml:"listen" like:"tcp://0.0.0.0:2003" need:"yes"`

	// TLS says how TLS clients are answered. For tls, which needs it.
	TLS ServerTLS `yaml:"tls"`

	// ProxyFrom lists the addresses of proxies that may say, by the PROXY protocol,
	// for whom they connect. Others' headers are bad input. For tcp and tls.
	ProxyFrom []netip.Prefix `yaml:"proxy_from" like:"10.0.0.0/8"`

	// Tenant names whose the points are that come in here without a key. Without it
	// the sender's address or certificate tells, or nobody owns them. With tenants.
	Tenant string `yaml:"tenant" like:"acme"`

	// Names is what the names and times of points must be like that come in here.
	// A tenant's own policy comes before it. By default nothing is looked at.
	Names *Names `yaml:"names" like:"{characters: fix}"`

	// MaxLine is the longest line that is taken, without its line end. Longer ones
	// are skipped and counted. Default 64KiB. For protocol line or http.
	MaxLine Size `yaml:"max_line" like:"64KiB" min:"64" max:"16MiB"`

	// MaxFrame is the largest frame that is taken. Larger ones are skipped and
	// counted. Default 1MiB. For protocol pickle or protobuf, and pickles by http.
	MaxFrame Size `yaml:"max_frame" like:"1MiB" min:"64" max:"256MiB"`

	// MaxBody is the largest body that is taken, after decompression. Requests with
	// larger ones are refused. Default 16MiB. For protocol http.
	MaxBody Size `yaml:"max_body" like:"16MiB" min:"64" max:"1GiB"`

	// MaxConnections is how many connections may be open at once; more wait until one
	// closes. Default 10000. For tcp and tls.
	MaxConnections int `yaml:"max_connections" like:"10000" min:"1" max:"1000000"`

	// IdleTimeout closes a connection that brought no point for so long. 0, the
	// default, never does, and with protocol http means 2m. For tcp and tls.
	IdleTimeout time.Duration `yaml:"idle_timeout" like:"10m"`

	// MaxHeld bounds the memory of what is unfinished on all connections of this
	// listener together: lines, frames, bodies. Default 64MiB. For tcp and tls.
	MaxHeld Size `yaml:"max_held" like:"64MiB" min:"1MiB"`

	// AcceptUnterminated takes the last line of a connection that ends in good order
	// without a line end. By default it is dropped and counted, since it may have
	// been cut. For protocol line on tcp and tls.
	AcceptUnterminated bool `yaml:"accept_unterminated" like:"true"`

	// UDPBuffer is the kernel's receive buffer to ask for, for each socket. Default
	// 8MiB; the kernel may give less (net.core.rmem_max), which is logged. For udp.
	UDPBuffer Size `yaml:"udp_buffer" like:"8MiB" min:"4KiB" max:"1GiB"`

	// UDPSockets is how many sockets share the port. 0, the default, means one for
	// each processor, at most 4. For udp.
	UDPSockets int `yaml:"udp_sockets" like:"2" max:"64"`
}

func (r *Receiver) defaults(*Config) {
	r.MaxLine, r.MaxFrame, r.MaxBody, r.MaxConnections = 64<<10, 1<<20, 16<<20, 10_000
	r.MaxHeld, r.UDPBuffer = 64<<20, 8<<20
}

func (d *decoder) checkReceiver(path string, r Receiver, listens map[string]int) {
	protocol := d.taken(path+".protocol", r.Protocol)
	if s, ok := d.spots[path+".listen"]; ok {
		schemes := []string{"tcp", "tls", "udp"}
		if protocol != "" && protocol != "line" {
			schemes = schemes[:2]
		}
		d.checkAddress("listen", s, r.Listen, schemes)
		d.checkOnce(s, r.Listen, listens)
	}
	d.checkReceiverUses(path, protocol, schemeOf(r.Listen))
	if schemeOf(r.Listen) == "tls" {
		d.missing(path, "tls", "{cert: /etc/plumbago/edge.crt, key: /etc/plumbago/edge.key}")
	}
	d.checkServerTLS(path + ".tls")
	d.checkTenantName("tenant", path+".tenant", r.Tenant)
	d.checkNames(path+".names", r.Names)
}

// checkReceiverUses notes keys that do nothing for this kind of listener.
func (d *decoder) checkReceiverUses(path, protocol, scheme string) {
	stream, udp := among(scheme, "tcp", "tls"), among(scheme, "udp")
	d.checkUses(path, []use{
		{"tls", "addresses that begin with tls://", among(scheme, "tls")},
		{"proxy_from", "tcp and tls", stream},
		{"max_line", "protocol line or http", among(protocol, "line", "http")},
		{"max_frame", "protocol pickle, protobuf or http", among(protocol, "pickle", "protobuf", "http")},
		{"max_body", "protocol http", among(protocol, "http")},
		{"max_connections", "tcp and tls", stream}, {"idle_timeout", "tcp and tls", stream}, {"max_held", "tcp and tls", stream},
		{"accept_unterminated", "protocol line on tcp and tls", stream && among(protocol, "line")},
		{"udp_buffer", "udp", udp}, {"udp_sockets", "udp", udp},
	})
}

// among reports whether value is one of list, or not known.
func among(value string, list ...string) bool { return value == "" || slices.Contains(list, value) }

// checkOnce notes an address that is listened on already. Port 0 is a new one each time.
func (d *decoder) checkOnce(s spot, text string, listens map[string]int) {
	a, lacks := split(text)
	if lacks != "" || a.port == 0 {
		return
	}
	if a.scheme == "tls" {
		a.scheme = "tcp"
	}
	key := a.String()
	if line, twice := listens[key]; twice {
		d.problem(s, "listen: %s is listened on already, by line %d; choose another port", s.show(), line)
		return
	}
	listens[key] = s.line
}
