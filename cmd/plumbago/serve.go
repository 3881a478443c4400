package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/plumbago/plumbago/admin"
	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/relay"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// serveCommand runs the gateway until it is told to stop.
type serveCommand struct {
	Config string `short:"c" placeholder:"FILE" help:"The configuration, such as plumbago.yml."`
}

func (c *serveCommand) Run(ctx context.Context, s streams) error {
	settings, err := load(c.Config)
	if err != nil {
		return err
	}
	log := logger(settings.Log, s.err)
	g, err := openGateway(settings, log, prometheus.NewRegistry())
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	if c.Config == "" {
		fmt.Fprint(s.out, welcome)
	}
	return g.run(ctx)
}

// welcome is printed where the gateway runs on its default configuration.
const welcome = `
plumbago runs on its default configuration: lines on 127.0.0.1:2003 (TCP and UDP), pickles on 127.0.0.1:2004,
everything to a carbon on 127.0.0.1:2013, which may be absent: what it does not take waits in ./plumbago-data.

Try, in another terminal:

  printf 'a.b 1\n' | nc -q0 127.0.0.1 2003     # send a point
  bin/plumbago queue cat                       # see it wait
  bin/plumbago queue ls                        # how much waits, and since when

and look at http://127.0.0.1:8090/ for what flows. Ctrl-C stops it; nothing that was read is lost.

`

// gateway is a relay and the operators' door to it.
type gateway struct {
	log   *slog.Logger
	relay *relay.Relay
	admin *admin.Server // nil if there is none
}

// metricRegistry is where metrics are registered and shown from.
type metricRegistry interface {
	prometheus.Registerer
	prometheus.Gatherer
}

func openGateway(c *config.Config, log *slog.Logger, registry metricRegistry) (*gateway, error) {
	o, err := parts(c)
	if err != nil {
		return nil, err
	}
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo())
	o.Logger, o.Registerer = log, registry
	g := &gateway{log: log}
	if g.relay, err = relay.Open(o); err != nil {
		return nil, err
	}
	if c.Admin.Listen == "" {
		return g, nil
	}
	if g.admin, err = admin.Listen(hostPort(c.Admin.Listen), g.relay, registry, log); err != nil {
		return nil, errors.Join(err, g.relay.Close())
	}
	return g, nil
}

// run runs the relay, and the operators' door as long as the relay runs: who
// asks why it stops so slowly gets an answer.
func (g *gateway) run(ctx context.Context) error {
	started := time.Now()
	g.announce()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	watching, stopWatching := context.WithCancel(context.WithoutCancel(ctx))
	operators := make(chan error, 1)
	go func() {
		err := g.serveOperators(watching)
		if err != nil {
			fail(err)
		}
		operators <- err
	}()
	err := g.relay.Run(ctx)
	stopWatching()
	err = errors.Join(err, <-operators)
	if err != nil {
		g.log.Error("stopped", "err", err, "ran", time.Since(started).Round(time.Second))
		return fmt.Errorf("serve: %w", err)
	}
	g.log.Info("stopped", "ran", time.Since(started).Round(time.Second))
	return nil
}

func (g *gateway) serveOperators(ctx context.Context) error {
	if g.admin == nil {
		return nil
	}
	return g.admin.Run(ctx)
}

// announce says where the doors are.
func (g *gateway) announce() {
	status := g.relay.Status()
	for _, l := range status.Listeners {
		g.log.Info("listening", "listener", l.Name, "addr", l.Address)
	}
	for _, d := range status.Destinations {
		g.log.Info("delivering", "dest", d.Name, "addr", d.Address, "points", d.Queue.Waiting)
	}
	if g.admin != nil {
		g.log.Info("listening for operators", "addr", g.admin.Addr().String())
	}
}

func buildInfo() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "plumbago_build_info",
		Help:        "1, with the version as a label.",
		ConstLabels: prometheus.Labels{"version": strings.ToValidUTF8(version, "?")},
	}, func() float64 { return 1 })
}
