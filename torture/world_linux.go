package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// isolate gives a command a network and mounts of its own.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNET | syscall.CLONE_NEWNS
}

// leash has the kernel kill a command when its parent dies.
func leash(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}

const (
	nearAddress = "10.77.0.1"
	farAddress  = "10.77.0.2"
	diskBytes   = 160 << 20
)

// ground is what a run stands on: its disk, and the network to the far ends,
// which is another one than the gateway's, at the end of a cable.
type ground struct {
	private bool
	disk    string // the folder of the gateway's data
	far     chan func()
}

// newGround builds it. Without namespaces the far ends are on loopback, and the
// disk is the system's: neither can be harmed then.
func newGround(private bool, dir string) (*ground, error) {
	g := &ground{private: private, disk: filepath.Join(dir, "disk")}
	if err := os.Mkdir(g.disk, 0o755); err != nil || !private {
		return g, err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return nil, fmt.Errorf("make the mounts private: %w", err)
	}
	if err := unix.Mount("tmpfs", g.disk, "tmpfs", 0, fmt.Sprintf("size=%d", diskBytes)); err != nil {
		return nil, fmt.Errorf("mount the disk: %w", err)
	}
	tid, err := g.openFar()
	if err != nil {
		return nil, err
	}
	return g, g.lay(tid)
}

// openFar starts the thread that lives in the far ends' network.
func (g *ground) openFar() (tid int, err error) {
	g.far = make(chan func())
	opened := make(chan error)
	go func() {
		runtime.LockOSThread()
		tid = unix.Gettid()
		opened <- unix.Unshare(unix.CLONE_NEWNET)
		for do := range g.far {
			do()
		}
	}()
	return tid, <-opened
}

// lay lays the cable between the two networks.
func (g *ground) lay(tid int) error {
	far := fmt.Sprint(tid)
	return errors.Join(
		ip("link", "set", "lo", "up"),
		ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", far),
		ip("addr", "add", nearAddress+"/30", "dev", "near"),
		ip("link", "set", "near", "up"),
		g.ipFar("link", "set", "lo", "up"),
		g.ipFar("addr", "add", farAddress+"/30", "dev", "far"),
		g.ipFar("link", "set", "far", "up"))
}

func ip(args ...string) error {
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// atFar does something in the far ends' network.
func (g *ground) atFar(do func() error) error {
	if !g.private {
		return do()
	}
	done := make(chan error)
	g.far <- func() { done <- do() }
	return <-done
}

func (g *ground) ipFar(args ...string) error {
	return g.atFar(func() error { return ip(args...) })
}

// listen listens where the far ends are.
func (g *ground) listen(address string) (l net.Listener, err error) {
	err = g.atFar(func() error {
		l, err = net.Listen("tcp", address)
		return err
	})
	return l, err
}

// farHost is the host of the far ends.
func (g *ground) farHost() string {
	if g.private {
		return farAddress
	}
	return "127.0.0.1"
}

// cut unplugs the cable, and mend plugs it in again.
func (g *ground) cut() error  { return g.ipFar("link", "set", "far", "down") }
func (g *ground) mend() error { return g.ipFar("link", "set", "far", "up") }

// fill leaves no room on the disk, and empty gives it back.
func (g *ground) fill() error {
	f, err := os.OpenFile(g.ballast(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 4 << 10} {
		block := make([]byte, size)
		for err == nil {
			_, err = f.Write(block)
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return err
		}
		err = nil
	}
	return nil
}

func (g *ground) empty() error {
	err := os.Remove(g.ballast())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// full says whether the disk is filled.
func (g *ground) full() bool {
	_, err := os.Stat(g.ballast())
	return err == nil
}

func (g *ground) ballast() string { return filepath.Join(g.disk, "ballast") }

// shifted has a command live in a time namespace whose monotonic clock is ahead
// by so many seconds, where the system can do that.
func (g *ground) shifted(seconds int, program string, args ...string) *exec.Cmd {
	unshare, err := exec.LookPath("unshare")
	if !g.private || err != nil || exec.Command(unshare, "-T", "--monotonic", "1", "--", "true").Run() != nil {
		return exec.Command(program, args...)
	}
	offset := fmt.Sprint(seconds)
	return exec.Command(unshare, append([]string{"-T", "--monotonic", offset, "--boottime", offset, "--", program}, args...)...)
}
