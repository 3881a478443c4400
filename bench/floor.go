package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// floor is the least that relaying a line can cost here: read, check every line,
// one shared block, one append to a file, one write. It routes nothing, keeps no
// cursor, recovers from nothing, and ends at the first error.
type floor struct {
	mu    sync.Mutex
	room  *sync.Cond // the block was taken away
	full  chan struct{}
	block []byte
}

const (
	floorFlush = 20 * time.Millisecond // the longest that a line waits for the block to fill
	floorPause = 8 * time.Millisecond  // after a small read, so that the next is larger
	floorSmall = 32 << 10
	floorWrite = 256 << 10 // a block this large does not wait
	floorBlock = 1 << 20   // a block this large makes the readers wait
)

// floorSettings are the settings of the floor's role.
type floorSettings struct {
	Listen string // address
	To     string // address
	File   string
}

func runFloor(set floorSettings) error {
	file, err := os.Create(set.File)
	if err != nil {
		return err
	}
	out, err := net.Dial("tcp", set.To)
	if err != nil {
		return err
	}
	in, err := net.Listen("tcp", set.Listen)
	if err != nil {
		return err
	}
	f := &floor{full: make(chan struct{}, 1), block: make([]byte, 0, floorBlock)}
	f.room = sync.NewCond(&f.mu)
	ended := make(chan error)
	go func() { ended <- f.accept(in, ended) }()
	go func() { ended <- f.write(file, out) }()
	return <-ended
}

func (f *floor) accept(in net.Listener, ended chan<- error) error {
	for {
		c, err := in.Accept()
		if err != nil {
			return err
		}
		go func() {
			if err := f.read(c); err != nil {
				ended <- err
			}
		}()
	}
}

func (f *floor) read(c net.Conn) error {
	defer c.Close()
	buf, held := make([]byte, 128<<10), 0
	for {
		n, err := c.Read(buf[held:])
		if err != nil {
			return nil
		}
		held += n
		end := bytes.LastIndexByte(buf[:held], '\n') + 1
		if err := checkLines(buf[:end]); err != nil {
			return err
		}
		f.add(buf[:end])
		held = copy(buf, buf[end:held])
		if n < floorSmall {
			time.Sleep(floorPause)
		}
	}
}

func (f *floor) add(lines []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.block)+len(lines) > floorBlock {
		f.room.Wait()
	}
	f.block = append(f.block, lines...)
	if len(f.block) > floorWrite {
		select {
		case f.full <- struct{}{}:
		default:
		}
	}
}

func (f *floor) write(file *os.File, out net.Conn) error {
	tick := time.Tick(floorFlush)
	for spare := make([]byte, 0, floorBlock); ; {
		select {
		case <-f.full:
		case <-tick:
		}
		f.mu.Lock()
		f.block, spare = spare[:0], f.block
		f.room.Broadcast()
		f.mu.Unlock()
		if len(spare) == 0 {
			continue
		}
		_, errFile := file.Write(spare)
		_, errOut := out.Write(spare)
		if err := errors.Join(errFile, errOut); err != nil {
			return err
		}
	}
}

// checkLines refuses lines that are not a printable name, a plain number and
// digits, with single blanks between.
func checkLines(b []byte) error {
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		name := bytes.IndexByte(b[:end], ' ')
		if name < 1 || !printable(b[:name]) || !numbers(b[name+1:end]) {
			return fmt.Errorf("read %q: not a line", b[:end])
		}
		b = b[end+1:]
	}
	return nil
}

func printable(name []byte) bool {
	for _, c := range name {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

func numbers(b []byte) bool {
	dots, blanks := 0, 0
	for i, c := range b {
		switch {
		case c-'0' <= 9 || c == '-' && i == 0:
		case c == '.' && blanks == 0:
			dots++
		case c == ' ':
			blanks++
		default:
			return false
		}
	}
	return dots <= 1 && blanks == 1
}
