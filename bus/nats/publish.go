package nats

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// flight is a message that waits for its answer.
type flight struct {
	future jetstream.PubAckFuture
	bundle *bundle
	bytes  int
}

// run publishes what is due until the session is over.
func (c *conn) run(ctx context.Context) {
	defer close(c.done)
	defer context.AfterFunc(ctx, c.link.dial.abort)() // a write may hang
	var settling sync.WaitGroup
	settling.Go(func() { c.settle(ctx) })
	for g := c.due(ctx); g != nil; g = c.due(ctx) {
		if err := c.publish(ctx, g); err != nil {
			c.fail(ctx, err)
			break
		}
	}
	close(c.flying)
	settling.Wait()
	c.link.close()
	c.cuts.notes.close()
	c.end()
}

// due waits for a bundle that is to go, and returns nil if none will.
func (c *conn) due(ctx context.Context) *bundle {
	for {
		g, wait := c.look(time.Now())
		if g != nil || wait == 0 || ctx.Err() != nil {
			return g
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-c.wake:
		case <-c.link.gone:
			c.lost()
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// look takes a bundle that is to go now. Without one it returns how long none will, 0
// if never.
func (c *conn) look(now time.Time) (*bundle, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return nil, 0
	}
	wait := time.Hour
	for _, g := range slices.Clone(c.open) {
		left := g.due.Sub(now)
		if left <= 0 || c.hurry {
			c.seal(g)
		}
		wait = min(wait, max(left, time.Millisecond))
	}
	if len(c.ready) > 0 {
		g := c.ready[0]
		c.ready = slices.Delete(c.ready, 0, 1)
		c.gone = append(c.gone, g)
		c.makeRoom()
		return g, 0
	}
	if c.closing {
		return nil, 0
	}
	return nil, wait
}

func (c *conn) makeRoom() {
	close(c.room)
	c.room = make(chan struct{})
}

// publish publishes a bundle.
func (c *conn) publish(ctx context.Context, g *bundle) error {
	if err := c.note(g); err != nil {
		c.s.o.Logger.Warn("points may be stored twice after a restart: what was published is not noted", "err", err)
	}
	for p, tenant := range g.all() {
		for partition, lines := range p.lines {
			for n := 0; len(lines) > 0; n++ {
				block := head(lines, c.batch)
				lines = lines[len(block):]
				m := c.message(g, tenant, partition, n, block)
				if err := c.send(ctx, g, m, block); err != nil {
					return err
				}
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	g.complete = true
	c.finish(g)
	return nil
}

func (c *conn) note(g *bundle) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cuts.note(g.from, g.end)
}

// message makes the n-th message of a tenant and partition in a bundle.
func (c *conn) message(g *bundle, tenant string, partition, n int, lines []byte) *nats.Msg {
	subject, data := c.s.o.subjectOf(tenant, partition), compress(&c.scratch, lines)
	id := sha256.New()
	fmt.Fprintf(id, "%s %d %d %s %d\n", c.cuts.nonce, g.from, g.end, subject, n)
	id.Write(data)
	return &nats.Msg{Subject: subject, Data: data, Header: nats.Header{
		encodingHeader:        {encoding},
		jetstream.MsgIDHeader: {hex.EncodeToString(id.Sum(nil)[:idBytes])},
	}}
}

// headerBytes is more than the headers and the subject of a message take.
const headerBytes = 1 << 10

// send publishes a message as soon as there is room for it under way.
func (c *conn) send(ctx context.Context, g *bundle, m *nats.Msg, lines []byte) error {
	if int64(len(m.Data)+headerBytes) > c.link.nc.MaxPayload() {
		return c.refuse(lines)
	}
	if err := c.takeOff(ctx, g, len(m.Data)); err != nil {
		return err
	}
	future, err := c.link.js.PublishMsgAsync(m)
	if err != nil {
		return err
	}
	c.s.metrics.bytes.Add(float64(len(m.Data)))
	select {
	case c.flying <- flight{future, g, len(m.Data)}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// takeOff waits until the messages under way have room for size bytes more.
func (c *conn) takeOff(ctx context.Context, g *bundle, size int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.weight > 0 && c.weight+size > c.s.o.MaxFlyingBytes {
		if c.over {
			return c.fault()
		}
		room := c.room
		c.mu.Unlock()
		select {
		case <-room:
		case <-c.link.gone:
			c.mu.Lock()
			return errLost
		case <-ctx.Done():
			c.mu.Lock()
			return context.Cause(ctx)
		}
		c.mu.Lock()
	}
	c.weight += size
	g.awaited++
	c.s.metrics.flying.Inc()
	return nil
}

// refuse drops lines that no message can hold.
func (c *conn) refuse(lines []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused += uint64(bytes.Count(lines, []byte{'\n'}))
	c.why = fmt.Errorf("larger than the %d bytes of a message that the server takes", c.link.nc.MaxPayload())
	return nil
}

// settle waits for the answers, in the order of the messages.
func (c *conn) settle(ctx context.Context) {
	for f := range c.flying {
		c.s.metrics.flying.Dec()
		if err := c.answer(ctx, f); err != nil {
			c.s.metrics.failed.Inc()
			c.fail(ctx, err)
		}
	}
}

func (c *conn) answer(ctx context.Context, f flight) error {
	c.mu.Lock()
	over := c.over
	c.mu.Unlock()
	if over {
		return c.fault()
	}
	select {
	case ack := <-f.future.Ok():
		return c.landed(f, ack)
	case err := <-f.future.Err():
		return errors.Join(c.link.warning(), err)
	case <-c.link.gone:
		return errLost
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// landed notes that a message is stored.
func (c *conn) landed(f flight, ack *jetstream.PubAck) error {
	if ack.Stream != c.s.o.Stream.Name {
		return fmt.Errorf("%s is taken by another stream: %s", c.s.o.all(), ack.Stream)
	}
	if ack.Duplicate {
		c.s.metrics.duplicates.Inc()
	} else {
		c.s.metrics.stored.Inc()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.weight -= f.bytes
	f.bundle.awaited--
	c.finish(f.bundle)
	c.makeRoom()
	return nil
}

// finish forgets a bundle all of whose messages are stored. The caller holds c.mu.
func (c *conn) finish(g *bundle) {
	if !g.complete || g.awaited > 0 {
		return
	}
	c.gone = slices.DeleteFunc(c.gone, func(o *bundle) bool { return o == g })
	g.clear()
	c.free = append(c.free, g)
}

// lost notes that the connection is gone while nothing is being published.
func (c *conn) lost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
}

func (c *conn) fail(ctx context.Context, err error) {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	if c.err == nil {
		c.err = c.s.o.explain(err)
	}
	c.makeRoom()
	c.nudge()
}

// end notes that the session is over.
func (c *conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	if left := len(c.open) + len(c.ready) + len(c.gone); c.err == nil && left > 0 {
		c.err = c.s.o.explain(errors.Join(errUnsaid(c.closing), c.link.warning()))
	}
	if !c.closing {
		close(c.broken)
	}
}

func errUnsaid(closing bool) error {
	if closing {
		return errUnpublished
	}
	return errLost
}
