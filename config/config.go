// Package config reads plumbago.yml into plain structures. It is strict: what it
// does not know, or cannot mean, is an error with its place in the file and the
// cure, and all errors of a file are told at once.
//
// Durations are written like 20ms, 5s, 1h30m or 7d; sizes like 64KiB, 10GiB, or
// as a number of bytes. Any text may contain ${env:NAME}, replaced by the value of
// an environment variable, and ${file:/path}, replaced by the content of a file
// without its last line end; $${ stands for a plain ${. The fields' comments
// and default.yml are the manual.
package config

import (
	_ "embed"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"
)

// DefaultDataDir is where the queues are unless the file says otherwise.
const DefaultDataDir = "/var/lib/plumbago"

// Config is a whole configuration file.
type Config struct {
	// DataDir is the folder of the queues. It is made if it is missing.
	DataDir string `yaml:"data_dir" like:"/var/lib/plumbago"`

	// Receive lists the doors in: at least one.
	Receive []Receiver `yaml:"receive" like:"{protocol: line, listen: \"tcp://0.0.0.0:2003\"}" need:"yes"`

	// Tenants are not supported by this version.
	Tenants unsupported `yaml:"tenants"`

	// Queue holds what all destinations' queues have in common.
	Queue Queue `yaml:"queue"`

	// Deliver lists the destinations: at least one.
	Deliver []Destination `yaml:"deliver" like:"{name: carbon, type: carbon, address: \"tcp://127.0.0.1:2003\", protocol: line}" need:"yes"`

	// Route lists the rules, in the order in which they are tried. Without this
	// section every point goes to every destination.
	Route []Rule `yaml:"route" like:"{to: [carbon]}"`

	// Admin is the operators' door.
	Admin Admin `yaml:"admin"`

	// Log is what the gateway tells on stderr.
	Log Log `yaml:"log"`
}

// Receiver is a door in: one listener.
type Receiver struct {
	// Protocol is line or pickle. It has no default.
	Protocol string `yaml:"protocol" like:"line" one:"line pickle" later:"http" need:"yes"`

	// Listen is the address to listen on: tcp://host:port, or udp://host:port for
	// lines. An empty host, as in tcp://:2003, means all addresses.
	Listen string `yaml:"listen" like:"tcp://0.0.0.0:2003" need:"yes"`

	// TLS is not supported by this version.
	TLS unsupported `yaml:"tls"`

	// MaxLine is the longest line that is taken, without its line end. Longer ones
	// are skipped and counted. Default 64KiB. For protocol line.
	MaxLine Size `yaml:"max_line" like:"64KiB" min:"64" max:"16MiB"`

	// MaxFrame is the largest pickle frame that is taken. Larger ones are skipped
	// and counted. Default 1MiB. For protocol pickle.
	MaxFrame Size `yaml:"max_frame" like:"1MiB" min:"64" max:"256MiB"`

	// MaxConnections is how many connections may be open at once; more wait until one
	// closes. Default 10000. For tcp.
	MaxConnections int `yaml:"max_connections" like:"10000" min:"1" max:"1000000"`

	// IdleTimeout closes a connection that brought no point for so long. 0, the
	// default, never does. For tcp.
	IdleTimeout time.Duration `yaml:"idle_timeout" like:"10m"`

	// MaxHeld bounds the memory of the unfinished lines and frames of all connections
	// of this listener together. Default 64MiB. For tcp.
	MaxHeld Size `yaml:"max_held" like:"64MiB" min:"1MiB"`

	// AcceptUnterminated takes the last line of a connection that ends in good order
	// without a line end. By default it is dropped and counted, since it may have
	// been cut. For protocol line on tcp.
	AcceptUnterminated bool `yaml:"accept_unterminated" like:"true"`

	// UDPBuffer is the kernel's receive buffer to ask for, for each socket. Default
	// 8MiB; the kernel may give less (net.core.rmem_max), which is logged. For udp.
	UDPBuffer Size `yaml:"udp_buffer" like:"8MiB" min:"4KiB" max:"1GiB"`

	// UDPSockets is how many sockets share the port. 0, the default, means one for
	// each processor, at most 4. For udp.
	UDPSockets int `yaml:"udp_sockets" like:"2" max:"64"`
}

