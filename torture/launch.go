package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// launch runs the world as a process of its own: in namespaces of its own, where
// the system lets it, so that it can mount, cut cables, and leave nothing behind.
func launch(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	dir, err := os.MkdirTemp(s.Dir, "plumbago-torture-")
	if err != nil {
		return err
	}
	s.Dir, s.Private = dir, true
	if err := s.arm(ctx); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
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

// arm makes sure of a binary, which has levers if it can be.
func (s *settings) arm(ctx context.Context) (err error) {
	const gateway = module + "cmd/plumbago"
	if s.Binary != "" {
		s.Still = "the binary is not made for it"
		_, err = os.Stat(s.Binary)
		return err
	}
	if s.Binary, err = build(ctx, gateway, s.Dir); err == nil || ctx.Err() != nil {
		return err
	}
	s.Still, s.Binary = err.Error(), filepath.Join(s.Dir, "plumbago")
	_, err = golang(ctx, "build", "-trimpath", "-o", s.Binary, gateway)
	return err
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
