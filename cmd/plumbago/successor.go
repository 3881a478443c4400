package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/plumbago/plumbago/internal/handover"
	"github.com/plumbago/plumbago/receive"
	"golang.org/x/sys/unix"
)

// successor is a process that is to take the place of this one.
type successor struct {
	cmd       *exec.Cmd
	line      *handover.Line
	ended     chan struct{} // closed when the process is gone
	listeners []string      // names of those that it has
	sockets   []*os.File    // copies of what it was handed, in case it comes to nothing
	began     time.Time     // when this process began to give way
}

// socketConn is a socket by its descriptor.
type socketConn = syscall.Conn

// startSuccessor starts the program with the arguments of this process.
func startSuccessor() (*successor, error) {
	path, err := program()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path)
	cmd.Args = os.Args
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "WATCHDOG_PID=") { // the watchdog is for whoever is the main process
			cmd.Env = append(cmd.Env, e)
		}
	}
	s := &successor{cmd: cmd, ended: make(chan struct{})}
	if s.line, err = handover.Start(cmd); err != nil {
		return nil, fmt.Errorf("start the new process: %w", err)
	}
	go func() {
		_ = cmd.Wait() // its state says how it ended
		close(s.ended)
	}()
	return s, nil
}

func (s *successor) pid() int { return s.cmd.Process.Pid }

// hand gives the successor a listening socket, and keeps a copy.
func (s *successor) hand(name string, socket socketConn) error {
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	var fd int
	if e := raw.Control(func(of uintptr) { fd, err = unix.FcntlInt(of, unix.F_DUPFD_CLOEXEC, 0) }); e != nil || err != nil {
		return errors.Join(e, err)
	}
	f := os.NewFile(uintptr(fd), name)
	s.sockets = append(s.sockets, f)
	return s.line.Send(handover.Message{Kind: sayListener, Name: name}, f)
}

// hear waits for what the successor has to say now.
func (s *successor) hear(kind string) (handover.Message, error) {
	m, err := s.line.Receive()
	if err == nil && m.Kind != kind {
		err = fmt.Errorf("it said %q: want %q", m.Kind, kind)
	}
	return m, err
}

// crown hands over the connections and the queues. On return without an error the
// successor is the gateway.
func (s *successor) crown(left []receive.Left) error {
	s.line.Within(takePatience)
	for _, l := range left {
		state, err := json.Marshal(l.State)
		if err != nil {
			return err
		}
		socket, ok := l.Conn.(socketConn)
		if !ok {
			return fmt.Errorf("a connection of %s is no socket", l.Listener)
		}
		if err := s.line.Send(handover.Message{Kind: sayConnection, Name: l.Listener, Data: state}, socket); err != nil {
			return fmt.Errorf("hand a connection over: %w", err)
		}
	}
	if err := s.line.Send(handover.Message{Kind: sayTakeOver}, nil); err != nil {
		return fmt.Errorf("hand the queues over: %w", err)
	}
	_, err := s.hear(sayReady)
	return err
}

// passOn has the successor reload for each SIGHUP that nobody obeyed: it may have read
// the configuration before it changed. What ends it passes on what came until then.
func (s *successor) passOn(signals <-chan os.Signal) (end func()) {
	pass := func(one os.Signal) {
		if one == syscall.SIGHUP {
			_ = s.cmd.Process.Signal(one) // one that is gone needs none
		}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case one := <-signals:
				pass(one)
			case <-stop:
				for len(signals) > 0 {
					pass(<-signals)
				}
				return
			}
		}
	}()
	return func() { close(stop); <-stopped }
}

// release lets the successor go on by itself.
func (s *successor) release() {
	s.line.Close()
	for _, f := range s.sockets {
		f.Close()
	}
}

// abandon ends a successor that did not become the gateway. It is gone on return: it
// holds no queue any more.
func (s *successor) abandon() {
	s.line.Close()
	_ = s.cmd.Process.Kill() // which may have ended by itself
	<-s.ended
}

// fate is how the process ended.
func (s *successor) fate() string {
	<-s.ended
	return s.cmd.ProcessState.String()
}

// lookUp finds a program as the shell would have, by its absolute path.
func lookUp(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", err
	}
	return filepath.Abs(path)
}
