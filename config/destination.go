package config

import (
	"time"

	"github.com/plumbago/plumbago/internal/hashring"
)

// Destination is a door out.
type Destination struct {
	// Name is what rules, logs, metrics and the queue's folder call it: lower-case
	// letters, digits, - _ and dots, at most 64, a letter or digit first.
	Name string `yaml:"name" like:"carbon" need:"yes"`

	// Type is carbon: a carbon-cache, a carbon-relay, or what speaks like one;
	// whisper: files that every Graphite can read, in a folder here; hostedgraphite: a
	// service that takes points for an API key; blueflood: the metrics store, with
	// Keystone in front of it or without; remote_write: Prometheus, or a store that takes
	// its remote write; slack: a channel of Slack's, or nats: a stream of NATS JetStream,
	// for a receiver elsewhere.
	Type string `yaml:"type" like:"carbon" one:"carbon whisper hostedgraphite blueflood remote_write slack nats" need:"yes"`

	// Address is tcp://host:port, tls://host:port, or udp://host:port for lines, which
	// may get lost. For type hostedgraphite it may be https://host, with a path if it is
	// another than the service's, or http://host, which shows the key to whoever listens.
	// For type blueflood it is https://host:port or http://host:port, and for type
	// remote_write the same with the path. The host's name is looked up anew at each
	// connect. All types but slack, nats and whisper need it.
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
	// remote_write it is whose all points are. For types blueflood, which needs it, and
	// remote_write.
	Tenant string `yaml:"tenant" like:"123456"`

	// PerTenant stores or publishes each tenant's points as that tenant's at the far end,
	// whatever tenant_as says. For types blueflood, remote_write and nats.
	PerTenant bool `yaml:"per_tenant" like:"true"`

	// Auth is a login at Keystone. For type blueflood.
	Auth Auth `yaml:"auth"`

	// Version is that of the messages: 1.0, or 2.0 for a far end that takes it. Default
	// 1.0. For type remote_write.
	Version Version `yaml:"version" like:"1.0" one:"1.0 2.0"`

	// Mapping is a file of rules that make labels of names, as graphite_exporter has
	// them. Without one, a name becomes a metric without labels, but for those of its
	// tags. For type remote_write.
	Mapping string `yaml:"mapping" like:"/etc/plumbago/mapping.yml"`

	// StrictMatch drops points whose names no rule of the mapping matches. For type
	// remote_write.
	StrictMatch bool `yaml:"strict_match" like:"true"`

	// MappingCache is how much memory there is for what the rules have made of names.
	// Default 128MiB. For type remote_write.
	MappingCache Size `yaml:"mapping_cache" like:"128MiB" min:"64KiB" max:"64GiB"`

	// Shards is how many connections there are; each series has its own. Default 2. For
	// type remote_write.
	Shards int `yaml:"shards" like:"2" min:"1" max:"64"`

	// TenantHeader is the header that names the tenant. Default X-Scope-OrgID. For type
	// remote_write.
	TenantHeader string `yaml:"tenant_header" like:"THANOS-TENANT"`

	// Bearer is a token that shows who sends. It is never shown. For type remote_write.
	Bearer Secret `yaml:"bearer" like:"${env:TOKEN}"`

	// Basic is a user's name and password that show who sends. For type remote_write.
	Basic Basic `yaml:"basic"`

	// Headers are further ones of each request. For type remote_write.
	Headers []Header `yaml:"headers" like:"{name: X-Team, value: metrics}"`

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

	// Interval is how long points are gathered for a request, for a message, or before
	// they are written to files. Default 500ms, 30s for type blueflood, 10s for type
	// slack, 200ms for type nats, and 1m for type whisper. For https and types slack, nats
	// and whisper.
	Interval time.Duration `yaml:"interval" like:"500ms" min:"1ms" max:"1h"`

	// Timeout bounds each request. Default 30s. For https.
	Timeout time.Duration `yaml:"timeout" like:"30s" min:"100ms" max:"1h"`

	// Batch is how many bytes of points a request has at most, before they are
	// compressed. Default 512KiB; for type blueflood 900KiB, for type nats 128KiB, and
	// 1MiB at most. For https and type nats.
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

	// Dir is the folder of the Whisper files, as carbon's LOCAL_DATA_DIR. Default: whisper
	// in data_dir. For type whisper.
	Dir string `yaml:"dir" like:"/var/lib/graphite/whisper"`

	// Schemas is a storage-schemas.conf: for how long series are kept. Default: a value
	// each 10s for 6h, each minute for 7d, each 10m for 5y. For type whisper.
	Schemas string `yaml:"schemas" like:"/etc/carbon/storage-schemas.conf"`

	// Aggregation is a storage-aggregation.conf: how fine values become coarse ones.
	// Default: averages; sums of what ends in .count or .sum, the least of .min and
	// .lower, the greatest of .max and .upper. For type whisper.
	Aggregation string `yaml:"aggregation" like:"/etc/carbon/storage-aggregation.conf"`

	// MaxCreates is how many files are created in a second. Default 1000. For type
	// whisper.
	MaxCreates int `yaml:"max_creates" like:"1000" min:"1" max:"1000000"`

	// Cache bounds the memory for points that are not in files yet. Default 64MiB. For
	// type whisper.
	Cache Size `yaml:"cache" like:"64MiB" min:"1MiB"`

	// Lock locks files while they are written, as carbon does with WHISPER_LOCK_WRITES.
	// For type whisper.
	Lock bool `yaml:"lock" like:"true"`

	// NATS is the stream. For type nats, which needs it.
	NATS *NATS `yaml:"nats"`

	// Queue changes for this destination what the section queue says for all.
	Queue Queue `yaml:"queue"`
}

func (d *Destination) defaults(c *Config) {
	d.Timeout, d.Compress = 30*time.Second, true
	d.TTL, d.Past, d.Ahead = 24*time.Hour, 72*time.Hour, 10*time.Minute
	d.ReplayMargin, d.DialTimeout, d.UserTimeout = 5*time.Second, 5*time.Second, 10*time.Second
	d.PostEvery, d.CallEvery, d.API = time.Second, slackCallEvery, slackAPI
	d.MaxCreates, d.Cache = 1000, 64<<20
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
