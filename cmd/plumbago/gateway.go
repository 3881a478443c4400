package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/plumbago/plumbago/admin"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/render"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// gateway is a relay as a process: with the operators' door, signals, and a
// folder that tells other commands about it.
type gateway struct {
	source  source
	log     *slog.Logger
	relay   *relay.Relay
	admin   *admin.Server
	inside  *inside
	running runningFiles
	setup   *setup // in force

	born      birth
	operators net.Listener              // of admin
	signals   chan os.Signal            // SIGHUP and SIGUSR2, that nobody obeyed yet
	heir      atomic.Pointer[successor] // takes the place of this process; nil while there is none
	forwards  *forwards
	manager   *manager
}

// metricRegistry is where metrics are registered and shown from.
type metricRegistry interface {
	prometheus.Registerer
	prometheus.Gatherer
}

// openGateway opens what the source says. Logs go to w.
func openGateway(from source, w io.Writer) (*gateway, error) {
	signal.Ignore(syscall.SIGUSR2) // nothing can be handed over before it runs
	born, err := beBorn()
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	s, err := from()
	if err != nil {
		return nil, err
	}
	log := logger(s.log, w)
	limitMemory(log)
	if s.flaws != nil {
		log.Warn("started in spite of mistakes in the files", "err", s.flaws)
	}
	g, err := born.newGateway(s, log, prometheus.NewRegistry())
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	g.source = from
	return g, nil
}

func (b birth) newGateway(s *setup, log *slog.Logger, registry metricRegistry) (*gateway, error) {
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo())
	g := &gateway{
		log: log, setup: s, born: b, running: runningFiles{s.dataDir, s.pidFile},
		forwards: newForwards(), manager: newManager(log), signals: make(chan os.Signal, 4),
	}
	o := s.relay
	o.Logger, o.Registerer, o.OwnMetrics.From = log, registry, registry
	o.Inherited, o.TakeOver = b.sockets, b.taking()
	var err error
	if g.operators, err = b.listenForOperators(s.admin); err != nil {
		return nil, err
	}
	if g.relay, err = relay.Open(o); err != nil {
		return nil, errors.Join(err, g.closeOperators())
	}
	b.tellUnused(log)
	g.inside = &inside{Relay: g.relay}
	g.inside.setup.Store(s)
	registry.MustRegister(newExpiries(g.inside))
	if g.admin, err = admin.Listen(admin.Options{
		Address: hostPort(s.admin), Listener: g.operators, Access: s.operators(), ReadyMaxAge: s.maxAge,
		Gateway: g.relay, Inside: g.inside, Metrics: registry, Logger: log,
		Graphite: render.New(s.database, render.Options{Log: log, Metrics: registry}),
	}); err != nil {
		return nil, errors.Join(err, g.relay.Close())
	}
	return g, nil
}

func (g *gateway) closeOperators() error {
	if g.operators == nil {
		return nil
	}
	return g.operators.Close()
}

// run runs the relay, and the operators' door as long as the relay runs: who
// asks why it stops so slowly gets an answer. It goes on until ctx is done, or
// another process has taken the place of this one.
func (g *gateway) run(ctx context.Context) error {
	started := time.Now()
	g.announce()
	// From here on SIGHUP and SIGUSR2 do not end the process, whenever they come.
	signal.Notify(g.signals, syscall.SIGHUP, syscall.SIGUSR2)
	defer signal.Stop(g.signals)
	end, err := g.running.begin()
	if err != nil {
		g.log.Warn("other commands will not find this process", "err", err)
	}
	defer end()
	g.born.ready(g.log)
	err = g.runParts(ctx)
	if heir := g.heir.Load(); heir != nil {
		if err != nil {
			g.log.Error("upgrade: not everything stopped in good order", "err", err)
		}
		end()
		return g.giveWay(ctx, heir)
	}
	g.forwards.end()
	if err != nil {
		g.log.Error("stopped", "err", err, "uptime", time.Since(started).Round(time.Second))
		return fmt.Errorf("run: %w", err)
	}
	g.log.Info("stopped", "uptime", time.Since(started).Round(time.Second))
	return nil
}

