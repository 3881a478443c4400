package main

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// drain is a destination that takes lines at little cost: it knows no stream. It
// can be taken down and up again at the same address.
type drain struct {
	address string
	take    func(lines []byte) // is given whole lines, by each connection for itself

	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]bool
	readers  sync.WaitGroup
}

// listenDrain starts a drain at some port.
func listenDrain(take func(lines []byte)) (*drain, error) {
	d := &drain{address: "127.0.0.1:0", take: take, open: map[net.Conn]bool{}}
	if err := d.up(); err != nil {
		return nil, err
	}
	d.address = d.listener.Addr().String()
	return d, nil
}

// up listens, patiently: the port may be held for a moment.
func (d *drain) up() error {
	for tries := 0; ; tries++ {
		l, err := net.Listen("tcp", d.address)
		if err == nil {
			d.mu.Lock()
			d.listener = l
			d.mu.Unlock()
			d.readers.Go(func() { d.accept(l) })
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
func (d *drain) down() {
	d.mu.Lock()
	if d.listener != nil {
		d.listener.Close()
		d.listener = nil
	}
	for c := range d.open {
		c.Close()
	}
	clear(d.open)
	d.mu.Unlock()
	d.readers.Wait()
}

func (d *drain) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		d.mu.Lock()
		if d.listener == l {
			d.open[c] = true
			d.readers.Go(func() { d.read(c) })
		} else {
			c.Close()
		}
		d.mu.Unlock()
	}
}

// read takes what comes on one connection. What is incomplete at its end is no
// point: the relay has to send it again.
func (d *drain) read(c net.Conn) {
	defer func() {
		d.mu.Lock()
		delete(d.open, c)
		d.mu.Unlock()
		c.Close()
	}()
	buf, held := make([]byte, 256<<10), 0
	for {
		n, err := c.Read(buf[held:])
		if err != nil || n == 0 {
			return
		}
		held += n
		if end := bytes.LastIndexByte(buf[:held], '\n') + 1; end > 0 {
			d.take(buf[:end])
			held = copy(buf, buf[end:held])
		}
	}
}

// lineCount counts lines.
type lineCount struct{ n atomic.Int64 }

func (c *lineCount) take(lines []byte) { c.n.Add(int64(bytes.Count(lines, []byte{'\n'}))) }
