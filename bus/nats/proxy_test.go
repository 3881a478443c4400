package nats_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// proxy stands between a client and a server, and can lose what the client says.
type proxy struct {
	ln      net.Listener
	silence atomic.Bool
	mu      sync.Mutex
	conns   []net.Conn
	running sync.WaitGroup
}

func startProxy(t *testing.T, to string) *proxy {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{ln: ln}
	p.running.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				c.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, c, far)
			p.mu.Unlock()
			p.running.Go(func() { io.Copy(c, far) })
			p.running.Go(func() { p.relay(far, c) })
		}
	})
	t.Cleanup(p.stop)
	return p
}

func (p *proxy) address() string { return p.ln.Addr().String() }

// relay passes on what the client says, unless it is to be lost.
func (p *proxy) relay(far, c net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if !p.silence.Load() {
			far.Write(buf[:n])
		}
	}
}

// mute loses all that clients say from now on, once what they have pulled for is asked.
func (p *proxy) mute() {
	time.Sleep(300 * time.Millisecond)
	p.silence.Store(true)
}

func (p *proxy) stop() {
	p.ln.Close()
	p.mu.Lock()
	for _, c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
}
