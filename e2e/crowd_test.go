package e2e_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// crowd is many senders at once, which note what they have sent.
type crowd struct {
	over    chan struct{}
	sending sync.WaitGroup

	refused, broken, comings  atomic.Int64
	longestWrite, longestDial atomic.Int64 // nanoseconds

	mu   sync.Mutex
	list []string
}

func newCrowd() *crowd { return &crowd{over: make(chan struct{})} }

// end ends all senders; what they have written is on its way.
func (c *crowd) end() {
	close(c.over)
	c.sending.Wait()
}

// sent lists the lines that were sent.
func (c *crowd) sent() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list)
}

// every calls send with a number that grows, until it fails or the end has come, and
// closes ended then.
func (c *crowd) every(d time.Duration, send func(i int) error) (ended <-chan struct{}) {
	done := make(chan struct{})
	c.sending.Go(func() {
		defer close(done)
		tick := time.NewTicker(d)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-c.over:
				return
			case <-tick.C:
			}
			if err := send(i); err != nil {
				c.broken.Add(1)
				return
			}
		}
	})
	return done
}

// burst is n lines.
func burst(name string, i, n int) (list []string, text []byte) {
	for j := range n {
		l := fmt.Sprintf("%s.%d.%d %d 1600000000", name, i, j, j)
		list = append(list, l)
		text = append(append(text, l...), '\n')
	}
	return list, text
}

// write writes lines, and notes them.
func (c *crowd) write(w io.Writer, list []string, text []byte) error {
	began := time.Now()
	if _, err := w.Write(text); err != nil {
		return err
	}
	longest(&c.longestWrite, time.Since(began))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, list...)
	return nil
}

func longest(n *atomic.Int64, d time.Duration) {
	for was := n.Load(); int64(d) > was && !n.CompareAndSwap(was, int64(d)); was = n.Load() {
	}
}

func (c *crowd) dial(address string) (net.Conn, error) {
	began := time.Now()
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		c.refused.Add(1)
	}
	longest(&c.longestDial, time.Since(began))
	return conn, err
}

// stream sends n lines 100 times a second on one connection. Its writes end in the
// middle of a line.
func (c *crowd) stream(address, name string, n int) {
	conn, err := c.dial(address)
	if err != nil {
		return
	}
	var rest []byte
	ended := c.every(10*time.Millisecond, func(i int) error {
		list, text := burst(name, i, n)
		text = append(rest, text...)
		cut := bytes.LastIndexByte(text[:len(text)-1], '\n') + 5
		err := c.write(conn, list, text[:cut])
		rest = bytes.Clone(text[cut:])
		return err
	})
	c.sending.Go(func() {
		<-ended
		conn.Write(rest)
		conn.Close()
	})
}

// come connects all the time, sends a little and closes.
func (c *crowd) come(address string) {
	c.every(2*time.Millisecond, func(i int) error {
		conn, err := c.dial(address)
		if err != nil {
			return nil // it is counted
		}
		defer conn.Close()
		c.comings.Add(1)
		list, text := burst("short", i, 3)
		return c.write(conn, list, text)
	})
}

// datagrams sends one line after the other.
func (c *crowd) datagrams(address string) {
	conn, err := net.Dial("udp", address)
	if err != nil {
		c.refused.Add(1)
		return
	}
	c.every(time.Millisecond, func(i int) error {
		list, text := burst("datagram", i, 1)
		return c.write(conn, list, text)
	})
}

// post sends requests by HTTP, each until it is accepted.
func (c *crowd) post(address string) {
	c.every(10*time.Millisecond, func(i int) error {
		list, text := burst("posted", i, 5)
		return c.write(poster("http://"+address+"/api/v1/sink"), list, text)
	})
}

// poster posts what is written to it, again and again until it is accepted, as
// clients of HTTP do.
type poster string

func (p poster) Write(text []byte) (int, error) {
	for end := time.Now().Add(10 * time.Second); ; {
		r, err := http.Post(string(p), "text/plain", bytes.NewReader(text))
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusAccepted {
				return len(text), nil
			}
			err = errors.New(r.Status)
		}
		if time.Now().After(end) {
			return 0, err
		}
	}
}

// seal sends on a connection of TLS.
func (c *crowd) seal(address string, security *tls.Config) {
	raw, err := c.dial(address)
	if err != nil {
		return
	}
	conn := tls.Client(raw, security)
	c.every(5*time.Millisecond, func(i int) error {
		list, text := burst("sealed", i, 5)
		return c.write(conn, list, text)
	})
	c.sending.Go(func() {
		<-c.over
		time.Sleep(100 * time.Millisecond)
		conn.Close()
	})
}
