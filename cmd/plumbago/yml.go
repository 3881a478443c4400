package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
)

// defaultDataDir is where data goes without a configuration file.
const defaultDataDir = "plumbago-data"

// load reads the configuration at path, or the default one if path is "".
func load(path string) (*config.Config, error) {
	if path == "" {
		return config.Default(defaultDataDir), nil
	}
	c, err := config.Load(path)
	if err != nil {
		return nil, usageError{fmt.Errorf("read %s: %w", path, layOut(err))}
	}
	return c, nil
}

// layOut puts the errors of a file on lines of their own: each has its place.
func layOut(err error) error {
	var errs config.Errors
	if !errors.As(err, &errs) {
		return err
	}
	return fmt.Errorf("%s\n%w", plural(len(errs), "mistake"), errs)
}

// plural is a count of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// parts turns a configuration into what a relay is made of.
func parts(c *config.Config) (relay.Options, error) {
	o := relay.Options{Rules: rules(c)}
	for _, r := range c.Receive {
		o.Receivers = append(o.Receivers, receiver(r))
	}
	for _, d := range c.Deliver {
		part, err := destination(c.DataDir, d)
		if err != nil {
			return relay.Options{}, usageError{fmt.Errorf("destination %q: %w", d.Name, err)}
		}
		o.Destinations = append(o.Destinations, part)
	}
	return o, nil
}

// rules are the routing rules: without any, every point goes everywhere.
func rules(c *config.Config) []route.Rule {
	if len(c.Route) == 0 {
		return []route.Rule{{To: destinationNames(c)}}
	}
	var list []route.Rule
	for _, r := range c.Route {
		list = append(list, route.Rule{Match: r.Match, To: r.To, Continue: r.Continue})
	}
	return list
}

func destinationNames(c *config.Config) []string {
	var names []string
	for _, d := range c.Deliver {
		names = append(names, d.Name)
	}
	return names
}

func receiver(r config.Receiver) receive.Options {
	return receive.Options{
		Protocol: r.Protocol, Address: r.Listen,
		MaxLine: int(r.MaxLine), MaxFrame: int(r.MaxFrame),
		MaxConnections: r.MaxConnections, IdleTimeout: r.IdleTimeout, MaxHeldBytes: int(r.MaxHeld),
		AcceptUnterminated: r.AcceptUnterminated,
		UDPBuffer:          int(r.UDPBuffer), UDPSockets: r.UDPSockets,
	}
}

func destination(dataDir string, d config.Destination) (relay.Destination, error) {
	far, err := carbon.New(carbon.Options{
		Address: d.Address, Protocol: d.Protocol, Prefix: d.Prefix.Reveal(), UserTimeout: d.UserTimeout,
	})
	if err != nil {
		return relay.Destination{}, err
	}
	return relay.Destination{
		Name: d.Name, Address: d.Address, Far: far,
		QueueDir: queueDir(dataDir, d.Name),
		Queue:    queueOptions(d.Queue),
		Worker: deliver.Options{
			ReplayMargin: d.ReplayMargin, MaxConnectionAge: d.MaxConnectionAge, DialTimeout: d.DialTimeout,
		},
	}, nil
}

// queuesDir holds a folder for each destination's queue.
func queuesDir(dataDir string) string { return filepath.Join(dataDir, "queue") }

func queueDir(dataDir, destination string) string {
	return filepath.Join(queuesDir(dataDir), destination)
}

func queueOptions(q config.Queue) queue.Options {
	policies := map[string]queue.Policy{"drop_oldest": queue.DropOldest, "block": queue.Wait, "reject": queue.Reject}
	modes := map[config.SyncMode]queue.SyncMode{
		config.SyncEvery: queue.SyncEvery, config.SyncAlways: queue.SyncAlways, config.SyncNever: queue.SyncNever,
	}
	return queue.Options{
		MaxBytes: int64(q.MaxBytes), MaxAge: q.MaxAge, Flush: q.Flush,
		Sync:       queue.SyncPolicy{Mode: modes[q.Sync.Mode], Every: q.Sync.Every},
		WhenFull:   policies[q.WhenFull],
		ReplayRate: int(q.ReplayRate),
	}
}

func logger(l config.Log, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: l.Level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// hostPort is the part of a tcp:// address that a listener takes.
func hostPort(address string) string { return strings.TrimPrefix(address, "tcp://") }
