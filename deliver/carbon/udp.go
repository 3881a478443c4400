package carbon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

const (
	defaultDatagram = 1400  // fits the path to nearly everywhere in one piece
	longestLine     = 8192  // what carbon reads of a datagram
	largestDatagram = 65507 // that IPv4 has
)

// errLongLine shows nothing of the line: its prefix may be a key.
var errLongLine = fmt.Errorf("line longer than the %d bytes that carbon reads of a datagram", longestLine)

// datagrams are lines sent by UDP. Nothing acknowledges them: what is sent counts as
// acknowledged. A far end whose port is closed breaks them, if its machine says so.
type datagrams struct {
	udp    net.Conn
	encode encoder
	most   int // bytes in a datagram of more than one line
	acked  uint64

	broken chan struct{} // closed after cause is set
	cause  error
}

func newDatagrams(udp net.Conn, encode encoder, most int) *datagrams {
	d := &datagrams{udp: udp, encode: encode, most: most, broken: make(chan struct{})}
	go d.watch()
	return d
}

// watch reads until the socket hears that nobody listens, or is closed. What comes is
// thrown away.
func (d *datagrams) watch() {
	var waste [512]byte
	for d.cause == nil {
		_, d.cause = d.udp.Read(waste[:])
	}
	close(d.broken)
}

// Send implements deliver.Conn. A line that no datagram can carry is refused.
func (d *datagrams) Send(ctx context.Context, b metric.Batch) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	stop := context.AfterFunc(ctx, func() { d.udp.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	lines, _ := d.encode(b) // lines carry everything
	refused, err := d.write(lines)
	if err != nil {
		return d.explain(ctx, err)
	}
	d.acked++
	return deliver.Refused(refused, errLongLine)
}

// write sends lines, and returns how many were too long.
func (d *datagrams) write(lines []byte) (refused int, err error) {
	for len(lines) > 0 {
		n := nextDatagram(lines, d.most)
		if n > max(longestLine, d.most) {
			refused++
		} else if _, err := d.udp.Write(lines[:n]); err != nil {
			return 0, err
		}
		lines = lines[n:]
	}
	return refused, nil
}

// nextDatagram returns the length of the whole lines at the beginning of lines that
// go together: as many as fit, and at least one.
func nextDatagram(lines []byte, most int) int {
	if len(lines) <= most {
		return len(lines)
	}
	if n := bytes.LastIndexByte(lines[:most], '\n'); n >= 0 {
		return n + 1
	}
	return bytes.IndexByte(lines, '\n') + 1
}

// explain prefers the reason for an error of a write to its symptom.
func (d *datagrams) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("write: %w", context.Cause(ctx))
	}
	return err
}

// Acked implements deliver.Conn.
func (d *datagrams) Acked() uint64 { return d.acked }

// Broken implements deliver.Conn.
func (d *datagrams) Broken() <-chan struct{} { return d.broken }

// Close implements deliver.Conn. There is no order in which it could end, and nothing
// to wait for.
func (d *datagrams) Close(context.Context) error {
	d.udp.Close()
	<-d.broken
	if errors.Is(d.cause, net.ErrClosed) {
		return nil
	}
	return d.cause
}

// checkDatagrams checks what is asked of an address with udp.
func checkDatagrams(o Options) error {
	switch {
	case o.Protocol != "line" && o.Protocol != "":
		return fmt.Errorf("protocol %q: carbon takes datagrams of lines only: write tcp://, or protocol line", o.Protocol)
	case o.MaxDatagram < 0 || o.MaxDatagram > largestDatagram:
		return fmt.Errorf("datagrams of %d bytes: there are none larger than %d", o.MaxDatagram, largestDatagram)
	}
	return nil
}
