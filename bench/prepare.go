package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// prepare starts the sink, the relay and the generator, in the order in which
// each needs the other's address.
func (t *trial) prepare(ctx context.Context, at place) error {
	if err := os.MkdirAll(t.dir, 0o755); err != nil {
		return err
	}
	at.Dir = t.dir
	if err := t.arrange(&at); err != nil {
		return err
	}
	out, err := t.startSink(at)
	if err != nil {
		return err
	}
	if len(out) > 0 {
		at.Out = port(out[0])
	}
	for _, address := range out[min(1, len(out)):] {
		at.Ring = append(at.Ring, port(address))
	}
	if len(at.Ring) > 0 {
		at.Ring = slices.Insert(at.Ring, 0, at.Out)
	}
	if err := t.startRelay(ctx, at); err != nil {
		return err
	}
	if t.scenario.created {
		if err := t.createFiles(ctx, at); err != nil {
			return err
		}
	}
	return t.startLoad(at)
}

// createFiles sends a point of each series, from before the stream, and waits until
// all have files.
func (t *trial) createFiles(ctx context.Context, at place) error {
	before := *t
	before.scenario.points, before.scenario.rate, before.epoch = t.scenario.series, 0, t.epoch-interval
	if err := before.startLoad(at); err != nil {
		return err
	}
	defer before.load.end()
	var done sent
	if err := before.load.ask("go", &done); err != nil {
		return err
	}
	for {
		var a sinkAnswer
		if err := t.sink.ask("there", &a); err != nil || a.Count.Unique == int64(t.scenario.series) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w when %d files were there; the relay says: %s", ctx.Err(), a.Count.Unique, t.relay.lastWords())
		case <-time.After(time.Second):
		}
	}
}

// arrange gives the relay its ports, and what else the scenario has for it.
func (t *trial) arrange(at *place) error {
	s := t.scenario
	ports, err := freePorts(6)
	if err != nil {
		return err
	}
	at.LineIn, at.PickleIn, at.Admin, at.Spare = ports[0], ports[1], ports[2], ports[3]
	at.Protocol, at.Rules = protocolOf(s.out), s.rules
	if s.tenant {
		at.Tenant, at.Key = "acme", "7d1f1c5e-59c4-4d0b-a52c-0d4ce2a1f8b3"
	}
	if s.out == "files" {
		at.Whisper = filepath.Join(t.dir, "whisper")
	}
	if s.in == "http" {
		at.HTTPIn = ports[4]
	}
	if s.in == "udp" {
		at.UDPIn = ports[4]
	}
	if s.in != "tls" && s.out != "tls" {
		return nil
	}
	c, err := issue(t.dir)
	if s.in == "tls" {
		at.TLSIn, at.Cert, at.CertKey, at.Pair = ports[5], c.Cert, c.Key, c.Pair
	}
	if s.out == "tls" {
		at.CA, at.sink = c.Cert, c
	}
	return err
}

func (t *trial) startSink(at place) (addresses []string, err error) {
	s := t.scenario
	if s.out == "files" {
		return nil, t.startFiles(at)
	}
	t.sink, err = startRole(sinkRole, sinkSettings{Protocol: at.Protocol, Front: front(at.Tenant), Series: s.series,
		Points: s.points, Times: s.times, Cert: at.sink, Ports: max(1, s.ring)})
	if err != nil {
		return nil, err
	}
	var a sinkAnswer
	err = t.sink.hear(&a)
	return a.Addresses, err
}

// startFiles starts who counts points in files, in place of a sink.
func (t *trial) startFiles(at place) (err error) {
	s := t.scenario
	t.epoch = s.epoch(time.Now())
	t.sink, err = startRole(filesRole, filesSettings{Folder: at.Whisper, Series: s.series, Points: s.points, Epoch: t.epoch})
	return err
}

func (t *trial) startRelay(ctx context.Context, at place) error {
	commands, err := t.peer.settle(at)
	if err != nil {
		return err
	}
	in := map[string]string{"line": at.LineIn, "pickle": at.PickleIn, "tls": at.TLSIn, "http": at.HTTPIn, "udp": at.LineIn}[t.scenario.in]
	t.relay, t.datagrams = &relay{commands: commands, dir: t.dir, address: "127.0.0.1:" + in}, at.UDPIn
	return t.relay.start(ctx)
}

func (t *trial) startLoad(at place) (err error) {
	l := t.scenario.load()
	l.To, l.Epoch = t.relay.address, t.epoch
	if t.datagrams != "" {
		l.To = "127.0.0.1:" + t.datagrams
	}
	switch {
	case t.scenario.in == "http":
		l.Key = at.Key
	case t.peer.says("Key"):
		l.Front = front(at.Key)
	default:
		l.Front = front(at.Tenant)
	}
	if t.scenario.in == "tls" {
		l.CA = at.Cert
	}
	t.load, err = startRole(loadRole, l)
	if err != nil {
		return err
	}
	late := time.AfterFunc(preparing, func() { t.load.cmd.Process.Kill() })
	defer late.Stop()
	var prepared string
	if err := t.load.hear(&prepared); err != nil {
		return fmt.Errorf("prepare %d points on %d connections within %v: %w", l.Points, l.Connections, preparing, err)
	}
	return nil
}

// preparing bounds how long a generator makes its points, and a relay takes its
// connections.
const preparing = 3 * time.Minute

// front is what names begin with where something stands before them.
func front(node string) string {
	if node == "" {
		return ""
	}
	return node + "."
}
