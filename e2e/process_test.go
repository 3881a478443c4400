package e2e_test

import (
	"bytes"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a program under test or a peer. It ends with its test at the
// latest; what it said is shown if the test failed.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	output output
	ended  chan struct{} // closed when the process is gone
}

// start runs cmd in the background.
func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.output, &p.output
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", cmd.Path, err)
	}
	go func() {
		cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.finish)
	return p
}

func (p *process) finish() {
	p.kill()
	if p.t.Failed() {
		p.t.Logf("%s (process %d) said:\n%s", p.cmd.Path, p.cmd.Process.Pid, p.output.tail(8<<10))
	}
}

// kill is kill -9.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("signal %v to %s: %v", s, p.cmd.Path, err)
	}
}

func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// wait returns the exit status of a process that has to end by itself (-1: by a
// signal).
func (p *process) wait(within time.Duration) int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(within):
		p.t.Fatalf("%s still runs after %v", p.cmd.Path, within)
	}
	return p.cmd.ProcessState.ExitCode()
}

// output collects what a process says.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func (o *output) contains(s string) bool { return strings.Contains(o.String(), s) }

func (o *output) tail(n int) string {
	s := o.String()
	return s[max(0, len(s)-n):]
}

// program finds a peer's program, of the Debian package named.
func program(t *testing.T, name, debian string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is not installed (Debian package %s): e2e/install-peers.sh installs what these tests talk to", name, debian)
	}
	return path
}

// eventually waits until ok, looking often.
func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}
