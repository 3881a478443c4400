package e2e_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	pickle "github.com/kisielk/og-rek"
)

// sink is a far end that counts every line it is given, and that can die, reset
// its connections, or stop reading. A piece of a line that ends with its
// connection is no line.
type sink struct {
	t                 *testing.T
	address, protocol string

	hangs atomic.Bool

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]struct{}
	stalled  bool
	arrived  map[string]int
	damaged  []string
}

// newSink listens for points in protocol, "line" or "pickle".
func newSink(t *testing.T, protocol string) *sink {
	t.Helper()
	s := &sink{t: t, address: freeAddress(t), protocol: protocol, conns: map[net.Conn]struct{}{}, arrived: map[string]int{}}
	s.up()
	t.Cleanup(s.down)
	return s
}

func (s *sink) up() {
	s.t.Helper()
	l, err := listenAgain(s.address)
	if err != nil {
		s.t.Errorf("the sink: %v", err)
		return
	}
	s.mu.Lock()
	s.listener = l
	s.mu.Unlock()
	go s.accept(l)
}

// down is the far end's crash: nobody listens, all connections are gone.
func (s *sink) down() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		s.listener.Close()
		s.listener = nil
	}
	s.dropConnections()
}

// reset is a far end that hangs for a moment and then breaks every connection
// with an RST: what its kernel had acknowledged meanwhile is thrown away unread.
func (s *sink) reset() {
	s.hangs.Store(true)
	defer s.hangs.Store(false)
	time.Sleep(100 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.(*net.TCPConn).SetLinger(0)
	}
	s.dropConnections()
}

// stall makes a far end that accepts connections and never reads from them.
func (s *sink) stall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stalled = true
	s.dropConnections()
}

func (s *sink) dropConnections() {
	for c := range s.conns {
		c.Close()
	}
	clear(s.conns)
}

func (s *sink) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.welcome(l, c)
	}
}

func (s *sink) welcome(l net.Listener, c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != l {
		c.Close() // it went down meanwhile
		return
	}
	s.conns[c] = struct{}{}
	if s.stalled {
		c.(*net.TCPConn).SetReadBuffer(4096)
	} else {
		go s.read(c)
	}
}

func (s *sink) read(c net.Conn) {
	read := s.readLines
	if s.protocol == "pickle" {
		read = s.readPickles
	}
	err := read(bufio.NewReaderSize(reader{c, s}, 64<<10))
	s.mu.Lock()
	defer s.mu.Unlock()
	if damage := new(damageError); errors.As(err, damage) {
		s.damaged = append(s.damaged, err.Error())
	}
	delete(s.conns, c)
	c.Close()
}

// reader reads from a connection unless its sink hangs.
type reader struct {
	net.Conn
	sink *sink
}

func (r reader) Read(b []byte) (int, error) {
	for r.sink.hangs.Load() {
		time.Sleep(time.Millisecond)
	}
	return r.Conn.Read(b)
}

// damageError tells of bytes that no correct sender sends.
type damageError struct{ error }

func (s *sink) readLines(r *bufio.Reader) error {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		s.take(strings.TrimSuffix(line, "\n"))
	}
}

func (s *sink) readPickles(r *bufio.Reader) error {
	for {
		var length uint32
		if err := binary.Read(r, binary.BigEndian, &length); err != nil {
			return err
		}
		if length > 1<<20 {
			return damageError{fmt.Errorf("a frame of %d bytes: carbon's receiver takes 1 MiB", length)}
		}
		frame := make([]byte, length)
		if _, err := io.ReadFull(r, frame); err != nil {
			return err
		}
		lines, err := unpickle(string(frame))
		if err != nil {
			return damageError{err}
		}
		s.take(lines...)
	}
}

func (s *sink) take(lines ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range lines {
		s.arrived[l]++
	}
}

// unpickle turns a frame into lines, by another implementation than ours.
func unpickle(frame string) (lines []string, err error) {
	v, err := pickle.NewDecoder(strings.NewReader(frame)).Decode()
	if err != nil {
		return nil, fmt.Errorf("unpickle %q: %w", frame, err)
	}
	items, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("a frame holds %T, want a list", v)
	}
	for _, item := range items {
		l, err := itemLine(item)
		if err != nil {
			return nil, err
		}
		lines = append(lines, l)
	}
	return lines, nil
}

func itemLine(item any) (string, error) {
	pair, _ := item.(pickle.Tuple)
	if len(pair) == 2 {
		name, named := pair[0].(string)
		point, _ := pair[1].(pickle.Tuple)
		if named && len(point) == 2 {
			return fmt.Sprint(name, " ", number(point[1]), " ", number(point[0])), nil
		}
	}
	return "", fmt.Errorf("a pickled item is %v, want (name, (timestamp, value))", item)
}

// number writes a pickled number without an exponent; lines of whole numbers
// look as they did before they were pickled.
func number(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// has reports whether line has arrived.
func (s *sink) has(line string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arrived[line] > 0
}

// distinct is the number of different lines that have arrived.
func (s *sink) distinct() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.arrived)
}

// lines returns every line that has arrived, once.
func (s *sink) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := make([]string, 0, len(s.arrived))
	for l := range s.arrived {
		lines = append(lines, l)
	}
	return lines
}

// repeated is how often a line arrived that had arrived before.
func (s *sink) repeated() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, times := range s.arrived {
		n += times - 1
	}
	return n
}

// checkUndamaged fails the test if anything arrived that no correct sender sends.
func (s *sink) checkUndamaged() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.damaged {
		s.t.Errorf("the far end was sent damaged bytes: %s", d)
	}
}

func (s *sink) await(within time.Duration, line string) {
	s.t.Helper()
	eventually(s.t, within, fmt.Sprintf("%q at the sink", line), func() bool { return s.has(line) })
}
