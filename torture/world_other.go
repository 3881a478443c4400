//go:build !linux

package main

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

func isolate(cmd *exec.Cmd) { cmd.Path = "" } // cannot be had here

func leash(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{} }

// ground is what a run stands on: loopback and the system's disk.
type ground struct {
	private bool
	disk    string
}

func newGround(_ bool, dir string) (*ground, error) {
	g := &ground{disk: filepath.Join(dir, "disk")}
	return g, os.Mkdir(g.disk, 0o755)
}

func (g *ground) listen(address string) (net.Listener, error) { return net.Listen("tcp", address) }
func (g *ground) farHost() string                             { return "127.0.0.1" }

func (g *ground) cut() error   { return errors.ErrUnsupported }
func (g *ground) mend() error  { return nil }
func (g *ground) fill() error  { return errors.ErrUnsupported }
func (g *ground) empty() error { return nil }
func (g *ground) full() bool   { return false }

func (g *ground) shifted(_ int, program string, args ...string) *exec.Cmd {
	return exec.Command(program, args...)
}
