package config

import (
	"net/netip"
	"strings"
	"time"
)

// Admin is the operators' door: a page, metrics, health, and what commands ask of a
// running gateway. It is always there on a unix socket, for whoever may use that.
type Admin struct {
	// Listen is tcp://host:port, to listen there as well, for browsers and metrics. On
	// loopback the host's users may read all, unless there is a token; elsewhere tls and
	// a token are needed. By default there is none.
	Listen string `yaml:"listen" like:"tcp://127.0.0.1:8090" empty:"yes"`

	// Socket is the path of the unix socket. Default: admin.sock in data_dir.
	Socket string `yaml:"socket" like:"/run/plumbago/admin.sock"`

	// SocketGroup lets the group of the gateway's process use the socket, not its user
	// alone. Default false.
	SocketGroup bool `yaml:"socket_group" like:"true"`

	// TLS has TLS spoken at listen. By default HTTP is not encrypted.
	TLS ServerTLS `yaml:"tls"`

	// Token is what clients of listen show, as "Authorization: Bearer" or as the password
	// of Basic authorization. 16 characters or more; it is never shown. By default none
	// is needed on loopback.
	Token Secret `yaml:"token" like:"${env:PLUMBAGO_TOKEN}"`

	// Hosts lists names beside localhost under which listen is reached on loopback, as by
	// way of a proxy on this host. Requests for others are refused: a page elsewhere
	// could have a browser ask them.
	Hosts []string `yaml:"hosts" like:"metrics.example.net"`

	// ReadyMaxAge has /readyz say no while a point waits for a destination for longer.
	// 0, the default: however long it waits.
	ReadyMaxAge time.Duration `yaml:"ready_max_age" like:"10m"`
}

// shortestToken is how many characters a token has at least.
const shortestToken = 16

func (d *decoder) checkAdmin(listens map[string]int) {
	a := d.config.Admin
	if s, ok := d.spots["admin.listen"]; ok && a.Listen != "" {
		if d.checkAddress("listen", s, a.Listen, []string{"tcp"}) {
			d.checkOpenAdmin(s, a.Listen)
		}
		d.checkOnce(s, a.Listen, listens)
	}
	if s, ok := d.spots["admin.token"]; ok && len(a.Token.Reveal()) < shortestToken {
		d.problem(s, "token: want %d characters or more, such as openssl rand -hex 16 makes", shortestToken)
	}
	for _, key := range []string{"tls", "token", "hosts"} {
		d.checkNeeds("admin", key, "listen", "tcp://127.0.0.1:8090")
	}
	d.checkServerTLS("admin.tls")
}

// checkOpenAdmin notes a door that others than this host reach, and everybody may use.
func (d *decoder) checkOpenAdmin(s spot, listen string) {
	var lacks []string
	for _, key := range []string{"tls", "token"} {
		if !d.given["admin."+key] {
			lacks = append(lacks, key)
		}
	}
	if !Loopback(listen) && len(lacks) > 0 {
		d.problem(s, "listen: others than this host can reach %s, and all that flows is to be read there; "+
			"add %s, or listen on 127.0.0.1", s.show(), strings.Join(lacks, " and "))
	}
}

// Loopback reports whether an address, scheme://host:port, is one that only this host
// reaches.
func Loopback(text string) bool {
	a, lacks := split(text)
	if lacks != "" {
		return false
	}
	ip, err := netip.ParseAddr(a.host)
	return strings.EqualFold(a.host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}
