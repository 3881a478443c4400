// Package config reads plumbago.yml into plain structures. It is strict: what it
// does not know, or cannot mean, is an error with its place in the file and the
// cure, and all errors of a file are told at once.
//
// Durations are written like 20ms, 5s, 1h30m or 7d; sizes like 64KiB, 10GiB, or
// as a number of bytes; addresses of senders like 192.0.2.1, or 10.0.0.0/8 for a range. Any text may contain ${env:NAME}, replaced by the value of
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
	"path/filepath"
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

	// Tenants lists whose points there are. Without this section all points are
	// taken, and nobody's.
	Tenants []Tenant `yaml:"tenants" like:"{name: acme, keys: [\"${env:ACME_KEY}\"]}"`

	// UnknownTenant is what becomes of points that are no tenant's: drop counts and
	// drops them, reject also closes their connection or refuses their request, and
	// quarantine sends them to the destination Quarantine, with what may have been a
	// key made unreadable. Default drop. With tenants.
	UnknownTenant string `yaml:"unknown_tenant" like:"quarantine" one:"drop reject quarantine"`

	// Quarantine names the destination of what is put in quarantine: by
	// unknown_tenant, and by policies for names. Rules are not asked about it.
	Quarantine string `yaml:"quarantine" like:"carbon"`

	// Queue holds what all destinations' queues have in common.
	Queue Queue `yaml:"queue"`

	// Deliver lists the destinations: at least one.
	Deliver []Destination `yaml:"deliver" like:"{name: carbon, type: carbon, address: \"tcp://127.0.0.1:2003\", protocol: line}" need:"yes"`

	// Route lists the rules, in the order in which they are tried. Without this
	// section every point goes to every destination, except to that of the
	// quarantine if there are others.
	Route []Rule `yaml:"route" like:"{to: [carbon]}"`

	// Admin is the operators' door.
	Admin Admin `yaml:"admin"`

	// Own has the gateway's own metrics delivered, as points. Without this section they
	// are not.
	Own *Own `yaml:"own"`

	// Log is what the gateway tells on stderr.
	Log Log `yaml:"log"`
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
	c.UnknownTenant = "drop"
	c.Log.Format = "text"
}

// DefaultYAML is the configuration without a file, and the manual.
//
//go:embed default.yml
var DefaultYAML []byte

// Default is the configuration of DefaultYAML with its data in dataDir. All its
// destinations store series there.
func Default(dataDir string) *Config {
	c, err := Parse("default.yml", DefaultYAML, Lookup{})
	if err != nil {
		panic(fmt.Sprintf("config: the built-in configuration: %v", err))
	}
	c.DataDir = dataDir
	for i := range c.Deliver {
		c.Deliver[i].Dir = whisperDir(dataDir)
	}
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
	return newDecoder(name, lookup).read(data)
}

// DataDir returns the data_dir of a configuration like Parse, but what ${} stands
// for elsewhere need not be known: who looks at queues need not hold the gateway's
// secrets.
func DataDir(name string, data []byte, lookup Lookup) (string, error) {
	d := newDecoder(name, lookup)
	d.blind = true
	c, err := d.read(data)
	if err != nil {
		return "", err
	}
	return c.DataDir, nil
}

// Socket returns the path of the operators' socket of a configuration, as DataDir does
// its folder.
func Socket(name string, data []byte, lookup Lookup) (string, error) {
	d := newDecoder(name, lookup)
	d.blind = true
	c, err := d.read(data)
	if err != nil {
		return "", err
	}
	if c.Admin.Socket != "" {
		return c.Admin.Socket, nil
	}
	return filepath.Join(c.DataDir, "admin.sock"), nil
}