// runParts runs the relay with what stands around it. What asked for the end of the
// relay is in ctx, or in heir.
func (g *gateway) runParts(ctx context.Context) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	watching, stopWatching := context.WithCancel(context.WithoutCancel(ctx))
	operators := make(chan error, 1)
	go func() {
		err := g.admin.Run(watching)
		if err != nil {
			fail(err)
		}
		operators <- err
	}()
	var others sync.WaitGroup
	others.Go(func() { g.obey(ctx) })
	others.Go(func() { g.tellManager(ctx, watching) })
	err := g.relay.Run(ctx)
	fail(nil)
	stopWatching()
	others.Wait()
	return errors.Join(err, <-operators)
}

// listsEvery is how often lists are looked at for changes, as carbon does.
const listsEvery = 10 * time.Second

// obey reloads on SIGHUP, and when a list or a storage file has changed, and has another process take
// the place of this one on SIGUSR2, until ctx is done.
func (g *gateway) obey(ctx context.Context) {
	look := time.NewTicker(listsEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-g.signals:
			if s == syscall.SIGHUP {
				g.manager.tell(reloading())
				g.reload()
				g.manager.tell("READY=1")
			} else if g.upgrade(ctx) {
				return
			}
		case <-look.C:
			g.readLists()
			g.setup.database.refresh()
		}
	}
}

// reload goes over to what the source says now. Where that is wrong, nothing
// changes; either way the outcome is logged and left for `plumbago reload`.
func (g *gateway) reload() {
	fresh, err := g.source()
	if err == nil {
		err = fresh.flaws // good enough to start with, not to change for
	}
	if err == nil && fresh.dataDir != g.setup.dataDir {
		err = fmt.Errorf("data_dir cannot change while the gateway runs: it is %s", g.setup.dataDir)
	}
	var changes relay.Changes
	if err == nil {
		changes, err = g.relay.Reload(fresh.relay)
	} else {
		g.relay.RefusedReload()
	}
	if err != nil {
		g.log.Error("reload refused: the configuration before it still runs", "err", err)
	} else {
		changes.AtRestart = append(changes.AtRestart, g.setup.laterThan(fresh)...)
		g.setup = fresh
		g.inside.setup.Store(fresh)
		g.log.Info("reloaded", "changes", changes)
	}
	if err := g.running.tell(changes, err); err != nil {
		g.log.Warn("the outcome of the reload is not on disk", "err", err)
	}
}

// readLists takes up lists that changed.
func (g *gateway) readLists() {
	changed := false
	for _, l := range g.setup.lists {
		now, problems := l.Reload()
		changed = changed || now
		for _, p := range problems {
			g.log.Warn("line of a list left out", "err", p)
		}
	}
	if !changed {
		return
	}
	if _, err := g.relay.Reload(g.setup.relay); err != nil {
		g.log.Error("lists not taken up", "err", err)
		return
	}
	g.log.Info("lists read again")
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
	g.announceLeftovers()
	if at := g.admin.Addr(); at != nil {
		g.log.Info("listening for operators", "addr", at.String())
	}
}

// announceLeftovers tells of points that wait for destinations that are not in
// the configuration any more: nobody delivers them.
func (g *gateway) announceLeftovers() {
	entries, err := os.ReadDir(queuesDir(g.setup.dataDir))
	if err != nil {
		return // there are none yet
	}
	for _, e := range entries {
		dir := queueDir(g.setup.dataDir, e.Name())
		wanted := slices.ContainsFunc(g.setup.relay.Destinations, func(d relay.Destination) bool { return d.QueueDir == dir })
		if sum, err := queue.Inspect(dir); !wanted && err == nil && sum.Points > 0 {
			g.log.Warn("points wait for a destination that is not configured: configure it, or see plumbago queue", "dest", e.Name(), "points", sum.Points)
		}
	}
}

func buildInfo() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "plumbago_build_info",
		Help:        "1, with the version as a label.",
		ConstLabels: prometheus.Labels{"version": strings.ToValidUTF8(version, "?")},
	}, func() float64 { return 1 })
}
