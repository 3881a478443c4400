package config

import (
	"net/netip"
	"slices"
	"time"
)

// Receiver is a door in: one listener, or one Slack channel.
type Receiver struct {
	// Protocol is line, pickle or protobuf, as carbon's clients speak them, or http:
	// lines in the body of a POST or PUT. With slack and nats nothing listens: messages
	// with lines are read from a channel of Slack's, or from a stream of NATS. It has no
	// default.
	Protocol string `yaml:"protocol" like:"line" one:"line pickle protobuf http slack nats" need:"yes"`

	// Listen is the address to listen on: tcp://host:port, tls://host:port, or
	// udp://host:port for lines. An empty host, as in tcp://:2003, means all addresses.
	// All protocols but slack and nats need it.
	Listen string `yaml:"listen" like:"tcp://0.0.0.0:2003"`

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

	// Token is the Slack app's: xoxb- of a bot, or xoxp- of a person. It is never shown.
	// For protocol slack, which needs it, as it does the channel.
	Token Secret `yaml:"token" like:"${env:SLACK_TOKEN}"`

	// Channel is the name or the id of the Slack channel. For protocol slack.
	Channel string `yaml:"channel" like:"metrics"`

	// AppToken, xapp-, has Slack push messages, by Socket Mode. Without it the channel
	// is asked for them. It is never shown. For protocol slack.
	AppToken Secret `yaml:"app_token" like:"${env:SLACK_APP_TOKEN}"`

	// Poll is how often the channel's history is read. Default 10s, and 5m with an
	// app_token, besides after each connect. For protocol slack.
	Poll time.Duration `yaml:"poll" like:"10s" min:"1s" max:"1h"`

	// Ack is how a message is acknowledged when its points are on disk: delete
	// deletes it, react puts a reaction beside it, cursor remembers on this side only.
	// Default delete. For protocol slack.
	Ack string `yaml:"ack" like:"delete" one:"delete react cursor"`

	// Reaction is the emoji of ack: react. Default white_check_mark.
	Reaction string `yaml:"reaction" like:"white_check_mark"`

	// SkipEdited leaves messages alone that somebody has edited. Default false. For
	// protocol slack.
	SkipEdited bool `yaml:"skip_edited" like:"true"`

	// CallEvery spaces calls to Slack. Default 1200ms, which keeps to its limit of
	// about 50 a minute. For protocol slack.
	CallEvery time.Duration `yaml:"call_every" like:"1200ms" min:"1ms" max:"1m"`

	// API is where Slack's methods are. Default https://slack.com/api/. For protocol
	// slack.
	API string `yaml:"api" like:"https://slack.com/api/"`

	// NATS is the stream. For protocol nats, which needs it.
	NATS *NATS `yaml:"nats"`

	// Consumer is what the durable consumer is called that all gateways share which name
	// it. Default plumbago. For protocol nats.
	Consumer string `yaml:"consumer" like:"plumbago"`

	// Partitions are those that are taken, like 0-31. By default all are, and shared
	// with any number of gateways. For protocol nats.
	Partitions string `yaml:"partitions" like:"0-31"`

	// Worker, like 2 of 8, takes the partitions that are this one's of so many, by jump
	// consistent hashing. For protocol nats.
	Worker string `yaml:"worker" like:"2 of 8"`

	// AckWait is after how long a message comes again that was not acknowledged. Default
	// 30s. For protocol nats.
	AckWait time.Duration `yaml:"ack_wait" like:"30s" min:"1s" max:"1h"`

	// MaxDeliver is how often a message comes that cannot be stored; the last time it is
	// put aside in data_dir. 0, the default, is always. For protocol nats.
	MaxDeliver int `yaml:"max_deliver" like:"10" max:"1000000"`

	// TrustTenants has points be those of the tenant that their subject names. For
	// protocol nats, with tenants.
	TrustTenants bool `yaml:"trust_tenants" like:"true"`
}

func (r *Receiver) defaults(*Config) {
	r.MaxLine, r.MaxFrame, r.MaxBody, r.MaxConnections = 64<<10, 1<<20, 16<<20, 10_000
	r.MaxHeld, r.UDPBuffer = 64<<20, 8<<20
	r.Ack, r.Reaction, r.CallEvery, r.API = "delete", "white_check_mark", slackCallEvery, slackAPI
}

func (d *decoder) checkReceivers(listens map[string]int) {
	channels := map[string]int{} // the line that reads a channel
	streams := map[string]int{}  // and a stream
	for i, r := range d.config.Receive {
		path := entry("receive", i)
		d.checkReceiver(path, r, listens)
		switch d.taken(path+".protocol", r.Protocol) {
		case "slack":
			d.checkSlackReceiver(path, r, channels)
		case "nats":
			d.checkNATSReceiver(path, r, streams)
		default:
			d.missing(path, "listen", "tcp://0.0.0.0:2003")
		}
	}
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
	if s, ok := d.spots[path+".trust_tenants"]; ok {
		d.checkWithTenants("trust_tenants", s)
	}
	d.checkNames(path+".names", r.Names)
}

// checkReceiverUses notes keys that do nothing for this kind of listener.
func (d *decoder) checkReceiverUses(path, protocol, scheme string) {
	if protocol == "slack" || protocol == "nats" {
		scheme = protocol // nothing listens
	}
	stream, udp := among(scheme, "tcp", "tls"), among(scheme, "udp")
	slack, nats := among(protocol, "slack"), among(protocol, "nats")
	d.checkUses(path, []use{
		{"listen", "protocols that listen", among(protocol, "line", "pickle", "protobuf", "http")},
		{"token", "protocol slack", slack}, {"channel", "protocol slack", slack}, {"app_token", "protocol slack", slack},
		{"poll", "protocol slack", slack}, {"ack", "protocol slack", slack}, {"reaction", "protocol slack", slack},
		{"skip_edited", "protocol slack", slack}, {"call_every", "protocol slack", slack}, {"api", "protocol slack", slack},
		{"nats", "protocol nats", nats}, {"consumer", "protocol nats", nats}, {"partitions", "protocol nats", nats}, {"worker", "protocol nats", nats},
		{"ack_wait", "protocol nats", nats}, {"max_deliver", "protocol nats", nats}, {"trust_tenants", "protocol nats", nats},
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
