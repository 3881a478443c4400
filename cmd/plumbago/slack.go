package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/plumbago/plumbago/bus/slack"
	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/metric"
)

// slackCommand uses a Slack channel as a bus, as carbon-slack does.
type slackCommand struct {
	Init  slackInitCommand  `cmd:"" help:"Print a sample of carbon-slack.yml."`
	Send  slackSendCommand  `cmd:"" help:"Post points into the channel."`
	Recv  slackRecvCommand  `cmd:"" help:"Print what is in the channel."`
	Relay slackRelayCommand `cmd:"" help:"Hand the points in the channel on to carbon, for ever."`
}

// typed is what was typed. A link called as one of carbon-slack's commands is that
// command.
func typed(args []string) []string {
	if command, ok := strings.CutPrefix(filepath.Base(args[0]), "carbon-slack-"); ok {
		return append([]string{"slack", command}, args[1:]...)
	}
	return args[1:]
}

type slackInitCommand struct{}

func (slackInitCommand) Run(s streams) error {
	_, err := fmt.Fprint(s.out, slack.Sample)
	return err
}

// slackFile is the configuration of the other commands.
type slackFile struct {
	Config string `short:"c" aliases:"config-file" default:"/etc/carbon-slack.yml" placeholder:"FILE" help:"The configuration (${default}); plumbago slack init prints a sample."`
	Debug  bool   `help:"Log more."`
}

func (f slackFile) load() (slack.Config, error) {
	c, err := slack.Load(f.Config)
	if err != nil {
		return c, usageError{fmt.Errorf("slack: %w", err)}
	}
	return c, nil
}

func (f slackFile) reports(s streams) slack.Reports {
	l := config.Log{Format: "text", Level: slog.LevelWarn}
	if f.Debug {
		l.Level = slog.LevelDebug
	}
	return slack.Reports{Logger: logger(l, s.err)}
}

type slackSendCommand struct {
	slackFile
	Timeout time.Duration `default:"5m" help:"How long to try (${default})."`
	Point   []string      `arg:"" optional:"" passthrough:"partial" name:"point" help:"NAME VALUE [TIME]; without them, lines from standard input."`
}

func (c *slackSendCommand) Run(ctx context.Context, s streams) error {
	input, err := (&sendCommand{Point: c.Point}).input(s.in)
	if err != nil {
		return usageError{fmt.Errorf("slack send: %w", err)}
	}
	conf, err := c.load()
	if err != nil {
		return err
	}
	sender, err := slack.NewSender(conf.Sender(c.reports(s)))
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", c.Config, err)}
	}
	defer sender.Close()
	p := sending{conn: channelConn{Sender: sender}, out: s.err, timeout: c.Timeout, shown: time.Now()}
	if err := p.all(ctx, input); err != nil {
		return fmt.Errorf("slack send: %w", err)
	}
	fmt.Fprintf(s.err, "sent %s to %s\n", plural(p.sent, "point"), conf.Channel)
	if p.refused > 0 {
		return fmt.Errorf("slack send: %s left out", plural(p.refused, "line"))
	}
	return nil
}

// channelConn is a channel as what sending sends to. What it sends is posted when
// Send returns.
type channelConn struct {
	*slack.Sender
	deliver.Conn
}

// Send posts b.
func (c channelConn) Send(ctx context.Context, b metric.Batch) error { return c.Sender.Send(ctx, b) }

// Close has nothing left to do.
func (channelConn) Close(context.Context) error { return nil }

type slackRecvCommand struct {
	slackFile
	Last int `default:"1000" help:"How many messages at most, the newest (${default})."`
}

func (c *slackRecvCommand) Run(ctx context.Context, s streams) error {
	conf, err := c.load()
	if err != nil {
		return err
	}
	list, err := slack.List(ctx, conf.Sender(c.reports(s)).Account, max(1, c.Last))
	if err != nil {
		return fmt.Errorf("slack recv: %w", err)
	}
	for _, m := range list {
		for line := range strings.Lines(m.Text + "\n") {
			fmt.Fprintf(s.out, "%s %s: %s", m.Time.Format("2006-01-02 15:04:05"), m.Author, line)
		}
	}
	return nil
}

type slackRelayCommand struct {
	slackFile
	DataDir string `placeholder:"DIR" help:"Where points wait for carbon; otherwise data-dir of the file, or plumbago's folder for data."`
}

// connectPatience is how long a start waits to hear whether the configuration is
// right.
const connectPatience = 30 * time.Second

func (c *slackRelayCommand) Run(ctx context.Context, s streams) error {
	conf, err := c.load()
	if err != nil {
		return err
	}
	l := config.Log{Format: "text"}
	if c.Debug {
		l.Level = slog.LevelDebug
	}
	log := logger(l, s.err)
	r, err := c.open(conf, log)
	if err != nil {
		return fmt.Errorf("slack relay: %w", err)
	}
	connecting, cancel := context.WithTimeout(ctx, connectPatience)
	err = r.Connect(connecting)
	cancel()
	if slack.Misconfigured(err) {
		return fmt.Errorf("slack relay: %w", errors.Join(err, r.Close()))
	}
	if err := r.Run(ctx); err != nil {
		return fmt.Errorf("slack relay: %w", err)
	}
	log.Info("stopped")
	return nil
}

func (c *slackRelayCommand) open(conf slack.Config, log *slog.Logger) (*slack.Relay, error) {
	dir := firstNonEmpty(c.DataDir, conf.DataDir, stateDir("slack"))
	far, err := carbon.New(carbon.Options{Address: conf.Carbon(), Protocol: "line", Logger: log.With("dest", "carbon")})
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", c.Config, err)}
	}
	o := conf.Receiver(dir, slack.Reports{Logger: log})
	o.Dir = dir
	r, err := slack.OpenRelay(slack.RelayOptions{
		Receiver: o, To: far, DataDir: dir, Worker: deliver.Options{ReplayMargin: deliver.DefaultReplayMargin},
	})
	if err != nil {
		return nil, err
	}
	log.Info("delivering", "dest", "carbon", "addr", conf.Carbon(), "dir", dir)
	return r, nil
}

func firstNonEmpty(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
