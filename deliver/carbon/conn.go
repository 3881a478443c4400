package carbon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"syscall"

	"github.com/plumbago/plumbago/metric"
)

// conn is one connection. The bytes of a batch are acknowledged when all that
// was written up to the batch's end has left the kernel's send queue. Under TLS
// that is the ciphertext, and other things than batches are written too.
type conn struct {
	link   *link
	stream io.ReadWriter // the link, or TLS over it
	raw    syscall.RawConn
	encode encoder

	fin   uint64  // endOfStream once that is in the send queue too
	ends  offsets // of the batches not yet acknowledged, in what the link has written
	acked uint64  // batches

	ending atomic.Bool   // our end of the stream is about to be sent
	broken chan struct{} // closed after cause and early are set
	cause  error         // io.EOF if the far end closed
	early  bool          // it did so before it can have seen our end of the stream
}

func newConn(l *link, stream io.ReadWriter, encode encoder) *conn {
	c := &conn{link: l, stream: stream, encode: encode, broken: make(chan struct{})}
	// The only error there is says that the connection is nil.
	c.raw, _ = l.tcp.SyscallConn()
	go c.watch()
	return c
}

// watch reads until the connection breaks. Carbon says nothing to its clients:
// what comes is thrown away. Nor does carbon close one half of a connection, so
// the end of what it says is the end of the connection.
func (c *conn) watch() {
	var waste [512]byte
	for c.cause == nil {
		_, c.cause = c.stream.Read(waste[:])
	}
	c.early = c.isEarly()
	close(c.broken)
}

// isEarly says, right when the far end's own end of the stream has come, whether it
// was sent before ours was there: else it would have brought the acknowledgement of
// all that is before ours, and of ours itself unless TLS has a goodbye of its own.
func (c *conn) isEarly() bool {
	if !c.ending.Load() {
		return true
	}
	queued, err := unacknowledged(c.raw)
	if _, tls := c.stream.(*secured); tls {
		queued -= min(queued, endOfStream)
	}
	return err != nil || queued > 0
}

// Broken implements deliver.Conn.
func (c *conn) Broken() <-chan struct{} { return c.broken }

func (c *conn) isBroken() bool {
	select {
	case <-c.broken:
		return true
	default:
		return false
	}
}

// Send implements deliver.Conn.
func (c *conn) Send(ctx context.Context, b metric.Batch) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	stop := context.AfterFunc(ctx, c.link.cut)
	defer stop()
	wire, refused := c.encode(b)
	if _, err := c.stream.Write(wire); err != nil {
		return c.explain(ctx, err)
	}
	c.ends.push(c.link.written.Load())
	return refused
}

// explain prefers the reason for an error of a write to its symptom.
func (c *conn) explain(ctx context.Context, err error) error {
	switch {
	case c.isBroken():
		return c.brokenError()
	case ctx.Err() != nil:
		return fmt.Errorf("write: %w", context.Cause(ctx))
	}
	return err
}

// Acked implements deliver.Conn.
func (c *conn) Acked() uint64 {
	if c.ends.empty() || c.isBroken() {
		return c.acked
	}
	c.settle()
	return c.acked
}

// settle counts what the far end's kernel has acknowledged, and reports whether
// that is everything, the end of the stream included. TLS may write meanwhile, to
// answer the far end: what is taken for written is therefore what was before.
func (c *conn) settle() (everything bool) {
	written := c.link.written.Load()
	queued, err := unacknowledged(c.raw)
	if err != nil || queued > written+c.fin {
		return false
	}
	data := queued - min(queued, c.fin)
	c.acked += c.ends.popUpTo(written - data)
	return queued == 0
}

// offsets is a queue of ascending positions in the stream.
type offsets struct {
	at    []uint64
	first int
}

func (o *offsets) empty() bool { return o.first == len(o.at) }

func (o *offsets) push(end uint64) {
	if o.first > len(o.at)/2 {
		n := copy(o.at, o.at[o.first:])
		o.at, o.first = o.at[:n], 0
	}
	o.at = append(o.at, end)
}

// popUpTo takes out the positions up to end and returns how many they were.
func (o *offsets) popUpTo(end uint64) (n uint64) {
	for !o.empty() && o.at[o.first] <= end {
		o.first++
		n++
	}
	return n
}

var (
	errClosed      = errors.New("the far end closed the connection")
	errUnconfirmed = errors.New("the far end did not confirm the end of the stream in time")
)

func (c *conn) brokenError() error {
	if errors.Is(c.cause, io.EOF) {
		return errClosed
	}
	return c.cause
}
