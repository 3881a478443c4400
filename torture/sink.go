package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"time"

	pickle "github.com/kisielk/og-rek"
)

// sink is a far end that counts every point that it reads, and that can be killed,
// reset its connections, stop reading, and answer what nobody asked for. What it
// has not read when a connection breaks is gone.
type sink struct {
	*arrivals
	ground            *ground
	address, protocol string
	wire              *sync.RWMutex // held by whoever cuts the cable

	mu       sync.Mutex
	listener net.Listener
	conns    map[*farConn]struct{}
	stalled  chan struct{} // closed when it goes on to read; nil: it reads
	manner   manner        // by HTTP
}

// farBuffer is what a far kernel takes of a connection that is not read: little,
// so that a sink that reads again has soon read what its kernel acknowledged long ago.
const farBuffer = 512 << 10

// up listens, at the same address as before.
func (s *sink) up() error {
	s.mu.Lock()
	address := s.address
	s.mu.Unlock()
	for end := time.Now().Add(2 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		l, err := s.ground.listen(address)
		if err != nil && time.Now().Before(end) {
			continue // a process that is being started holds our old listener for a moment
		}
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.listener = l
		if s.address != l.Addr().String() { // it was any port
			s.address = l.Addr().String()
		}
		s.mu.Unlock()
		go s.accept(l)
		return nil
	}
}

// down is kill -9: nobody listens, and all connections are gone.
func (s *sink) down() {
	s.wire.RLock() // what the far kernel holds is lost for the gateway if it hears of it too late
	defer s.wire.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener.Close()
	s.listener = nil
	s.dropConns()
}

// reset is a far end that hangs for a moment and then breaks every connection
// with an RST: what its kernel had acknowledged meanwhile is thrown away unread.
func (s *sink) reset(after time.Duration) {
	s.wire.RLock()
	defer s.wire.RUnlock()
	s.stall()
	time.Sleep(after)
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Conn.(*net.TCPConn).SetLinger(0)
	}
	s.dropConns()
	s.readOn()
}

func (s *sink) dropConns() {
	for c := range s.conns {
		c.Conn.Close()
	}
	clear(s.conns)
}

// stall has the sink accept connections and read nothing.
func (s *sink) stall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stalled == nil {
		s.stalled = make(chan struct{})
	}
}

// goOn ends it.
func (s *sink) goOn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readOn()
}

func (s *sink) readOn() {
	if s.stalled != nil {
		close(s.stalled)
		s.stalled = nil
	}
}

// halfClose ends all connections on the side of the answers, and reads on. While
// the cable is unplugged it would pass for the answer to a stream's end that is
// under way the other way: TCP cannot tell them apart.
func (s *sink) halfClose() {
	s.wire.RLock()
	defer s.wire.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Conn.(*net.TCPConn).CloseWrite()
	}
}

// babble answers with bytes that nobody asked for.
func (s *sink) babble(rng *rand.Rand) {
	b := make([]byte, 1+rng.IntN(8<<10))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		c.Conn.Write(b)
		c.Conn.SetWriteDeadline(time.Time{})
	}
}

func (s *sink) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.listener == l {
			c.(*net.TCPConn).SetReadBuffer(farBuffer)
			f := &farConn{c, s}
			s.conns[f] = struct{}{}
			go s.serve(f)
		} else {
			c.Close() // it went down meanwhile
		}
		s.mu.Unlock()
	}
}

func (s *sink) serve(c *farConn) {
	r := bufio.NewReaderSize(c, 64<<10)
	switch s.protocol {
	case "line":
		s.readLines(r)
	case "pickle":
		s.readPickles(r)
	case "http":
		s.readRequests(r, c)
	}
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	c.Close()
}

// farConn reads while its sink does.
type farConn struct {
	net.Conn
	sink *sink
}

func (c *farConn) Read(b []byte) (int, error) {
	c.sink.mu.Lock()
	stalled := c.sink.stalled
	c.sink.mu.Unlock()
	if stalled != nil {
		<-stalled
	}
	return c.Conn.Read(b)
}

// readLines takes whole lines; a piece that ends with its connection is none.
func (s *sink) readLines(r *bufio.Reader) {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		s.take(bytes.TrimSuffix(line, []byte("\n")))
	}
}

func (s *sink) readPickles(r *bufio.Reader) {
	for {
		var length uint32
		if binary.Read(r, binary.BigEndian, &length) != nil {
			return
		}
		if length > 1<<20 {
			s.complain(fmt.Sprintf("a frame of %d bytes: carbon's receiver takes 1 MiB", length))
			return
		}
		frame := make([]byte, length)
		if _, err := io.ReadFull(r, frame); err != nil {
			return
		}
		if err := s.takeFrame(frame); err != nil {
			s.complain(err.Error())
			return
		}
	}
}

// takeFrame reads a pickle by another implementation than the gateway's.
func (s *sink) takeFrame(frame []byte) error {
	v, err := pickle.NewDecoder(bytes.NewReader(frame)).Decode()
	if err != nil {
		return fmt.Errorf("a frame that is no pickle: %w", err)
	}
	items, ok := v.([]any)
	if !ok {
		return fmt.Errorf("a frame holds %T, want a list", v)
	}
	for _, item := range items {
		line, ok := itemLine(item)
		if !ok {
			return fmt.Errorf("a pickled item is %v, want (name, (time, value))", item)
		}
		s.take(line)
	}
	return nil
}

func itemLine(item any) ([]byte, bool) {
	pair, _ := item.(pickle.Tuple)
	if len(pair) != 2 {
		return nil, false
	}
	name, named := pair[0].(string)
	point, _ := pair[1].(pickle.Tuple)
	if !named || len(point) != 2 {
		return nil, false
	}
	return fmt.Appendf(nil, "%s %s %s", name, number(point[1]), number(point[0])), true
}

// number writes a pickled number without an exponent.
func number(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}
