package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/plumbago/plumbago/internal/handover"
	"github.com/plumbago/plumbago/internal/inherit"
	"github.com/plumbago/plumbago/receive"
	"github.com/prometheus/client_golang/prometheus"
)

// How long a successor may take, and how long this process goes on afterwards with
// what only it can do: take TLS off connections whose keys it has.
const (
	preparePatience = 30 * time.Second
	takePatience    = 30 * time.Second
	forwardPatience = 30 * time.Second
)

// upgrade starts this program anew, and has it prepare to take the place of this
// process. It reports whether the relay is giving way; otherwise nothing has
// changed.
func (g *gateway) upgrade(ctx context.Context) bool {
	s, err := g.raise(ctx)
	if err != nil {
		g.log.Error("upgrade refused: this process goes on", "err", err)
		return false
	}
	if ctx.Err() != nil {
		s.abandon()
		return false
	}
	g.log.Info("upgrade: the new process is prepared", "pid", s.pid())
	s.began = time.Now()
	g.heir.Store(s)
	g.relay.Yield(func(listener string) bool { return slices.Contains(s.listeners, listener) })
	return true
}

// raise starts a successor, and returns it when it is prepared.
func (g *gateway) raise(ctx context.Context) (*successor, error) {
	s, err := startSuccessor()
	if err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, s.abandon)()
	s.line.Within(preparePatience)
	if err = g.prepare(s); err != nil {
		s.abandon()
		return nil, fmt.Errorf("the new process did not become ready (%s): %w", s.fate(), err)
	}
	return s, nil
}

func (g *gateway) prepare(s *successor) error {
	for _, k := range g.relay.Sockets() {
		if err := s.hand(k.Name, k.Conn); err != nil {
			return err
		}
	}
	if c, ok := g.operators.(socketConn); ok {
		if err := s.hand(operatorsName(g.setup.admin), c); err != nil {
			return err
		}
	}
	if err := s.line.Send(handover.Message{Kind: sayPrepare}, nil); err != nil {
		return err
	}
	m, err := s.hear(sayPrepared)
	if err != nil {
		return err
	}
	return json.Unmarshal(m.Data, &s.listeners)
}

// giveWay hands over what the relay left. If the successor does not get ready, a new
// relay takes the place of the old one in this process.
func (g *gateway) giveWay(ctx context.Context, heir *successor) error {
	left := g.relay.Left()
	for _, l := range left {
		if l.Forward != nil {
			g.forwards.add(l.Forward)
		}
	}
	err := ctx.Err()
	if err == nil {
		err = heir.crown(left)
	}
	if err != nil {
		heir.abandon()
		g.log.Error("upgrade failed: this process goes on", "err", err, "fate", heir.fate())
		return g.resume(ctx, heir, left)
	}
	for _, l := range left {
		l.Conn.Close() // it lives on there
	}
	g.log.Info("upgrade: the new process has taken over", "pid", heir.pid(),
		"connections", len(left), "took", time.Since(heir.began).Round(time.Millisecond))
	g.manager.tell(fmt.Sprintf("MAINPID=%d", heir.pid()))
	defer heir.passOn(g.signals)()
	heir.release()
	g.forwards.endWithin(ctx, forwardPatience)
	return nil
}

// resume runs a gateway with what the relay left.
func (g *gateway) resume(ctx context.Context, heir *successor, left []receive.Left) error {
	sockets, err := inherit.New(heir.sockets)
	if err != nil {
		return err
	}
	again := birth{sockets: sockets, resumes: true, left: left}
	fresh, err := again.newGateway(g.setup, g.log, prometheus.NewRegistry())
	if err != nil {
		return fmt.Errorf("go on after an upgrade that failed: %w", err)
	}
	fresh.source, fresh.forwards, fresh.signals = g.source, g.forwards, g.signals
	return fresh.run(ctx)
}

// program is the file that this process was started from, which may hold another
// version by now.
func program() (string, error) {
	if path, err := lookUp(os.Args[0]); err == nil {
		return path, nil
	}
	return os.Executable()
}
