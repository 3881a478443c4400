package delivertest

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// ackedIsTrue sends to a far end that does not read, until nothing more goes,
// and holds what Acked says against what is in the far end's kernel.
func ackedIsTrue(t *testing.T, h Harness) {
	accepted := make(chan *net.TCPConn, 1)
	far := newFarEnd(t, h, func(n int, c *net.TCPConn, talk net.Conn, serve func(net.Conn)) {
		accepted <- c
		deaf(n, c, talk, serve)
	})
	conn := dial(t, h.New(t, far.address))
	defer conn.Close(ended())
	peer := <-accepted
	batch := metric.Batch{Lines: []byte("a.name.of.some.length 1 1700000000\n"), Points: 1}
	for len(batch.Lines) < 20_000 {
		batch.Lines = append(batch.Lines, batch.Lines...)
		batch.Points *= 2
	}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	sent := 0
	for conn.Send(ctx, batch) == nil {
		sent++
		checkAcked(t, conn, peer, sent, len(batch.Lines))
		if t.Failed() {
			return
		}
	}
	checkAcked(t, conn, peer, sent, len(batch.Lines))
	reset(peer)
	<-conn.Broken()
	if acked := conn.Acked(); acked >= uint64(sent) {
		t.Errorf("%d of %d batches are said to be acknowledged by a far end that read none", acked, sent)
	}
}

// answeredIsTrue sends to a far end that answers, and then to one that does not.
func answeredIsTrue(t *testing.T, h Harness) {
	far := newFarEnd(t, h, func(n int, c *net.TCPConn, talk net.Conn, serve func(net.Conn)) {
		if n == 0 {
			serve(talk)
			return
		}
		deaf(n, c, talk, serve)
	})
	d := h.New(t, far.address)
	batch := metric.Batch{Lines: []byte("a 1 1700000000\nb 2 1700000000\n"), Points: 2}
	conn := dial(t, d)
	for sent := 1; sent <= 5; sent++ {
		if err := conn.Send(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		awaitAnswer(t, conn, far, uint64(sent), batch.Points)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Errorf("Close: got %v, want nil: everything was answered", err)
	}

	conn = dial(t, d)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := conn.Send(ctx, batch); deliver.IsPermanent(err) {
		t.Errorf("got %v from a far end that does not answer, want a temporary error or none", err)
	}
	<-ctx.Done()
	if got := conn.Acked(); got != 0 {
		t.Errorf("got %d batches acknowledged by a far end that does not answer", got)
	}
	if err := conn.Close(ctx); err == nil {
		t.Error("Close: got nil, want why the batch may not have arrived")
	}
}

// awaitAnswer waits until so many batches are acknowledged, and holds each that is
// against what has arrived.
func awaitAnswer(t *testing.T, conn deliver.Conn, far *farEnd, sent uint64, points int) {
	t.Helper()
	for range 1000 {
		got := conn.Acked()
		if arrived := far.points(); got > sent || int(got)*points > arrived {
			t.Fatalf("got %d batches acknowledged and %d points arrived after %d were sent", got, arrived, sent)
		}
		if got == sent {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("got %d batches acknowledged 5 s after %d were sent", conn.Acked(), sent)
}

func checkAcked(t *testing.T, conn deliver.Conn, peer *net.TCPConn, sent, size int) {
	t.Helper()
	acked := conn.Acked()
	if acked > uint64(sent) {
		t.Errorf("got %d batches acknowledged, of %d sent", acked, sent)
	}
	// No encoding makes these batches a quarter as large.
	if n, ok := unread(peer); ok && acked*uint64(size) > 4*uint64(n) {
		t.Errorf("got %d batches of %d bytes acknowledged, the far end has %d bytes", acked, size, n)
	}
}

func brokenIsKnown(t *testing.T, h Harness) {
	if h.Stateless {
		return
	}
	for name, end := range map[string]func(*net.TCPConn){
		"reset":  reset,
		"closed": func(c *net.TCPConn) { c.Close() },
	} {
		accepted := make(chan *net.TCPConn, 1)
		far := newFarEnd(t, h, func(n int, c *net.TCPConn, talk net.Conn, serve func(net.Conn)) {
			accepted <- c
			deaf(n, c, talk, serve)
		})
		conn := dial(t, h.New(t, far.address))
		end(<-accepted)
		select {
		case <-conn.Broken():
		case <-time.After(time.Second):
			t.Errorf("%s: not known to be broken after a second", name)
		}
		if err := conn.Close(context.Background()); (err == nil) != h.Answers {
			t.Errorf("%s: got %v from Close; nil is for those who know that nothing was missed", name, err)
		}
	}
}

func dialKeepsToContext(t *testing.T, h Harness) {
	far := newFarEnd(t, h, attentive)
	conn, err := h.New(t, far.address).Dial(ended())
	if err == nil {
		conn.Close(ended())
		t.Error("got a connection from a context that was done")
	}
}

func dial(t *testing.T, d deliver.Destination) deliver.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	conn, err := d.Dial(ctx)
	if err != nil {
		t.Fatal(fmt.Errorf("dial: %w", err))
	}
	return conn
}

// ended returns a context that is done.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
