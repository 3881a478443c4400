package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// relay is what is under test, of one process or several. It may be ended and
// started again; what it has used is counted over all its lives.
type relay struct {
	commands [][]string
	dir      string
	address  string // where it takes points
	programs []*program
	earlier  usage // of the lives before this one
	latest   usage
}

// start starts the relay and waits until it takes connections.
func (r *relay) start(ctx context.Context) error {
	log, err := os.OpenFile(r.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	r.programs = nil
	for _, command := range r.commands {
		p, err := startProgram(command, r.dir, log)
		if err != nil {
			return err
		}
		r.programs = append(r.programs, p)
	}
	return r.waitUntilOpen(ctx)
}

func (r *relay) waitUntilOpen(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for r.alive() {
		if c, err := net.DialTimeout("tcp", r.address, time.Second); err == nil {
			return c.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("start %q: nothing listens at %s: %s", r.commands, r.address, r.lastWords())
		case <-time.After(10 * time.Millisecond):
		}
	}
	return fmt.Errorf("start %q: it ended: %s", r.commands, r.lastWords())
}

// alive says whether all of the relay still runs.
func (r *relay) alive() bool {
	for _, p := range r.programs {
		if !p.alive() {
			return false
		}
	}
	return true
}

// usage is what the relay has used so far; of a dead one, what was last seen.
func (r *relay) usage() usage {
	now := usage{}
	for _, p := range r.programs {
		u, err := readUsage(p.cmd.Process.Pid)
		if err != nil || !p.alive() {
			return r.latest
		}
		now = now.beside(u)
	}
	r.latest = now.after(r.earlier)
	return r.latest
}

// kill ends the relay at once, as kill -9 does.
func (r *relay) kill() {
	r.earlier = r.usage()
	for _, p := range r.programs {
		p.kill()
	}
}

// stop asks the relay to end, as SIGTERM does, and kills it where it has not done
// so in time.
func (r *relay) stop(patience time.Duration) {
	r.earlier = r.usage()
	for _, p := range r.programs {
		p.stop(patience)
	}
}

func (r *relay) logFile() string { return filepath.Join(r.dir, "relay.log") }

// lastWords is the end of what the relay said.
func (r *relay) lastWords() string {
	b, _ := os.ReadFile(r.logFile())
	return strings.TrimSpace(string(b[max(0, len(b)-800):]))
}

// record lets perf sample the relay into file until the returned function is
// called.
func (r *relay) record(file string) (finish func(), err error) {
	var pids []string
	for _, p := range r.programs {
		pids = append(pids, fmt.Sprint(p.cmd.Process.Pid))
	}
	perf := exec.Command("perf", "record", "-q", "-g", "-F", "999", "-o", file, "-p", strings.Join(pids, ","))
	perf.Stderr = os.Stderr
	perf.SysProcAttr = dieWithParent()
	if err := perf.Start(); err != nil {
		return nil, fmt.Errorf("start perf: %w", err)
	}
	time.Sleep(500 * time.Millisecond)
	return func() {
		perf.Process.Signal(os.Interrupt)
		perf.Wait()
	}, nil
}
