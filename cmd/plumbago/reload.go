package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/plumbago/plumbago/relay"
)

// reloadCommand has a running gateway take up its configuration anew.
type reloadCommand struct {
	Config   string `short:"c" required:"" placeholder:"FILE" help:"The running gateway's configuration: plumbago.yml or carbon.conf."`
	Instance string `default:"${carbon_instance}" help:"For carbon.conf: the instance."`
	DataDir  string `placeholder:"DIR" help:"Its data folder, where that is not what the configuration says."`
}

// reloadPatience is how long a gateway may take to go over.
const reloadPatience = 30 * time.Second

// Run checks the file before it disturbs anybody, asks the gateway by SIGHUP, and
// tells what came of it.
func (c *reloadCommand) Run(ctx context.Context, s streams) error {
	fresh, err := readInstance(c.Config, c.Instance)
	if err != nil {
		return err
	}
	if fresh.flaws != nil {
		return usageError{fmt.Errorf("read %s: %w", c.Config, layOut(fresh.flaws))}
	}
	running := fresh.running()
	if c.DataDir != "" {
		running.dir = c.DataDir
	}
	pid, err := running.pid()
	if err != nil {
		return fmt.Errorf("reload: the gateway with data in %s: %w", running.dir, err)
	}
	before := running.told()
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
		return fmt.Errorf("reload: signal process %d: %w", pid, err)
	}
	o, err := c.await(ctx, running, before)
	if err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	if o.Error != "" {
		return fmt.Errorf("reload refused, nothing changed: %s", o.Error)
	}
	c.print(s.out, o.Changes, tenantNames(fresh.relay))
	return nil
}

// print says what came of a reload that was not refused.
func (c *reloadCommand) print(w io.Writer, o relay.Changes, tenants []string) {
	for _, part := range []struct {
		what  string
		names []string
	}{
		{"destinations added", o.Added}, {"destinations removed", o.Removed},
		{"destinations connected anew", o.Reconnected}, {"destinations kept", o.Kept},
		{"listeners opened", o.Opened}, {"listeners closed", o.Closed},
		{"tenants in force", tenants}, {"taken up at the next start", o.AtRestart},
	} {
		if len(part.names) > 0 {
			fmt.Fprintf(w, "%s: %s\n", part.what, strings.Join(part.names, ", "))
		}
	}
}

func (c *reloadCommand) await(ctx context.Context, r runningFiles, before reloadOutcome) (reloadOutcome, error) {
	for deadline := time.Now().Add(reloadPatience); time.Now().Before(deadline); {
		if o := r.told(); !o.At.Equal(before.At) {
			return o, nil
		}
		select {
		case <-ctx.Done():
			return reloadOutcome{}, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return reloadOutcome{}, errors.New("no answer from the gateway within 30s: see its log")
}
