package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"strings"
	"time"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/blueflood"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
	"github.com/prometheus/client_golang/prometheus"
)

// bluefloodForwardCommand takes the place of twistd's blueflood-forward: its
// switches, its file, its defaults. What it holds back for its interval is on disk.
type bluefloodForwardCommand struct {
	Endpoint                     string  `short:"e" default:"tcp:2004" help:"Where to listen, as Twisted writes it: tcp:2004, tcp:2004:interface=127.0.0.1, ssl:2004:privateKey=FILE:certKey=FILE (${default})."`
	Interval                     float64 `short:"i" default:"30" help:"How long points are gathered for a request, in seconds (${default})."`
	Blueflood                    string  `short:"b" default:"http://localhost:19000" placeholder:"URL" help:"Blueflood's ingest address (${default})."`
	Tenant                       string  `short:"t" help:"The account at Blueflood."`
	MetricPrefix                 string  `name:"metric_prefix" aliases:"prefix" short:"p" help:"Put before each name, with a dot between."`
	TTL                          int64   `name:"ttl" default:"86400" help:"How long Blueflood keeps points, in seconds (${default})."`
	User                         string  `short:"u" help:"Keystone's user; without it there is no login."`
	Key                          string  `short:"k" help:"Keystone's API key. Other users of the machine can read it here: --key-file is better, or the variable BLUEFLOOD_KEY."`
	KeyFile                      string  `placeholder:"FILE" help:"A file with Keystone's API key."`
	AuthURL                      string  `name:"auth-url" aliases:"auth_url" default:"https://identity.api.rackspacecloud.com/v2.0/tokens" placeholder:"URL" help:"Keystone's address (${default})."`
	Limit                        int64   `default:"0" help:"Bytes of a request at most; 0, and what is over Blueflood's own limit, means 900 KiB."`
	Protocol                     string  `default:"MetricPickleReceiver" help:"MetricPickleReceiver or MetricLineReceiver (${default})."`
	OverwriteCollectionTimestamp string  `name:"overwrite_collection_timestamp" default:"False" help:"True: points get the time at which they are sent (${default})."`
	Config                       string  `short:"c" placeholder:"FILE" help:"A file whose section [blueflood_carbon_forwarder] has these settings; it counts more than the command line."`

	DataDir string `placeholder:"DIR" help:"The queue's folder; otherwise blueflood-forward in the folder for such data."`
	Admin   string `placeholder:"ADDRESS" help:"A door for operators, such as tcp://127.0.0.1:8090."`
}

// forwarderSection is where the file has the settings.
const forwarderSection = "blueflood_carbon_forwarder"

func (c *bluefloodForwardCommand) Run(ctx context.Context, s streams) error {
	shown := c.Key != ""
	from := func() (*setup, error) { return c.setup() }
	g, err := openGateway(from, s.err)
	if err != nil {
		return err
	}
	if shown {
		g.log.Warn("the key on the command line can be read by other users of this machine: use --key-file, or the variable BLUEFLOOD_KEY")
	}
	tellOfLogging(g.log)
	return g.run(ctx)
}

// tellOfLogging says what to do instead of what the old tool's logger is told.
func tellOfLogging(log *slog.Logger) {
	for _, name := range []string{"LOG_DIR", "LOG_ROTATE_LENGTH", "MAX_LOG_ROTATED_FILES"} {
		if os.Getenv(name) != "" {
			log.Warn("this variable has no effect: logs go to stderr; let the service manager keep and rotate them", "variable", name)
		}
	}
}

// setup is what the switches come to, and the file, read anew each time.
func (c *bluefloodForwardCommand) setup() (*setup, error) {
	now := *c // what the file says must not stay when it says it no more
	if err := now.readFile(); err != nil {
		return nil, usageError{fmt.Errorf("blueflood-forward: %w", err)}
	}
	s, err := now.gateway()
	if err != nil {
		return nil, usageError{fmt.Errorf("blueflood-forward: %w", err)}
	}
	return s, nil
}

func (c *bluefloodForwardCommand) gateway() (*setup, error) {
	door, err := c.receiver()
	if err != nil {
		return nil, err
	}
	dir := c.DataDir
	if dir == "" {
		dir = stateDir("blueflood-forward")
	}
	far, err := c.destination(dir)
	if err != nil {
		return nil, err
	}
	return &setup{
		database: &database{},
		file:     c.Config, dataDir: dir, admin: c.Admin,
		log: config.Log{Level: twistedLevel(os.Getenv("TWISTED_LOG_LEVEL")), Format: "text"},
		relay: relay.Options{
			Receivers:    []receive.Options{door},
			Rules:        []route.Rule{{To: []string{far.Name}}},
			Destinations: []relay.Destination{far},
		},
	}, nil
}

