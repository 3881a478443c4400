package config

import (
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/plumbago/plumbago/internal/hashring"
)

// Destination is a door out.
type Destination struct {
	// Name is what rules, logs, metrics and the queue's folder call it: lower-case
	// letters, digits, - _ and dots, at most 64, a letter or digit first.
	Name string `yaml:"name" like:"carbon" need:"yes"`

	// Type is carbon: a carbon-cache, a carbon-relay, or what speaks like one;
	// hostedgraphite: a service that takes points for an API key; blueflood: the
	// metrics store, with Keystone in front of it or without; or slack: a channel of
	// Slack's, for a receiver elsewhere.
	Type string `yaml:"type" like:"carbon" one:"carbon hostedgraphite blueflood slack" need:"yes"`

	// Address is tcp://host:port, tls://host:port, or udp://host:port for lines, which
	// may get lost. For type hostedgraphite it may be https://host, with a path if it is
	// another than the service's, or http://host, which shows the key to whoever listens.
	// For type blueflood it is https://host:port or http://host:port. The host's name is
	// looked up anew at each connect. All types but slack need it.
	Address string `yaml:"address" like:"tcp://127.0.0.1:2003"`

	// Instance tells destinations on one host apart where a rule has by: a ring knows
	// a destination by the host of its address and its instance, not by its port.
	Instance string `yaml:"instance" like:"a"`

	// Protocol is line, pickle or protobuf, as the far end's port wants it. Type carbon
	// has no default: a wrong guess would lose all points. For type hostedgraphite it
	// is line or pickle, default line, and not for https.
	Protocol string `yaml:"protocol" like:"line" one:"line pickle protobuf"`

	// Prefix is put before each name, with a dot between: the API key of a hosted
	// service. It is never shown. For types carbon and blueflood.
	Prefix Secret `yaml:"prefix" like:"${env:API_KEY}"`

	// Key is the API key. It is never shown. For type hostedgraphite, which needs it.
	Key Secret `yaml:"key" like:"${env:API_KEY}"`

	// TenantAs is how tenants show in the names that this destination gets: prefix,
	// tag or none. By default it is as each tenant says. With tenants.
	TenantAs string `yaml:"tenant_as" like:"tag" one:"prefix tag none"`

	// TLS says how the far end is spoken to. For tls and https.
	TLS ClientTLS `yaml:"tls"`

	// Tenant is the account at a Blueflood; with PerTenant it is who submits. For type
	// blueflood, which needs it.
	Tenant string `yaml:"tenant" like:"123456"`

	// PerTenant stores each tenant's points as that tenant's at the Blueflood, whatever
	// tenant_as says. For type blueflood.
	PerTenant bool `yaml:"per_tenant" like:"true"`

	// Auth is a login at Keystone. For type blueflood.
	Auth Auth `yaml:"auth"`

	// TTL is how long a Blueflood keeps the points. Default 1d. For type blueflood.
	TTL time.Duration `yaml:"ttl" like:"1d" min:"1s" max:"24855d"`

	// Past is how old points may be that a Blueflood is sent: it takes none that are
	// older. Default 3d. For type blueflood.
	Past time.Duration `yaml:"past" like:"3d" min:"1s"`

	// Ahead is how far in the future points may be that it is sent. Default 10m. For
	// type blueflood.
	Ahead time.Duration `yaml:"ahead" like:"10m" min:"1s"`

	// OverwriteTime gives each point the time at which it is sent. For type blueflood.
	OverwriteTime bool `yaml:"overwrite_time" like:"true"`

	// Interval is how long points are gathered for a request, or for a message. Default
	// 500ms, 30s for type blueflood, and 10s for type slack. For https and type slack.
	Interval time.Duration `yaml:"interval" like:"500ms" min:"1ms" max:"1h"`

	// Timeout bounds each request. Default 30s. For https.
	Timeout time.Duration `yaml:"timeout" like:"30s" min:"100ms" max:"1h"`

	// Batch is how many bytes of points a request has at most, before they are
	// compressed. Default 512KiB; for type blueflood 900KiB, and 1MiB at most. For https.
	Batch Size `yaml:"batch" like:"512KiB" min:"4KiB" max:"64MiB"`

	// Compress compresses requests with gzip. Default true. For https.
	Compress bool `yaml:"compress" like:"true"`

	// ReplayMargin is how much of what was sent before a connection broke is sent
	// again, beyond what was not acknowledged. Default 5s. For tcp and tls.
	ReplayMargin time.Duration `yaml:"replay_margin" like:"5s" max:"1h"`

	// MaxConnectionAge renews the connection after so long, give or take a tenth, so
	// that a load balancer can spread it, or that the name of a far end by udp is
	// looked up anew. 0, the default, never does.
	MaxConnectionAge time.Duration `yaml:"max_connection_age" like:"5m"`

	// DialTimeout bounds each try to connect. Default 5s.
	DialTimeout time.Duration `yaml:"dial_timeout" like:"5s" min:"10ms" max:"5m"`

	// UserTimeout gives up a connection whose far end has acknowledged nothing for so
	// long. Default 10s. For tcp and tls.
	UserTimeout time.Duration `yaml:"user_timeout" like:"10s" min:"100ms" max:"1h"`

	// Token is the Slack app's: xoxb- of a bot, or xoxp- of a person. It is never shown.
	// For type slack, which needs it, as it does the channel.
	Token Secret `yaml:"token" like:"${env:SLACK_TOKEN}"`

	// Channel is the name or the id of the Slack channel. For type slack.
	Channel string `yaml:"channel" like:"metrics"`

	// PostEvery spaces messages. Default 1s, which is Slack's limit for a channel. For
	// type slack.
	PostEvery time.Duration `yaml:"post_every" like:"1s" min:"1ms" max:"1m"`

	// CleanAfter deletes messages that this destination has posted when they are so
	// old. 0, the default, never does. For type slack.
	CleanAfter time.Duration `yaml:"clean_after" like:"1d" max:"90d"`

	// CallEvery spaces other calls to Slack. Default 1200ms. For type slack.
	CallEvery time.Duration `yaml:"call_every" like:"1200ms" min:"1ms" max:"1m"`

	// API is where Slack's methods are. Default https://slack.com/api/. For type slack.
	API string `yaml:"api" like:"https://slack.com/api/"`

	// Queue changes for this destination what the section queue says for all.
	Queue Queue `yaml:"queue"`
}

