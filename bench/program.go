package main

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// program is one process of a relay.
type program struct {
	cmd  *exec.Cmd
	gone chan struct{} // closed when the process has ended
}

// startProgram starts a program in a folder; what it says goes to log.
func startProgram(command []string, dir string, log *os.File) (*program, error) {
	p := &program{exec.Command(command[0], command[1:]...), make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, log, log
	p.cmd.SysProcAttr = dieWithParent()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.cmd.Wait()
		close(p.gone)
	}()
	return p, nil
}

func (p *program) alive() bool {
	select {
	case <-p.gone:
		return false
	default:
		return true
	}
}

func (p *program) kill() {
	p.cmd.Process.Kill()
	<-p.gone
}

func (p *program) stop(patience time.Duration) {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.gone:
	case <-time.After(patience):
		p.kill()
	}
}
