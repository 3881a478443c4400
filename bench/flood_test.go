//go:build linux

package main

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// TestDatagramsAreTold: each one that was sent was either read, or dropped by the
// kernel.
func TestDatagramsAreTold(t *testing.T) {
	tests := []struct {
		name    string
		buffer  int
		rate    int
		dropped bool
	}{
		{"that all fit", 4 << 20, 20_000, false},
		{"that are too many", 16 << 10, 0, true},
	}
	const points, chunk = 4000, 10
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := listenDatagrams(t, test.buffer)
			l := load{To: c.LocalAddr().String(), Protocol: "udp", Points: points, Series: 10, Connections: 3, Rate: test.rate, Chunk: chunk}
			sent := sendAll(t, l)
			if sent.Points != points || test.rate > 0 && sent.Took < 150*time.Millisecond {
				t.Fatalf("got %+v, want %d points at %d/s", sent, points, test.rate)
			}
			dropped, err := droppedAt(port(c.LocalAddr().String()))
			if err != nil || dropped > 0 != test.dropped {
				t.Errorf("got %d dropped, %v, want some: %v", dropped, err, test.dropped)
			}
			tally := newTally(10, points)
			read := readDatagrams(t, c, tally)
			compareCounts(t, tally.count, count{Unique: read * chunk, Last: tally.Last})
			if read+dropped != points/chunk {
				t.Errorf("read %d, dropped %d, want %d together", read, dropped, points/chunk)
			}
		})
	}
}

func listenDatagrams(t *testing.T, buffer int) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetReadBuffer(buffer); err != nil {
		t.Fatal(err)
	}
	return c
}

// readDatagrams counts those that the kernel holds, and their points.
func readDatagrams(t *testing.T, c *net.UDPConn, tally *tally) (n int64) {
	t.Helper()
	buf := make([]byte, 64<<10)
	for {
		c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		size, err := c.Read(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return n
		} else if err != nil {
			t.Fatal(err)
		}
		tally.lines(buf[:size], 1)
		n++
	}
}

func TestDropsOfAnotherPortAreNotCounted(t *testing.T) {
	if n, err := droppedAt("1"); err != nil || n != 0 {
		t.Errorf("got %d, %v, want none", n, err)
	}
	if _, err := droppedAt(""); err == nil {
		t.Error("got no error for no port")
	}
}

func TestFloodEndsWithItsContext(t *testing.T) {
	c := listenDatagrams(t, 1<<16)
	l := load{To: c.LocalAddr().String(), Protocol: "udp", Points: 100, Series: 1, Connections: 1, Rate: 1, Chunk: 10}
	if got := floodFrom(canceled(t), l.To, l.pieces()[0], time.Now()); got.Points != 0 {
		t.Errorf("sent %d points after the end, want none", got.Points)
	}
}
