package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// gate is a plumbago that is started with a configuration, asked by its admin
// socket, and may be given another configuration while it runs.
type gate struct {
	*relay
	admin http.Client
}

// newGate makes a gate in dir, which has its data, too. The configuration says
// where it takes lines; {{line}} stands for that address.
func newGate(binary, dir, configuration string) (*gate, error) {
	ports, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	g := &gate{relay: &relay{dir: dir, address: "127.0.0.1:" + ports[0]}}
	g.commands = [][]string{{binary, "serve", "--config", g.configFile()}}
	g.admin.Transport = &http.Transport{DialContext: g.dialAdmin}
	g.admin.Timeout = 30 * time.Second
	return g, g.configure(configuration)
}

// socketName is short: a socket's path may have no more than 108 bytes.
const socketName = "admin.sock"

func (g *gate) dialAdmin(ctx context.Context, _, _ string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", filepath.Join(g.dir, socketName))
}

func (g *gate) configFile() string { return filepath.Join(g.dir, "plumbago.yml") }

// configure writes the file with the configuration, which is for the next start or
// reload.
func (g *gate) configure(text string) error {
	text = strings.NewReplacer("{{line}}", "tcp://"+g.address, "{{data}}", filepath.Join(g.dir, "data"),
		"{{socket}}", filepath.Join(g.dir, socketName)).Replace(text)
	next := g.configFile() + ".next"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(next, g.configFile())
}

// reload has the gateway go over to a configuration, and waits until it has.
func (g *gate) reload(ctx context.Context, configuration string) error {
	const applied, refused = `plumbago_relay_reloads_total{result="applied"}`, `plumbago_relay_reloads_total{result="refused"}`
	before, err := g.scrape(ctx)
	if err != nil {
		return err
	}
	if err := g.configure(configuration); err != nil {
		return err
	}
	if err := g.programs[0].cmd.Process.Signal(syscall.SIGHUP); err != nil {
		return err
	}
	return g.until(ctx, "the reload", func(now counters) (bool, error) {
		if now[refused] > before[refused] {
			return false, fmt.Errorf("reload: it was refused: %s", g.lastWords())
		}
		return now[applied] > before[applied], nil
	})
}

// until asks for the counters until done says so, for a minute at most.
func (g *gate) until(ctx context.Context, what string, done func(counters) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		now, err := g.scrape(ctx)
		if err != nil && g.alive() && ctx.Err() == nil {
			err = nil // it is busy starting, or hardly gets a processor
		} else if err == nil {
			var over bool
			if over, err = done(now); over {
				return nil
			}
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w; the gateway says: %s", what, ctx.Err(), g.lastWords())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// counters are a gateway's metrics, by name and labels as they are written.
type counters map[string]float64

// scrape asks for them.
func (g *gate) scrape(ctx context.Context) (counters, error) {
	body, err := g.ask(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return readCounters(body)
}

func (g *gate) ask(ctx context.Context, path string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://gateway"+path, nil)
	if err != nil {
		return nil, err
	}
	a, err := g.admin.Do(r)
	if err != nil {
		return nil, err
	}
	if a.StatusCode != http.StatusOK {
		a.Body.Close()
		return nil, fmt.Errorf("ask for %s: %s", path, a.Status)
	}
	return a.Body, nil
}

func readCounters(r io.Reader) (counters, error) {
	c := counters{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		name, text, ok := cutLast(lines.Text(), ' ')
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		if v, err := strconv.ParseFloat(text, 64); err == nil {
			c[name] = v
		}
	}
	if len(c) == 0 && lines.Err() == nil {
		return nil, errors.New("read the metrics: there are none")
	}
	return c, lines.Err()
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// sum adds the metrics of a name, over all labels that contain with.
func (c counters) sum(name, with string) (total float64) {
	for key, v := range c {
		family, labels, _ := strings.Cut(key, "{")
		if family == name && strings.Contains(labels, with) {
			total += v
		}
	}
	return total
}

// end stops the gateway, and lets go of its admin socket.
func (g *gate) end() {
	g.admin.CloseIdleConnections()
	g.stop(2 * time.Second)
}