func (d *Destination) defaults(c *Config) {
	d.Timeout, d.Compress = 30*time.Second, true
	d.TTL, d.Past, d.Ahead = 24*time.Hour, 72*time.Hour, 10*time.Minute
	d.ReplayMargin, d.DialTimeout, d.UserTimeout = 5*time.Second, 5*time.Second, 10*time.Second
	d.PostEvery, d.CallEvery, d.API = time.Second, slackCallEvery, slackAPI
	d.Queue = c.Queue
}

// standardProtocol is the protocol where the file says nothing; "" if there is none.
func (d *Destination) standardProtocol() string {
	if d.Type == "hostedgraphite" && !isWeb(schemeOf(d.Address)) {
		return "line"
	}
	return ""
}

func isWeb(scheme string) bool { return scheme == "https" || scheme == "http" }

// Node returns what rings know the destination by: the host of its address, and
// its instance if it has one.
func (d Destination) Node() hashring.Node {
	a, _ := split(d.Address)
	return hashring.Node{Host: a.host, Instance: d.Instance, HasInstance: d.Instance != ""}
}

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

func (d *decoder) checkDestinations() {
	first := map[string]int{}
	for i := range d.config.Deliver {
		path, dest := entry("deliver", i), &d.config.Deliver[i]
		if s, ok := d.spots[path+".name"]; ok {
			d.checkName(s, dest.Name, first)
		}
		if s, ok := d.spots[path+".instance"]; ok && strings.ContainsFunc(dest.Instance, unicode.IsControl) {
			d.problem(s, "instance: it has a control character in it")
		}
		if s, ok := d.spots[path+".prefix"]; ok {
			d.checkPrefix(s, dest.Prefix.Reveal())
		}
		if s, ok := d.spots[path+".key"]; ok {
			d.checkKey(s, dest.Key.Reveal())
		}
		d.checkWay(path, dest)
		d.checkClientTLS(path + ".tls")
		if s, ok := d.spots[path+".tenant_as"]; ok {
			d.checkWithTenants("tenant_as", s)
		}
	}
}

func (d *decoder) checkName(s spot, name string, first map[string]int) {
	line, twice := first[name]
	switch {
	case !validName.MatchString(name):
		d.problem(s, "name: want lower-case letters, digits, - _ and dots, at most 64, a letter or digit first, got %s", s.show())
	case twice:
		d.problem(s, "name: %s is the name of another destination, in line %d; choose another", s.show(), line)
	default:
		first[name] = s.line
	}
}

// checkPrefix never shows what it checks.
func (d *decoder) checkPrefix(s spot, prefix string) {
	odd := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == ';' }
	switch {
	case strings.ContainsFunc(prefix, odd):
		d.problem(s, "prefix: it has a blank, a control character or a semicolon in it, which a name cannot begin with")
	case strings.HasPrefix(prefix, ".") || strings.HasSuffix(prefix, "."):
		d.problem(s, "prefix: it begins or ends with a dot; the dot behind it is put there anyway")
	}
}