// twistedLevel is a level of Twisted's logger.
func twistedLevel(name string) slog.Level {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "warn": slog.LevelWarn, "error": slog.LevelError, "critical": slog.LevelError,
	}
	return levels[strings.ToLower(name)]
}

func (c *bluefloodForwardCommand) receiver() (receive.Options, error) {
	o, err := parseEndpoint(c.Endpoint)
	if err != nil {
		return o, fmt.Errorf("endpoint %q: %w", c.Endpoint, err)
	}
	switch c.Protocol {
	case "MetricPickleReceiver":
		o.Protocol = "pickle"
	case "MetricLineReceiver":
		o.Protocol = "line"
	default:
		return o, fmt.Errorf("protocol %q: want MetricPickleReceiver or MetricLineReceiver", c.Protocol)
	}
	return o, nil
}

func (c *bluefloodForwardCommand) destination(dataDir string) (relay.Destination, error) {
	const name = "blueflood"
	o, err := c.options()
	if err != nil {
		return relay.Destination{}, err
	}
	o.Name, o.RefusalsPath = name, refusalsPath(dataDir, name)
	standard := config.New(dataDir)
	far := bluefloodFar(o)
	if _, err := far.open(slog.New(slog.DiscardHandler), nil); err != nil {
		return relay.Destination{}, err
	}
	return relay.Destination{
		Name: name, Address: o.URL, Kind: "blueflood", Far: far.open,
		QueueDir: queueDir(dataDir, name), Queue: queueOptions(standard.Queue),
		Worker:  deliver.Options{DialTimeout: o.Timeout},
		Version: far.version,
	}, nil
}

// options are the switches as the destination wants them.
func (c *bluefloodForwardCommand) options() (blueflood.Options, error) {
	if c.Tenant == "" {
		return blueflood.Options{}, errors.New("there is no tenant: say which account at Blueflood the points are for, by -t")
	}
	if !(c.Interval > 0 && c.Interval <= 3600) {
		return blueflood.Options{}, fmt.Errorf("interval %v: want more than 0 and at most 3600 seconds", c.Interval)
	}
	if c.TTL < 1 || c.TTL >= math.MaxInt32 {
		return blueflood.Options{}, fmt.Errorf("ttl %d: want 1 to %d seconds", c.TTL, math.MaxInt32-1)
	}
	overwrite, err := pythonBool(c.OverwriteCollectionTimestamp)
	if err != nil {
		return blueflood.Options{}, fmt.Errorf("overwrite_collection_timestamp: %w", err)
	}
	auth, err := c.auth()
	if err != nil {
		return blueflood.Options{}, err
	}
	o := blueflood.Options{
		URL: c.Blueflood, Tenant: c.Tenant, Prefix: c.MetricPrefix, TTL: time.Duration(c.TTL) * time.Second,
		Interval: time.Duration(c.Interval * float64(time.Second)), Overwrite: overwrite, Auth: auth,
		Timeout: 30 * time.Second,
	}
	if !strings.Contains(o.URL, "://") {
		o.URL = "http://" + o.URL // as the old tool's image has it
	}
	if c.Limit > 0 && c.Limit < 900<<10 {
		o.MaxBody = int(c.Limit)
	}
	return o, nil
}

// auth is the login; nil without a user.
func (c *bluefloodForwardCommand) auth() (*blueflood.Auth, error) {
	if c.User == "" {
		return nil, nil
	}
	key := c.Key
	if key == "" {
		key = os.Getenv("BLUEFLOOD_KEY")
	}
	if c.KeyFile != "" {
		text, err := os.ReadFile(c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("key: %w", err)
		}
		key = strings.TrimSpace(string(text))
	}
	if key == "" {
		return nil, errors.New("there is a user and no key: give it by --key-file, or the variable BLUEFLOOD_KEY")
	}
	return &blueflood.Auth{URL: c.AuthURL, User: c.User, Key: key}, nil
}

// bluefloodFar makes a Blueflood's far end for a relay.
func bluefloodFar(o blueflood.Options) farEnd {
	version := fmt.Sprintf("%+v", o)
	if o.Auth != nil {
		version += fmt.Sprintf("%+v", *o.Auth)
	}
	return farEnd{
		kind: "blueflood", version: version, answers: true,
		open: func(log *slog.Logger, registerer prometheus.Registerer) (deliver.Destination, error) {
			o.Logger, o.Registerer = log, registerer
			return blueflood.New(o)
		},
	}
}
