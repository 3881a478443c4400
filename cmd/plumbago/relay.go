package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/config/carbonconf"
)

// relayCommand takes the place of carbon-relay.py: its files, its options, its
// actions.
type relayCommand struct {
	Config    string `placeholder:"FILE" help:"carbon.conf; otherwise that of GRAPHITE_CONF_DIR or GRAPHITE_ROOT."`
	Instance  string `default:"${carbon_instance}" help:"Which relay of the file: [relay:INSTANCE] is read after [relay] (${default})."`
	Rules     string `placeholder:"FILE" help:"Instead of relay-rules.conf."`
	Whitelist string `placeholder:"FILE" help:"Instead of whitelist.conf."`
	Blacklist string `placeholder:"FILE" help:"Instead of blacklist.conf."`
	Pidfile   string `placeholder:"FILE" help:"Where the process's number goes, instead of PID_DIR."`
	Logdir    string `placeholder:"DIR" help:"Where console.log goes, of a process in the background, instead of LOG_DIR."`
	Debug     bool   `help:"Log more; stay in the foreground."`
	Nodaemon  bool   `help:"Stay in the foreground, which is also what happens without an action."`

	DataDir string `placeholder:"DIR" help:"plumbago's queues; otherwise a folder in STORAGE_DIR."`
	Admin   string `placeholder:"ADDRESS" help:"A door for operators on loopback, such as tcp://127.0.0.1:8090; carbon has none."`
	LF      bool   `help:"End lines that are sent by LF instead of carbon's CR LF."`

	Action string `arg:"" optional:"" enum:"start,stop,status," default:"" help:"start (in the background unless --nodaemon), stop or status."`
}

// stopPatience is how long a relay may take to end: it promises 10 s.
const stopPatience = 15 * time.Second

func (c *relayCommand) Run(ctx context.Context, s streams) error {
	switch c.Action {
	case "stop":
		return c.stop(ctx)
	case "status":
		return c.status(s.out)
	case "start":
		if !c.Nodaemon && !c.Debug {
			return c.background(ctx)
		}
	}
	return c.foreground(ctx, s)
}

// files are the options as carbon's files want them.
func (c *relayCommand) files() carbonFiles {
	f := carbonFiles{
		Options: carbonconf.Options{
			Path: c.Config, Instance: c.Instance, Rules: c.Rules, Whitelist: c.Whitelist, Blacklist: c.Blacklist,
			PIDFile: c.Pidfile, LogDir: c.Logdir, Env: os.Getenv,
		},
		dataDir: c.DataDir, admin: c.Admin, lf: c.LF, log: config.Log{Format: "text"},
	}
	if c.Debug {
		f.log.Level = slog.LevelDebug
	}
	return f
}

func (c *relayCommand) foreground(ctx context.Context, s streams) error {
	g, err := openGateway(func() (*setup, error) { return fromCarbon(c.files()) }, s.err)
	if err != nil {
		return err
	}
	if file := g.setup.pidFile; file != "" {
		if err := writePID(file); err != nil {
			return errors.Join(fmt.Errorf("write the process's number: %w", err), g.relay.Close(), g.admin.Close())
		}
		defer removePID(file)
	}
	return g.run(ctx)
}

// background starts this program again, without a terminal, and returns when it
// runs.
func (c *relayCommand) background(ctx context.Context) error {
	found, err := fromCarbon(c.files())
	if err != nil {
		return err
	}
	if pid, err := found.running().pid(); err == nil {
		return fmt.Errorf("start: already running, as process %d", pid)
	}
	if err := os.MkdirAll(found.logDir, 0o755); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	console, err := os.OpenFile(filepath.Join(found.logDir, "console.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer console.Close()
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	child := exec.Command(self, append(os.Args[1:len(os.Args):len(os.Args)], "--nodaemon")...)
	child.Stdout, child.Stderr = console, console
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	return awaitStart(ctx, child, found.running(), console.Name())
}

// awaitStart returns when the process has written its number, or ended.
func awaitStart(ctx context.Context, child *exec.Cmd, running runningFiles, log string) error {
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	for {
		if pid, err := running.pid(); err == nil && pid == child.Process.Pid {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("start: it ended at once (%v): see %s", err, log)
		case <-ctx.Done():
			return errors.Join(ctx.Err(), child.Process.Signal(syscall.SIGTERM))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (c *relayCommand) stop(ctx context.Context) error {
	running, err := c.files().running()
	if err != nil {
		return err
	}
	pid, err := running.pid()
	if err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop process %d: %w", pid, err)
	}
	for deadline := time.Now().Add(stopPatience); time.Now().Before(deadline); {
		if syscall.Kill(pid, 0) != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("stop: process %d has not ended within %s", pid, stopPatience)
}

func (c *relayCommand) status(w io.Writer) error {
	running, err := c.files().running()
	if err != nil {
		return err
	}
	pid, err := running.pid()
	if err != nil {
		fmt.Fprintf(w, "plumbago relay (instance %s) is not running\n", c.Instance)
		return errTold
	}
	_, err = fmt.Fprintf(w, "plumbago relay (instance %s) is running with pid %d\n", c.Instance, pid)
	return err
}
