package slack

import (
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"
)

// Config is the content of carbon-slack.yml. It can be a part of another program's
// configuration: its keys are the same in YAML and JSON. Only Token and Channel are
// needed.
type Config struct {
	Token        Token  `yaml:"token" json:"token"`
	Channel      string `yaml:"channel" json:"channel"`
	CarbonServer string `yaml:"carbon-server" json:"carbon-server"` // 127.0.0.1
	CarbonPort   Port   `yaml:"carbon-port" json:"carbon-port"`     // 2003

	TokenFile    string `yaml:"token-file" json:"token-file"` // a file with the token; see also resolve
	AppToken     Token  `yaml:"app-token" json:"app-token"`
	AppTokenFile string `yaml:"app-token-file" json:"app-token-file"`

	Ack        Ack      `yaml:"ack" json:"ack"`
	Reaction   string   `yaml:"reaction" json:"reaction"`
	SkipEdited bool     `yaml:"skip-edited" json:"skip-edited"`
	Poll       Duration `yaml:"poll" json:"poll"`
	CallEvery  Duration `yaml:"call-every" json:"call-every"`
	PostEvery  Duration `yaml:"post-every" json:"post-every"`
	CleanAfter Duration `yaml:"clean-after" json:"clean-after"`
	API        string   `yaml:"api" json:"api"`
	DataDir    string   `yaml:"data-dir" json:"data-dir"`
}

// Sample is a carbon-slack.yml with comments.
//
//go:embed sample.yml
var Sample string

// Duration is written like 10s, or 1m30s.
type Duration time.Duration

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v < 0 {
		return errors.New("want a duration like 10s")
	}
	*d = Duration(v)
	return nil
}

// Port is a TCP port.
type Port int

// UnmarshalText reads a port.
func (p *Port) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 10, 16)
	if err != nil {
		return errors.New("want a port like 2003")
	}
	*p = Port(n)
	return nil
}

// UnmarshalJSON reads a port, which is a number there.
func (p *Port) UnmarshalJSON(text []byte) error {
	return p.UnmarshalText([]byte(strings.Trim(string(text), `"`)))
}

// Load reads a carbon-slack.yml. Keys that it does not know are passed over, as they
// may be another program's. Its errors hold no token.
func Load(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	c, err := Parse(data)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Parse reads the content of a carbon-slack.yml, and resolves it.
func Parse(data []byte) (c Config, err error) {
	if err := yaml.Unmarshal(data, &c); err != nil {
		return Config{}, errors.New(strings.TrimSpace(yaml.FormatError(err, false, false))) // without the lines around it
	}
	return c, c.resolve()
}

// resolve takes tokens from the files that are named, and, where there are none, from
// the environment variables SLACK_TOKEN and SLACK_APP_TOKEN.
func (c *Config) resolve() error {
	for _, t := range []struct {
		token          *Token
		file, variable string
	}{{&c.Token, c.TokenFile, "SLACK_TOKEN"}, {&c.AppToken, c.AppTokenFile, "SLACK_APP_TOKEN"}} {
		switch {
		case *t.token != "":
		case t.file != "":
			text, err := os.ReadFile(t.file)
			if err != nil {
				return fmt.Errorf("token: %w", err)
			}
			*t.token = Token(strings.TrimSpace(string(text)))
		default:
			*t.token = Token(os.Getenv(t.variable))
		}
	}
	return nil
}

// Carbon is the address of the carbon that a relay delivers to: tcp://host:port.
func (c Config) Carbon() string {
	host, port := c.CarbonServer, int(c.CarbonPort)
	if host == "" {
		host = "127.0.0.1"
	}
	if port == 0 {
		port = 2003
	}
	return "tcp://" + net.JoinHostPort(host, strconv.Itoa(port))
}

// Reports are where a part tells of itself; both may be nil.
type Reports struct {
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

func (c Config) account(r Reports) Account {
	return Account{
		Token: c.Token, Channel: c.Channel, API: c.API, CallEvery: time.Duration(c.CallEvery),
		Logger: r.Logger, Registerer: r.Registerer,
	}
}

// Sender returns the options of a Sender.
func (c Config) Sender(r Reports) SenderOptions {
	return SenderOptions{
		Account: c.account(r), Name: "slack", PostEvery: time.Duration(c.PostEvery), CleanAfter: time.Duration(c.CleanAfter),
	}
}

// Receiver returns the options of a Receiver that keeps what it read in DataDir, or in
// dataDir if there is none.
func (c Config) Receiver(dataDir string, r Reports) ReceiverOptions {
	if c.DataDir != "" {
		dataDir = c.DataDir
	}
	return ReceiverOptions{
		Account: c.account(r), Name: "slack", Dir: dataDir, AppToken: c.AppToken,
		Poll: time.Duration(c.Poll), Ack: c.Ack, Reaction: c.Reaction, SkipEdited: c.SkipEdited,
	}
}