// checkKey never shows what it checks.
func (d *decoder) checkKey(s spot, key string) {
	odd := func(r rune) bool { return r <= ' ' || r > '~' || r == ':' || r == ';' }
	switch {
	case strings.ContainsFunc(key, odd):
		d.problem(s, "key: it has a blank, a colon, a semicolon or what is not printable ASCII in it, which no key can have")
	case strings.HasPrefix(key, ".") || strings.HasSuffix(key, "."):
		d.problem(s, "key: it begins or ends with a dot; where one goes behind it, it is put there anyway")
	}
}

// checkWay checks type, protocol and address against each other, and sets the
// protocol where there is a default.
func (d *decoder) checkWay(path string, dest *Destination) {
	kind, protocol := d.taken(path+".type", dest.Type), d.taken(path+".protocol", dest.Protocol)
	scheme := schemeOf(dest.Address)
	if s, ok := d.spots[path+".address"]; ok {
		d.checkTarget(s, dest.Address, schemesFor(kind, protocol))
	}
	if kind != "slack" {
		d.missing(path, "address", "tcp://127.0.0.1:2003")
	}
	switch kind {
	case "slack":
		d.missing(path, "token", "${env:SLACK_TOKEN}")
		d.missing(path, "channel", "metrics")
		d.checkSlack(path, dest.Token, dest.API)
	case "carbon":
		d.missing(path, "protocol", "line")
	case "hostedgraphite":
		d.missing(path, "key", "${env:API_KEY}")
		if s, ok := d.spots[path+".protocol"]; ok && protocol == "protobuf" {
			d.problem(s, "protocol: want line or pickle for type hostedgraphite, got %s", s.show())
		}
		if !d.given[path+".protocol"] {
			dest.Protocol = dest.standardProtocol()
		}
	case "blueflood":
		d.missing(path, "tenant", "\"123456\"")
		d.checkAuth(path+".auth", dest.Auth)
	}
	if isWeb(scheme) {
		d.completeRequests(path, dest)
	}
	d.checkDestinationUses(path, kind, scheme)
}

// schemesFor returns the schemes that a destination's address may have.
func schemesFor(kind, protocol string) []string {
	schemes := []string{"tcp", "tls", "udp"}
	if protocol != "" && protocol != "line" {
		schemes = schemes[:2]
	}
	switch kind {
	case "carbon":
		return schemes
	case "hostedgraphite":
		return append([]string{"https", "http"}, schemes...)
	case "blueflood":
		return []string{"https", "http"}
	}
	return append(schemes, "https", "http")
}

// checkDestinationUses notes keys that do nothing for this kind of destination.
func (d *decoder) checkDestinationUses(path, kind, scheme string) {
	if kind == "slack" {
		scheme = kind // it has no address
	}
	web, stream, blueflood := among(scheme, "https", "http"), among(scheme, "tcp", "tls"), among(kind, "blueflood")
	slack, others := among(kind, "slack"), among(kind, "carbon", "hostedgraphite", "blueflood")
	d.checkUses(path, []use{
		{"address", "other types than slack", others}, {"instance", "other types than slack", others},
		{"token", "type slack", slack}, {"channel", "type slack", slack},
		{"post_every", "type slack", slack}, {"clean_after", "type slack", slack}, {"call_every", "type slack", slack}, {"api", "type slack", slack},
		{"prefix", "types carbon and blueflood", among(kind, "carbon", "blueflood")},
		{"key", "type hostedgraphite", among(kind, "hostedgraphite")},
		{"protocol", "tcp, tls and udp", others && among(scheme, "tcp", "tls", "udp")},
		{"tls", "addresses that begin with tls:// or https://", among(scheme, "tls", "https")},
		{"timeout", "https", web}, {"batch", "https", web}, {"interval", "https and type slack", web || slack},
		{"compress", "type hostedgraphite by https", among(kind, "hostedgraphite") && web},
		{"tenant", "type blueflood", blueflood}, {"per_tenant", "type blueflood", blueflood}, {"auth", "type blueflood", blueflood},
		{"ttl", "type blueflood", blueflood}, {"past", "type blueflood", blueflood}, {"ahead", "type blueflood", blueflood},
		{"overwrite_time", "type blueflood", blueflood},
		{"replay_margin", "tcp and tls", stream}, {"user_timeout", "tcp and tls", stream},
	})
}
