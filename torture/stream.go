package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// try is a run of points that a client handed to the kernel, or posted.
type try struct {
	first, end  int
	began, done time.Time // done is zero if it did not come to an end
	dialled     time.Time // when its connection was made
}

// stream is a client, killed and started again, and the ledger of what it sent.
type stream struct {
	sending
	listener string // as the gateway's metrics call it

	mu      sync.Mutex
	cmd     *exec.Cmd
	orders  io.WriteCloser
	ended   chan struct{}
	paused  chan struct{}
	tries   []try
	dialled time.Time
}

// start runs the client, from the first point on that no client can have sent.
func (s *stream) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.First = s.made()
	s.cmd = ownRole(context.Background(), sendRole, s.sending)
	s.cmd.Stderr = os.Stderr
	told, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if s.orders, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	s.ended, s.paused = make(chan struct{}), make(chan struct{}, 1)
	if err := s.cmd.Start(); err != nil {
		return err
	}
	go s.listen(told, s.cmd, s.ended)
	return nil
}

// listen fills in the ledger until the client is gone.
func (s *stream) listen(told io.Reader, cmd *exec.Cmd, ended chan struct{}) {
	for lines := bufio.NewScanner(told); lines.Scan(); {
		s.note(lines.Text())
	}
	cmd.Wait()
	close(ended)
}

func (s *stream) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var word string
	var a, b int
	var at int64
	switch fmt.Sscan(line, &word); word {
	case "dial":
		fmt.Sscan(line, &word, &at)
		s.dialled = time.Unix(0, at)
	case "try":
		fmt.Sscan(line, &word, &a, &b, &at)
		s.tries = append(s.tries, try{first: a, end: b, began: time.Unix(0, at), dialled: s.dialled})
	case "ok":
		fmt.Sscan(line, &word, &a, &b, &at)
		s.tries[len(s.tries)-1].done = time.Unix(0, at)
	case "paused":
		select {
		case s.paused <- struct{}{}:
		default:
		}
	}
}

// kill is kill -9.
func (s *stream) kill() {
	s.mu.Lock()
	cmd, ended := s.cmd, s.ended
	s.mu.Unlock()
	cmd.Process.Kill()
	<-ended
}

// pause waits until the client sends nothing any more.
func (s *stream) pause() error {
	s.mu.Lock()
	select {
	case <-s.paused:
	default:
	}
	io.WriteString(s.orders, "pause\n")
	s.mu.Unlock()
	select {
	case <-s.paused:
		return nil
	case <-time.After(longest + 5*time.Second):
		return fmt.Errorf("the client %s does not come to rest", s.Stream)
	}
}

func (s *stream) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	io.WriteString(s.orders, "go\n")
}

// bound is the number after the last point that may have been sent.
func (s *stream) bound() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.made()
}

// made is bound while s.mu is held.
func (s *stream) made() int {
	if n := len(s.tries); n > 0 {
		return s.tries[n-1].end
	}
	return 0
}

// ledger returns what was sent so far. Its last entry may yet change if the client
// is not at rest.
func (s *stream) ledger() []try {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries[:len(s.tries):len(s.tries)]
}

// since returns the tries of connections made at a time or later; by HTTP and UDP,
// those that began then.
func (s *stream) since(at time.Time) (tries []try) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.tries); i > 0 && !s.tries[i-1].life().Before(at); i-- {
		tries = s.tries[i-1:]
	}
	return slices.Clone(tries)
}
