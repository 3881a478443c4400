package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// launch runs the world as a process of its own: in namespaces of its own, where
// the system lets it, so that it can mount, cut cables, and leave nothing behind.
func launch(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	if _, err := os.Stat(s.Binary); err != nil {
		return fmt.Errorf("%w (`make build` makes bin/plumbago)", err)
	}
	dir, err := os.MkdirTemp(s.Dir, "plumbago-torture-")
	if err != nil {
		return err
	}
	s.Dir, s.Private = dir, true
	cmd := worldCommand(ctx, s, stdout, stderr)
	isolate(cmd)
	err = cmd.Start()
	if err != nil {
		s.Private = false
		cmd = worldCommand(ctx, s, stdout, stderr)
		err = cmd.Start()
	}
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		return fmt.Errorf("the run with seed %d, whose files are in %s: %w", s.Seed, dir, err)
	}
	return os.RemoveAll(dir)
}

func worldCommand(ctx context.Context, s settings, stdout, stderr io.Writer) *exec.Cmd {
	cmd := ownRole(ctx, worldRole, s)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 30 * time.Second
	return cmd
}

// ownRole is this program in another role. It ends with this process.
func ownRole(ctx context.Context, role string, set any) *exec.Cmd {
	text, err := json.Marshal(set)
	if err != nil {
		panic(err) // settings are plain data
	}
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	if self, err := os.Executable(); err == nil {
		cmd.Path = self
	}
	cmd.Env = append(os.Environ(), roleVariable+"="+role, settingsVariable+"="+string(text))
	leash(cmd)
	return cmd
}
