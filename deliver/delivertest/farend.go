package delivertest

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// farEnd is what the destination under test connects to: a listener whose
// manners are those of the scenario.
type farEnd struct {
	t       *testing.T
	harness Harness
	address string

	mu      sync.Mutex
	manners manners
	ln      net.Listener
	stopped bool
	conns   map[net.Conn]bool
	count   int
	got     map[string]int
	order   []string
	running sync.WaitGroup
}

// manners treat the connection with the number n, counted from 0, over which
// points come by talk. They return when they are done with it; it is closed then.
type manners func(n int, c *net.TCPConn, talk net.Conn, serve func(net.Conn))

func newFarEnd(t *testing.T, h Harness, m manners) *farEnd {
	f := &farEnd{t: t, harness: h, manners: m, got: map[string]int{}, conns: map[net.Conn]bool{}, address: "127.0.0.1:0"}
	f.start()
	t.Cleanup(f.stop)
	return f
}

// start listens, on the same port each time.
func (f *farEnd) start() {
	ln, err := net.Listen("tcp", f.address)
	if err != nil {
		f.t.Fatalf("listen again: %v", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ln, f.address, f.stopped = ln, ln.Addr().String(), false
	f.running.Go(func() { f.accept(ln) })
}

// stop closes the listener and resets what is connected.
func (f *farEnd) stop() {
	f.mu.Lock()
	f.ln.Close()
	f.stopped = true
	for c := range f.conns {
		reset(c.(*net.TCPConn))
	}
	f.mu.Unlock()
	f.running.Wait()
}

func (f *farEnd) accept(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		if n, ok := f.admit(c); ok {
			f.running.Go(func() { f.use(n, c.(*net.TCPConn)) })
		}
	}
}

// admit gives a connection its number. One that was accepted just before the stop is
// reset with the others.
func (f *farEnd) admit(c net.Conn) (n int, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped {
		reset(c.(*net.TCPConn))
		return 0, false
	}
	f.conns[c] = true
	f.count++
	return f.count - 1, true
}

func (f *farEnd) use(n int, c *net.TCPConn) {
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.conns, c)
		c.Close()
	}()
	talk, err := f.greet(c)
	if err != nil {
		return
	}
	f.manners(n, c, talk, func(c net.Conn) { f.harness.Serve(c, f.take) })
}

func (f *farEnd) greet(c *net.TCPConn) (net.Conn, error) {
	if f.harness.Greet == nil {
		return c, nil
	}
	return f.harness.Greet(c)
}

func (f *farEnd) take(point string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got[point]++
	f.order = append(f.order, point)
}

// connections returns how many there were so far.
func (f *farEnd) connections() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count
}

// points returns how many points came, those that came again included.
func (f *farEnd) points() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.order)
}

// missing returns those of want that never came.
func (f *farEnd) missing(want []string) (missing []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range want {
		if f.got[p] == 0 {
			missing = append(missing, p)
		}
	}
	return missing
}

// reset ends a connection without any manners: what was not read is lost.
func reset(c *net.TCPConn) {
	c.SetLinger(0)
	c.Close()
}

// attentive reads and closes when the other side does.
func attentive(_ int, _ *net.TCPConn, talk net.Conn, serve func(net.Conn)) { serve(talk) }

// deaf never reads, until the far end is stopped.
func deaf(_ int, c *net.TCPConn, _ net.Conn, _ func(net.Conn)) {
	for {
		if err := c.SetKeepAlive(true); err != nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// narrow gives the kernel little room for what is not read. With less room than
// a few of loopback's large packets the connection would crawl.
func narrow(m manners) manners {
	return func(n int, c *net.TCPConn, talk net.Conn, serve func(net.Conn)) {
		c.SetReadBuffer(256 << 10)
		m(n, c, talk, serve)
	}
}

// slow reads a little at a time.
func slow(_ int, _ *net.TCPConn, talk net.Conn, serve func(net.Conn)) { serve(slowConn{talk}) }

type slowConn struct{ net.Conn }

func (c slowConn) Read(b []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return c.Conn.Read(b[:min(len(b), 8<<10)])
}

// resetting reads, and resets each connection after d.
func resetting(d time.Duration) manners {
	return func(_ int, c *net.TCPConn, talk net.Conn, serve func(net.Conn)) {
		timer := time.AfterFunc(d, func() { reset(c) })
		defer timer.Stop()
		serve(talk)
	}
}

// lying lets its kernel acknowledge what comes on the first connections, and
// resets them without having read it; it is attentive from then on.
func lying(times int, d time.Duration) manners {
	return func(n int, c *net.TCPConn, talk net.Conn, serve func(net.Conn)) {
		if n >= times {
			serve(talk)
			return
		}
		time.Sleep(d)
		reset(c)
	}
}

// babbling reads, and says things that nobody asked for.
func babbling(_ int, _ *net.TCPConn, talk net.Conn, serve func(net.Conn)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			if _, err := io.WriteString(talk, "HTTP/1.1 400 Bad Request\r\n\r\n\x80\x02]q\x00.\n"); err != nil {
				return
			}
		}
	}()
	serve(talk)
	<-done
}
