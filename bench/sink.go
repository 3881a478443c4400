package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"
)

// sink is a destination that counts what comes, or several that count together. It
// can be taken down and up again at the same addresses.
type sink struct {
	addresses []string
	protocol  string
	cert      certificate // none without TLS

	mu        sync.Mutex
	tally     *tally
	listeners []net.Listener
	open      map[net.Conn]bool
	readers   sync.WaitGroup
}

// listenSink starts a sink at some port, or at several.
func listenSink(protocol string, t *tally, cert certificate, ports int) (*sink, error) {
	if protocol != "line" && protocol != "pickle" {
		return nil, fmt.Errorf("listen for %q: want line or pickle", protocol)
	}
	s := &sink{addresses: slices.Repeat([]string{"127.0.0.1:0"}, ports), protocol: protocol, cert: cert, tally: t, open: map[net.Conn]bool{}}
	if err := s.up(); err != nil {
		return nil, err
	}
	for i, l := range s.listeners {
		s.addresses[i] = l.Addr().String()
	}
	return s, nil
}

// count is a snapshot.
func (s *sink) count() count {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tally.count
}

// up listens.
func (s *sink) up() error {
	for _, address := range s.addresses {
		if err := s.listen(address); err != nil {
			return err
		}
	}
	return nil
}

// listen is patient: the port may be held for a moment.
func (s *sink) listen(address string) error {
	for tries := 0; ; tries++ {
		l, err := s.cert.listen(address)
		if err == nil {
			s.mu.Lock()
			s.listeners = append(s.listeners, l)
			s.mu.Unlock()
			s.readers.Go(func() { s.accept(l) })
			return nil
		}
		if tries == 20 {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// down is a destination's crash: no listener, no connection, and what was not
// yet read is gone.
func (s *sink) down() {
	s.mu.Lock()
	for _, l := range s.listeners {
		l.Close()
	}
	s.listeners = nil
	s.hangUp()
	s.mu.Unlock()
	s.readers.Wait()
}

// reset breaks all connections, without a word; the listener stays.
func (s *sink) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		if t, ok := c.(*tls.Conn); ok {
			c = t.NetConn()
		}
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
	s.hangUp()
}

// hangUp closes all connections; s.mu is held.
func (s *sink) hangUp() {
	for c := range s.open {
		c.Close()
	}
	clear(s.open)
}

func (s *sink) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		if s.register(l, c) {
			s.readers.Go(func() { s.read(c) })
		}
	}
}

// register remembers a connection, or closes it where the sink went down
// meanwhile.
func (s *sink) register(l net.Listener, c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.listeners, l) {
		c.Close()
		return false
	}
	s.open[c] = true
	return true
}

// read counts what comes on one connection. What is incomplete at its end is no
// point, and no damage either: the relay has to send it again.
func (s *sink) read(c net.Conn) {
	defer c.Close()
	buf, held := make([]byte, maxFrame+4), 0
	for {
		n, err := c.Read(buf[held:])
		if err != nil || n == 0 {
			return
		}
		held += n
		used, err := s.consume(buf[:held])
		if err != nil {
			return
		}
		held = copy(buf, buf[used:held])
	}
}

func (s *sink) consume(b []byte) (used int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now().UnixNano()
	if s.protocol == "pickle" {
		return s.tally.frames(b, now)
	}
	return s.tally.lines(b, now)
}
