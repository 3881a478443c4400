// Package crngconf reads the configuration of carbon-relay-ng, TOML, into plain
// values: its routes and what acts on points besides, each with its line.
package crngconf

import (
	"errors"
	"fmt"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/plumbago/plumbago/internal/conffile"
)

// Config is what the file says that means something to points.
type Config struct {
	File         string
	Listen       Setting // listen_addr: lines, by TCP and UDP
	Pickle       Setting // pickle_addr
	ReadTimeout  time.Duration
	PickleIdle   time.Duration // pickle_read_timeout
	SpoolDir     string
	FirstOnly    bool // a point goes by the first route that matches alone
	Blacklist    []Black
	Routes       []Route
	Others       []Other
	Instrumented Setting // where the relay sends its own metrics
}

// Setting is a value and its line; both are empty if it is not there.
type Setting struct {
	Value string
	Line  int
}

// Black is an entry of the blacklist: what matches is thrown away.
type Black struct {
	Setting
	Matcher Matcher
}

// Other is something else that acts on points, as a rewriter does.
type Other struct {
	Line int
	What string
}

// The types of routes to carbon.
const (
	SendAll    = "sendAllMatch"   // to each destination that matches
	SendFirst  = "sendFirstMatch" // to the first destination that matches
	Hashing    = "consistentHashing"
	HashingFix = "consistentHashing-v2" // such a ring with its mistakes mended
)

// Route sends what it matches to its destinations, by its type.
type Route struct {
	Line         int
	Key, Type    string
	Matcher      Matcher
	Destinations []Destination // none of types that do not send to carbon
}

// Destination is a carbon.
type Destination struct {
	Line     int
	Host     string
	Port     int
	Instance string
	Pickle   bool
	Matcher  Matcher
}

// String writes the destination as carbon does.
func (d Destination) String() string {
	text := fmt.Sprintf("%s:%d", d.Host, d.Port)
	if d.Instance != "" {
		text += ":" + d.Instance
	}
	return text
}

// Load reads the file at path. What is wrong with its content is a conffile.Problem.
func Load(path string) (*Config, error) {
	text, err := conffile.Read(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// file is the file as TOML has it.
type file struct {
	ListenAddr        string           `toml:"listen_addr"`
	PickleAddr        string           `toml:"pickle_addr"`
	PlainReadTimeout  duration         `toml:"plain_read_timeout"`
	PickleReadTimeout duration         `toml:"pickle_read_timeout"`
	SpoolDir          string           `toml:"spool_dir"`
	FirstOnly         bool             `toml:"first_only"`
	ValidateOrder     bool             `toml:"validate_order"`
	Blacklist         []string         `toml:"blacklist"`
	Aggregation       []map[string]any `toml:"aggregation"`
	Rewriter          []map[string]any `toml:"rewriter"`
	Route             []tomlRoute      `toml:"route"`
	AMQP              struct {
		Enabled bool `toml:"amqp_enabled"`
	} `toml:"amqp"`
	Kafka struct {
		Enabled bool `toml:"kafka_enabled"`
	} `toml:"kafka"`
	Init struct {
		Commands []string `toml:"cmds"`
	} `toml:"init"`
	Instrumentation struct {
		Addr string `toml:"graphite_addr"`
	} `toml:"instrumentation"`
}

type tomlRoute struct {
	Key, Type         string
	Prefix, NotPrefix string
	Sub, NotSub       string
	Substr            string // as Sub was called
	Regex, NotRegex   string
	Destinations      []string
	RoutingMutations  map[string]string `toml:"routing_mutations"`
}

type duration struct{ time.Duration }

// UnmarshalText reads what time.ParseDuration does.
func (d *duration) UnmarshalText(text []byte) (err error) {
	d.Duration, err = time.ParseDuration(string(text))
	return err
}

// Parse reads a text. name is what problems call it.
func Parse(name, text string) (*Config, error) {
	f := file{PlainReadTimeout: duration{2 * time.Minute}, PickleReadTimeout: duration{2 * time.Minute}}
	if _, err := toml.Decode(text, &f); err != nil {
		problem := conffile.Problem{Place: conffile.Place{File: name, Line: 1}, Text: err.Error()}
		if e, ok := errors.AsType[toml.ParseError](err); ok {
			problem.Line, problem.Text = max(e.Position.Line, 1), e.Message
		}
		return nil, problem
	}
	r := reader{config: Config{File: name}, spots: scan(text)}
	r.settings(f)
	r.blacklist(f)
	r.routes(f)
	r.others(f)
	if r.problem != nil {
		return nil, r.problem
	}
	return &r.config, nil
}
