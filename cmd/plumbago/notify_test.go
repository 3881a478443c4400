package main

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestTheWatchdogIsToldNothingWhileAProbeDoesNotReturn(t *testing.T) {
	dir, err := os.MkdirTemp("", "manager")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "1000000")
	m := newManager(slog.New(slog.DiscardHandler))
	if got, want := m.every(), 500*time.Millisecond; got != want {
		t.Errorf("got %v between messages, want %v", got, want)
	}
	stuck, answers := make(chan struct{}), 0
	for range 3 {
		m.prove(func() { <-stuck; answers++ })
	}
	m.tell("STATUS=x")
	expect(t, c, "STATUS=x")
	close(stuck)
	expect(t, c, "WATCHDOG=1")
	if answers != 1 {
		t.Errorf("got %d probes, want 1: the others would have waited behind it", answers)
	}
}

// expect reads one message.
func expect(t *testing.T, c *net.UnixConn, want string) {
	t.Helper()
	buf := make([]byte, 100)
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := c.Read(buf)
	if got := string(buf[:n]); got != want || err != nil {
		t.Errorf("got %q, error %v, want %q", got, err, want)
	}
}