// Rule sends the points whose names match to destinations. The first rule that
// matches is the last to be tried, unless it says continue.
type Rule struct {
	// Match is an RE2 expression, searched for anywhere in the name with its tags.
	// Without it every name matches.
	Match string `yaml:"match" like:"^servers\\." empty:"yes"`

	// To names one destination or more. A point goes to each destination once, by
	// however many rules.
	To []string `yaml:"to" like:"carbon" need:"yes"`

	// By spreads the points over the destinations of To by the hash of their names,
	// instead of sending each to all: carbon_ch, fnv1a_ch or mmh3_ch place names
	// where carbon's consistent hashing does, fast_carbon_ch, fast_fnv1a_ch or
	// fast_mmh3_ch where its fast hashing does, and jump is for new clusters. To is in
	// the order of carbon's DESTINATIONS.
	By string `yaml:"by" like:"carbon_ch" one:"carbon_ch fnv1a_ch mmh3_ch fast_carbon_ch fast_fnv1a_ch fast_mmh3_ch jump"`

	// Replicas is to how many of the destinations a point goes. Default 1. With by.
	Replicas int `yaml:"replicas" like:"2" min:"1" max:"100"`

	// Diverse sends no two copies of a point to one host, even if there are then
	// fewer. Default true. With by.
	Diverse bool `yaml:"diverse" like:"true"`

	// Continue has the next rules tried too.
	Continue bool `yaml:"continue" like:"true"`
}

// Queue is what waits on disk for one destination.
type Queue struct {
	// MaxBytes bounds the queue's files. Default 10GiB.
	MaxBytes Size `yaml:"max_bytes" like:"10GiB" min:"1MiB"`

	// MaxAge drops points that have waited for so long. 0, the default, keeps them
	// whatever their age.
	MaxAge time.Duration `yaml:"max_age" like:"7d"`

	// Flush is how long a point may wait in memory before it is in the file: what
	// kill -9 can lose. Default 20ms.
	Flush time.Duration `yaml:"flush" like:"20ms" min:"1ms" max:"10s"`

	// Sync is how often the file is synced to the disk: what a power cut can lose.
	// A duration, or always (with each flush), or never (the kernel decides).
	// Default 1s.
	Sync Sync `yaml:"sync" like:"1s"`

	// WhenFull is what happens at max_bytes: drop_oldest drops what has waited
	// longest, block stops reading from the senders, reject refuses what comes.
	// Default drop_oldest.
	WhenFull string `yaml:"when_full" like:"drop_oldest" one:"drop_oldest block reject"`

	// ReplayRate is how many points a second of a backlog are sent beside the live
	// ones after an outage: a number, or unlimited. Default 100000.
	ReplayRate Rate `yaml:"replay_rate" like:"100000"`
}

