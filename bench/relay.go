package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// relay is the process under test. It may be ended and started again; what it
// has used is counted over all its lives.
type relay struct {
	command []string
	dir     string
	address string // where it takes points
	cmd     *exec.Cmd
	gone    chan struct{} // closed when the process has ended
	earlier usage         // of the lives before this one
	latest  usage
}

// start starts the relay and waits until it takes connections.
func (r *relay) start(ctx context.Context) error {
	log, err := os.OpenFile(r.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	r.cmd = exec.Command(r.command[0], r.command[1:]...)
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = r.dir, log, log
	r.cmd.SysProcAttr = dieWithParent()
	if err := r.cmd.Start(); err != nil {
		return err
	}
	r.gone = make(chan struct{})
	go func() {
		r.cmd.Wait()
		close(r.gone)
	}()
	return r.waitUntilOpen(ctx)
}

func (r *relay) waitUntilOpen(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		if c, err := net.DialTimeout("tcp", r.address, time.Second); err == nil {
			return c.Close()
		}
		select {
		case <-r.gone:
			return fmt.Errorf("start %q: it ended: %s", r.command, r.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("start %q: nothing listens at %s: %s", r.command, r.address, r.lastWords())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// alive says whether the process still runs.
func (r *relay) alive() bool {
	select {
	case <-r.gone:
		return false
	default:
		return true
	}
}

// usage is what the relay has used so far; of a dead one, what was last seen.
func (r *relay) usage() usage {
	if r.alive() {
		if u, err := readUsage(r.cmd.Process.Pid); err == nil {
			r.latest = u.after(r.earlier)
		}
	}
	return r.latest
}

// kill ends the relay at once, as kill -9 does.
func (r *relay) kill() {
	r.earlier = r.usage()
	r.cmd.Process.Kill()
	<-r.gone
}

// stop asks the relay to end, as SIGTERM does, and kills it where it has not done
// so in time.
func (r *relay) stop(patience time.Duration) {
	r.earlier = r.usage()
	r.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.gone:
	case <-time.After(patience):
		r.cmd.Process.Kill()
		<-r.gone
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
	perf := exec.Command("perf", "record", "-q", "-g", "-F", "999", "-o", file, "-p", fmt.Sprint(r.cmd.Process.Pid))
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
