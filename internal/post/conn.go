package post

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// conn is one connection. A goroutine reads from it as long as it lasts: so an
// answer is heard while a body is still being written, and an end at any time.
type conn struct {
	stream  net.Conn // tcp, or TLS over it
	tcp     net.Conn
	source  *source
	r       *bufio.Reader // of source
	answers chan outcome  // one for each question
	broken  chan struct{} // closed if the connection ends while there is no question
	done    chan struct{} // closed when the reader is gone

	mu      sync.Mutex
	asked   bool  // a question waits for its answer
	writing bool  // and is not written yet
	over    bool  // there can be no further question
	cause   error // why, if the far end or the network ended it
}

// outcome is an answer, or why there is none.
type outcome struct {
	answer Answer
	last   bool // the connection is of no more use
	err    error
}

// grace is how long a server that answers early may still take the rest of the
// body, and how long an answer is waited for where the body could not be written.
const grace = 200 * time.Millisecond

func newConn(stream, tcp net.Conn, broken chan struct{}) *conn {
	s := &source{r: stream}
	c := &conn{
		stream: stream, tcp: tcp, source: s, r: bufio.NewReader(s),
		answers: make(chan outcome, 1), broken: broken, done: make(chan struct{}),
	}
	go c.read()
	return c
}

// exchange sends a request and waits for its answer. With ctx done it ends the
// connection.
func (c *conn) exchange(ctx context.Context, head, body []byte) (Answer, error) {
	if err := c.ask(); err != nil {
		return Answer{}, err
	}
	defer context.AfterFunc(ctx, c.cut)()
	writing := c.write(head, body)
	o := <-c.answers
	if writing != nil && errors.Is(o.err, os.ErrDeadlineExceeded) {
		o.err = hangup(writing)
	}
	return o.answer, o.err
}

// ask announces a question to the reader.
func (c *conn) ask() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return unheard{c.reason()}
	}
	c.asked, c.writing = true, true
	c.tcp.SetWriteDeadline(time.Time{})
	return nil
}

// write writes a request. What it could not write whole is the connection's last,
// and gets an answer soon or none.
func (c *conn) write(head, body []byte) error {
	request := net.Buffers{head, body}
	_, err := request.WriteTo(c.stream)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing = false
	if err != nil {
		c.over = true
		c.tcp.SetReadDeadline(time.Now().Add(grace))
	}
	return err
}

// read takes answers until the connection ends.
func (c *conn) read() {
	defer close(c.done)
	for c.await() {
		o := c.readAnswer()
		c.settle(o)
		c.answers <- o
		if o.last {
			return
		}
	}
}

// await waits for the first byte of an answer, and reports whether it came. An end
// right after an early answer breaks nothing: who writes hears of it.
func (c *conn) await() bool {
	c.source.left = maxHead
	_, err := c.r.Peek(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && c.asked {
		return true
	}
	if err == nil {
		err = errUnasked
	}
	switch {
	case c.asked:
		c.answers <- outcome{err: hangup(err)}
	case !c.over && !c.writing:
		c.cause = err
		close(c.broken)
	}
	c.over = true
	return false
}

// settle notes what an answer means for its connection. A server that has answered
// need not read the rest of the body.
func (c *conn) settle(o outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = false
	c.over = c.over || o.last
	if c.writing {
		c.tcp.SetWriteDeadline(time.Now().Add(grace))
	}
}

func (c *conn) isOver() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}

// ended returns why the connection ended while it was idle, nil if it did not, or
// if the far end just closed it.
func (c *conn) ended() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason()
}

func (c *conn) reason() error {
	if errors.Is(c.cause, io.EOF) {
		return nil
	}
	return c.cause
}

// cut ends the connection at once.
func (c *conn) cut() {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.tcp.Close()
}

// close ends the connection, one that could be used further with TLS's goodbye, and
// waits for its reader.
func (c *conn) close() {
	if !c.isOver() {
		c.mu.Lock()
		c.over = true
		c.mu.Unlock()
		c.stream.Close()
	}
	c.cut()
	<-c.done
}