// Destination is a door out.
type Destination struct {
	// Name is what rules, logs, metrics and the queue's folder call it: lower-case
	// letters, digits, - _ and dots, at most 64, a letter or digit first.
	Name string `yaml:"name" like:"carbon" need:"yes"`

	// Type is carbon: a carbon-cache, a carbon-relay, or what speaks like one.
	Type string `yaml:"type" like:"carbon" one:"carbon" need:"yes"`

	// Address is tcp://host:port. The host's name is looked up anew at each connect.
	Address string `yaml:"address" like:"tcp://127.0.0.1:2003" need:"yes"`

	// Instance tells destinations on one host apart where a rule has by: a ring knows
	// a destination by the host of its address and its instance, not by its port.
	Instance string `yaml:"instance" like:"a"`

	// Protocol is line or pickle, as the far end's port wants it. It has no default:
	// a wrong guess would lose all points.
	Protocol string `yaml:"protocol" like:"line" one:"line pickle" need:"yes"`

	// Prefix is put before each name, with a dot between: the API key of a hosted
	// service. It is never shown.
	Prefix Secret `yaml:"prefix" like:"${env:API_KEY}"`

	// TLS is not supported by this version.
	TLS unsupported `yaml:"tls"`

	// ReplayMargin is how much of what was sent before a connection broke is sent
	// again, beyond what was not acknowledged. Default 5s.
	ReplayMargin time.Duration `yaml:"replay_margin" like:"5s" max:"1h"`

	// MaxConnectionAge renews the connection after so long, give or take a tenth, so
	// that a load balancer can spread it. 0, the default, never does.
	MaxConnectionAge time.Duration `yaml:"max_connection_age" like:"5m"`

	// DialTimeout bounds each try to connect. Default 5s.
	DialTimeout time.Duration `yaml:"dial_timeout" like:"5s" min:"10ms" max:"5m"`

	// UserTimeout gives up a connection whose far end has acknowledged nothing for so
	// long. Default 10s.
	UserTimeout time.Duration `yaml:"user_timeout" like:"10s" min:"100ms" max:"1h"`

	// Queue changes for this destination what the section queue says for all.
	Queue Queue `yaml:"queue"`
}

// Admin is the operators' HTTP listener: metrics and health.
type Admin struct {
	// Listen is tcp://host:port. Without it there is no such listener.
	Listen string `yaml:"listen" like:"tcp://127.0.0.1:8090" empty:"yes"`
}

// Log is what the gateway tells on stderr.
type Log struct {
	// Level is the least that is told: debug, info, warn or error. Default info.
	Level Level `yaml:"level" like:"info"`

	// Format is text or json. Default text.
	Format string `yaml:"format" like:"text" one:"text json"`
}

// Level is a level of the log.
type Level = slog.Level

func (c *Config) defaults(*Config) {
	c.DataDir = DefaultDataDir
	c.Queue = Queue{
		MaxBytes: 10 << 30, Flush: 20 * time.Millisecond, Sync: Sync{Mode: SyncEvery, Every: time.Second},
		WhenFull: "drop_oldest", ReplayRate: 100_000,
	}
	c.Log.Format = "text"
}

func (r *Receiver) defaults(*Config) {
	r.MaxLine, r.MaxFrame, r.MaxConnections = 64<<10, 1<<20, 10_000
	r.MaxHeld, r.UDPBuffer = 64<<20, 8<<20
}

func (d *Destination) defaults(c *Config) {
	d.ReplayMargin, d.DialTimeout, d.UserTimeout = 5*time.Second, 5*time.Second, 10*time.Second
	d.Queue = c.Queue
}

// DefaultYAML is the configuration without a file, and the manual.
//
//go:embed default.yml
var DefaultYAML []byte

// Default is the configuration of DefaultYAML with its data in dataDir.
func Default(dataDir string) *Config {
	c, err := Parse("default.yml", DefaultYAML, Lookup{})
	if err != nil {
		panic(fmt.Sprintf("config: the built-in configuration: %v", err))
	}
	c.DataDir = dataDir
	return c
}

// Load reads the file at path. What is wrong with its content is an Errors.
func Load(path string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	return Parse(path, data, Lookup{})
}

// Parse reads a configuration. name is what errors call the file. What is wrong
// with the content is an Errors.
func Parse(name string, data []byte, lookup Lookup) (*Config, error) {
	d := &decoder{file: name, lookup: lookup, spots: map[string]spot{}}
	c := &Config{}
	c.defaults(c)
	d.config = c
	if root := d.parse(data); root != nil {
		d.decode("", root, c)
		d.check()
	}
	if len(d.errs) > 0 {
		return nil, d.errs.tidy()
	}
	return c, nil
}
