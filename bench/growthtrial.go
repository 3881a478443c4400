package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// naming appends the name of a stream's i-th point.
type naming func(dst []byte, i int) []byte

// hostNames are the names of so many series, as a stream has them: a hundred to a
// host.
func hostNames(series int) naming {
	return func(dst []byte, i int) []byte {
		i %= series
		dst = appendPadded(append(dst, prefix+"host-"...), i/100, 6)
		dst = append(append(dst, '.'), families[i/len(aspects)%len(families)]...)
		return append(append(dst, '.'), aspects[i%len(aspects)]...)
	}
}

// appendPadded appends n with leading zeros.
func appendPadded(dst []byte, n, width int) []byte {
	var digits [20]byte
	for i := width - 1; i >= 0; i-- {
		digits[i] = byte('0' + n%10)
		n /= 10
	}
	return append(dst, digits[:width]...)
}

// growthTrial is one gateway, with a destination that counts.
type growthTrial struct {
	*gate
	dir   string
	drain *drain
	came  lineCount
	sent  int64 // points, for all of which the gateway has been asked
}

// newGrowthTrial starts the destination and prepares the gateway. In the
// configuration {{out}} stands for the destination's address.
func (g *growth) newGrowthTrial(configuration string) (*growthTrial, error) {
	dir, err := os.MkdirTemp(g.Dir, "trial-")
	if err != nil {
		return nil, err
	}
	t := &growthTrial{dir: dir}
	if t.drain, err = listenDrain(t.came.take); err == nil {
		t.gate, err = newGate(g.Plumbago, dir, strings.ReplaceAll(configuration, "{{out}}", "tcp://"+t.drain.address))
	}
	if err != nil {
		t.over()
		return nil, err
	}
	return t, nil
}

// over ends everything, and removes what the gateway wrote.
func (t *growthTrial) over() {
	if t.gate != nil {
		t.kill()
		t.admin.CloseIdleConnections()
	}
	if t.drain != nil {
		t.drain.down()
	}
	os.RemoveAll(t.dir)
}

// begin starts the gateway, and says how long it took until it was ready.
func (t *growthTrial) begin(ctx context.Context) (time.Duration, error) {
	begun := time.Now()
	if err := t.start(ctx); err != nil {
		return 0, err
	}
	for {
		body, err := t.ask(ctx, "/readyz")
		if err == nil {
			body.Close()
			return time.Since(begun), nil
		}
		if !t.alive() || ctx.Err() != nil {
			return 0, fmt.Errorf("wait until the gateway is ready: %w: %s", err, t.lastWords())
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// through sends points and waits until all of them have come. It returns what a
// million of them cost.
func (t *growthTrial) through(ctx context.Context, n naming, points int) (float64, error) {
	before := t.usage()
	if err := t.send(ctx, n, points); err != nil {
		return 0, err
	}
	err := t.wait(ctx, func() bool { return t.came.n.Load() >= t.sent })
	return (t.usage().CPU - before.CPU).Seconds() / float64(points) * 1e6, err
}

// wait waits for something, as long as the gateway lives.
func (t *growthTrial) wait(ctx context.Context, done func() bool) error {
	for !done() {
		if err := ctx.Err(); err != nil || !t.alive() {
			return fmt.Errorf("%d of %d points came: %w; the gateway says: %s", t.came.n.Load(), t.sent, err, t.lastWords())
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

// How points are sent: over so many connections, so many to a write.
const (
	growthConnections = 4
	growthChunk       = 500
)

// send sends points as fast as they are taken, each connection its share.
func (t *growthTrial) send(ctx context.Context, n naming, points int) error {
	first := int(t.sent)
	t.sent += int64(points)
	var wg sync.WaitGroup
	errs := make(chan error, growthConnections)
	for c := range growthConnections {
		wg.Go(func() { errs <- t.sendShare(ctx, n, shareOf{first + c*growthChunk, first + points}) })
	}
	wg.Wait()
	for range growthConnections {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

// shareOf is the points of one connection: every so manieth chunk.
type shareOf struct{ first, end int }

func (t *growthTrial) sendShare(ctx context.Context, n naming, s shareOf) error {
	c, err := net.Dial("tcp", t.address)
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	var b []byte
	for ; s.first < s.end; s.first += growthConnections * growthChunk {
		b = b[:0]
		for i := s.first; i < min(s.first+growthChunk, s.end); i++ {
			b = append(n(b, i), ' ')
			b = strconv.AppendInt(b, int64(i), 10)
			b = append(b, ".5 1700000000\n"...)
		}
		if _, err := c.Write(b); err != nil {
			return err
		}
	}
	return nil
}
