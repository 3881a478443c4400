package carbon_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/metric"
)

var point = metric.Batch{Lines: []byte("a.b 1 1700000000\n"), Points: 1}

// pair returns the two ends of a connection.
func pair(t *testing.T, o carbon.Options) (deliver.Conn, *net.TCPConn) {
	t.Helper()
	ln := listen(t, "tcp4")
	o.Address = "tcp://" + ln.Addr().String()
	conn, err := newDestination(t, o).Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); conn.Close(atOnce()) })
	return conn, c.(*net.TCPConn)
}

func atOnce() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func send(t *testing.T, conn deliver.Conn, batches int) {
	t.Helper()
	for range batches {
		if err := conn.Send(context.Background(), point); err != nil {
			t.Fatal(err)
		}
	}
}

func awaitAcked(t *testing.T, conn deliver.Conn, want uint64) {
	t.Helper()
	var got uint64
	for range 1000 {
		if got = conn.Acked(); got == want {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("got %d batches acknowledged, want %d", got, want)
}

func TestAckedFollowsTheKernel(t *testing.T) {
	conn, _ := pair(t, carbon.Options{})
	if got := conn.Acked(); got != 0 {
		t.Errorf("got %d before the first Send, want 0", got)
	}
	for i := range uint64(5) {
		send(t, conn, 3)
		awaitAcked(t, conn, 3*(i+1))
	}
}

func TestAckedStaysAfterAReset(t *testing.T) {
	conn, peer := pair(t, carbon.Options{})
	send(t, conn, 2)
	awaitAcked(t, conn, 2)
	peer.SetLinger(0)
	peer.Close()
	<-conn.Broken()
	conn.Send(context.Background(), point)
	if got := conn.Acked(); got != 2 {
		t.Errorf("got %d, want the 2 from before", got)
	}
}

func TestCloseTellsWhetherTheFarEndReadEverything(t *testing.T) {
	tests := []struct {
		name string
		peer func(*net.TCPConn)
		ok   bool
		max  time.Duration
	}{
		{"reads and closes", func(c *net.TCPConn) { io.Copy(io.Discard, c); c.Close() }, true, 500 * time.Millisecond},
		{"closes unread", func(c *net.TCPConn) { time.Sleep(50 * time.Millisecond); c.Close() }, false, 500 * time.Millisecond},
		{"never closes", func(c *net.TCPConn) { io.Copy(io.Discard, c) }, false, 2 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn, peer := pair(t, carbon.Options{})
			send(t, conn, 1)
			go tt.peer(peer)
			began := time.Now()
			if err := conn.Close(context.Background()); (err == nil) != tt.ok {
				t.Errorf("got %v, want success to be %v", err, tt.ok)
			}
			if took := time.Since(began); took > tt.max {
				t.Errorf("took %v, want at most %v", took, tt.max)
			}
		})
	}
}

// TestAFarEndThatClosesFirstHasConfirmedNothing has the two ends of the stream cross:
// what comes back was sent before the far end can have read everything.
func TestAFarEndThatClosesFirstHasConfirmedNothing(t *testing.T) {
	conn, peer := pair(t, carbon.Options{UserTimeout: time.Minute})
	big := metric.Batch{Lines: bytes.Repeat(point.Lines, 10_000), Points: 10_000}
	for sent := uint64(0); conn.Acked() == sent; sent++ { // until the far kernel takes no more
		if err := conn.Send(t.Context(), big); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	closed := make(chan error, 1)
	go func() { closed <- conn.Close(context.Background()) }()
	time.Sleep(50 * time.Millisecond)
	peer.CloseWrite()
	time.Sleep(50 * time.Millisecond)
	io.Copy(io.Discard, peer)
	if err := <-closed; err == nil {
		t.Error("got nil from Close, want an error: the far end closed before it saw our end")
	}
}

func TestCloseEndsWithItsContext(t *testing.T) {
	conn, _ := pair(t, carbon.Options{UserTimeout: time.Minute})
	big := metric.Batch{Lines: bytes.Repeat(point.Lines, 10_000), Points: 10_000}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	for conn.Send(ctx, big) == nil {
	}
	ctx, cancel = context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := conn.Close(ctx); err == nil {
		t.Error("got nil from Close, want an error: most was never read")
	}
	if took := time.Since(began); took > 500*time.Millisecond {
		t.Errorf("took %v, want about 50ms", took)
	}
}

func TestSilentPeerBreaksTheConnection(t *testing.T) {
	conn, _ := pair(t, carbon.Options{UserTimeout: 200 * time.Millisecond})
	big := metric.Batch{Lines: bytes.Repeat(point.Lines, 10_000), Points: 10_000}
	began := time.Now()
	for conn.Send(context.Background(), big) == nil {
	}
	<-conn.Broken()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("took %v to notice a peer that reads nothing, want about 200ms", took)
	}
}
