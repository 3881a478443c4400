package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// sending says what a client sends: the points of one stream, from first on.
type sending struct {
	Stream, Protocol, Address string
	First, Rate               int
	Seed                      uint64
}

const (
	tickEvery  = 10 * time.Millisecond
	mostPoints = 2000             // at once; what is late beyond that is not made
	longest    = 40 * time.Second // that an answer may take: longer than the gateway's own bounds
)

// client is a process that sends and tells what it did, a line each: "dial TIME",
// "try FIRST END TIME" before points are handed to the kernel, and "ok FIRST END
// TIME" when the kernel had them all, or an HTTP request was answered by 202. Told
// "pause" and "go", it answers "paused" and goes on.
type client struct {
	sending
	out     io.Writer
	rng     *rand.Rand
	conn    net.Conn
	http    *http.Client
	next    int
	paused  atomic.Bool
	tries   int
	scratch []byte
}

func runSend(s sending, stdin io.Reader, stdout io.Writer) error {
	c := &client{sending: s, out: stdout, next: s.First, rng: rand.New(rand.NewPCG(s.Seed, uint64(s.First))),
		http: &http.Client{Timeout: longest}}
	go c.obey(stdin)
	return c.run()
}

// obey ends the process when there is nobody any more who could tell it something.
func (c *client) obey(orders io.Reader) {
	for lines := bufio.NewScanner(orders); lines.Scan(); {
		c.paused.Store(lines.Text() == "pause")
	}
	os.Exit(0)
}

func (c *client) run() error {
	told := false
	due, last := 0.0, time.Now()
	for now := range time.Tick(tickEvery) {
		due = min(due+now.Sub(last).Seconds()*float64(c.Rate), mostPoints)
		last = now
		if c.paused.Load() {
			if !told {
				c.tell("paused")
			}
			told, due = true, 0
			continue
		}
		told = false
		if n := int(due); n > 0 && c.ready() {
			due -= float64(n)
			c.try(n)
		}
	}
	return nil
}

func (c *client) tell(what string, numbers ...any) {
	fmt.Fprintln(c.out, append([]any{what}, numbers...)...)
}

// ready connects where that is needed.
func (c *client) ready() bool {
	if c.Protocol == "http" || c.conn != nil {
		return true
	}
	network := "tcp"
	if c.Protocol == "udp" {
		network = "udp"
	}
	conn, err := net.DialTimeout(network, c.Address, time.Second)
	if err != nil {
		return false
	}
	c.conn = conn
	c.tell("dial", time.Now().UnixNano())
	return true
}

// try sends the next n points.
func (c *client) try(n int) {
	first := c.next
	c.next += n
	c.tries++
	c.tell("try", first, c.next, time.Now().UnixNano())
	if err := c.send(first, c.next); err != nil {
		if c.conn != nil {
			c.conn.Close()
			c.conn = nil
		}
		return
	}
	c.tell("ok", first, c.next, time.Now().UnixNano())
}

func (c *client) send(first, end int) error {
	switch c.Protocol {
	case "http":
		return c.post(first, end)
	case "udp":
		return c.datagrams(first, end)
	case "pickle":
		return c.write(appendFrame(c.scratch[:0], c.Stream, first, end))
	}
	lines := c.lines(first, end)
	if c.tries%50 == 0 {
		lines = append([]byte("torture a bad line\n"), lines...)
	}
	return c.write(lines)
}

func (c *client) lines(first, end int) []byte {
	b := c.scratch[:0]
	for i := first; i < end; i++ {
		b = appendPoint(b, c.Stream, i)
	}
	c.scratch = b
	return b
}

// write hands b to the kernel, now and then in two pieces.
func (c *client) write(b []byte) error {
	if c.rng.IntN(20) == 0 {
		at := c.rng.IntN(len(b))
		if _, err := c.conn.Write(b[:at]); err != nil {
			return err
		}
		time.Sleep(time.Duration(c.rng.IntN(30)) * time.Millisecond)
		b = b[at:]
	}
	_, err := c.conn.Write(b)
	return err
}

// datagrams keeps to what fits into the loopback's frames.
func (c *client) datagrams(first, end int) error {
	for ; first < end; first += 20 {
		if _, err := c.conn.Write(c.lines(first, min(first+20, end))); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) post(first, end int) error {
	r, err := c.http.Post("http://"+c.Address+"/api/v1/sink", "text/plain", bytes.NewReader(c.lines(first, end)))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	said, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if r.StatusCode != http.StatusAccepted {
		return fmt.Errorf("answered %s %s", r.Status, strings.TrimSpace(string(said)))
	}
	return nil
}
