package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// How often the service manager is told what goes on, and how much more time is
// asked for while a stop takes longer.
const (
	statusEvery  = 2 * time.Second
	acceptEvery  = 10 * time.Millisecond
	stoppingTime = 15 * time.Second
)

// manager is the service manager that started the process, if there is one.
type manager struct {
	log      *slog.Logger
	there    bool
	watchdog time.Duration // a process of which nothing is heard for so long is ended; 0: never

	probing atomic.Bool
	before  uint64 // points received at the last status
}

func newManager(log *slog.Logger) *manager {
	m := &manager{log: log, there: os.Getenv("NOTIFY_SOCKET") != ""}
	var err error
	if m.watchdog, err = daemon.SdWatchdogEnabled(false); err != nil {
		log.Warn("no watchdog", "err", err)
	}
	return m
}

// tell tells the service manager.
func (m *manager) tell(state string) {
	if !m.there {
		return
	}
	if _, err := daemon.SdNotify(false, state); err != nil {
		m.log.Debug("the service manager was not told", "err", err)
	}
}

// reloading is what the service manager is told before a reload.
func reloading() string { return "RELOADING=1\n" + daemon.SdNotifyMonotonicUsec() }

// tellManager tells the service manager how the gateway is, until ended is done.
func (g *gateway) tellManager(ctx, ended context.Context) {
	g.born.released(ctx)
	if !g.manager.there {
		return
	}
	if !g.awaitAccepting(ctx) {
		return
	}
	g.manager.tell("READY=1")
	tick := time.NewTicker(g.manager.every())
	defer tick.Stop()
	for ctx.Err() == nil {
		g.tellStatus()
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	for g.heir.Load() == nil && ended.Err() == nil {
		g.tellStopping()
		select {
		case <-tick.C:
		case <-ended.Done():
		}
	}
}

// every is how often there is something to tell.
func (m *manager) every() time.Duration {
	if m.watchdog == 0 {
		return statusEvery
	}
	return min(statusEvery, m.watchdog/2)
}

func (g *gateway) awaitAccepting(ctx context.Context) bool {
	for !g.relay.Accepting() {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(acceptEvery):
		}
	}
	return true
}

// tellStatus says how much comes and waits, and that the gateway lives.
func (g *gateway) tellStatus() {
	m, received := g.manager, g.relay.Received()
	rate := float64(received-m.before) / m.every().Seconds()
	m.before = received
	m.tell(fmt.Sprintf("STATUS=%.0f points/s, %d wait", rate, g.relay.Waiting()))
	if m.watchdog > 0 {
		m.prove(g.relay.Probe)
	}
}

// prove tells the watchdog that all has answered that probe asks. While something
// does not, nothing is said, and the service manager ends the process in time.
func (m *manager) prove(probe func()) {
	if !m.probing.CompareAndSwap(false, true) {
		return // the one before still waits for its answer
	}
	go func() {
		probe()
		m.tell("WATCHDOG=1")
		m.probing.Store(false)
	}()
}

// tellStopping asks for the time that a stop takes.
func (g *gateway) tellStopping() {
	g.manager.tell(fmt.Sprintf("STOPPING=1\nSTATUS=stopping, %d wait\nEXTEND_TIMEOUT_USEC=%d\nWATCHDOG=1",
		g.relay.Waiting(), stoppingTime.Microseconds()))
}
