package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// burst is how many datagrams one system call sends at most.
const burst = 64

// flood sends the pieces as datagrams, each connection's from a socket of its own:
// what has become due, at once.
func (l load) flood(ctx context.Context, pieces [][]piece) sent {
	total := sent{Started: time.Now().UnixNano()}
	start := time.Now()
	parts := make([]sent, len(pieces))
	var sending sync.WaitGroup
	for c := range pieces {
		sending.Go(func() { parts[c] = floodFrom(ctx, l.To, pieces[c], start) })
	}
	sending.Wait()
	total.Took = time.Since(start)
	for _, part := range parts {
		total.Points += part.Points
		total.Late = max(total.Late, part.Late)
	}
	return total
}

// floodFrom sends pieces from one socket, until one cannot be sent.
func floodFrom(ctx context.Context, to string, pieces []piece, start time.Time) (s sent) {
	hose, err := newHose(to)
	if err != nil {
		return s
	}
	defer hose.close()
	for len(pieces) > 0 && ctx.Err() == nil {
		now := time.Since(start)
		if wait := pieces[0].due - now; wait > 0 {
			time.Sleep(max(wait, crowdNap))
			continue
		}
		s.Late = max(s.Late, now-pieces[0].due)
		n, err := hose.send(dueBy(pieces[:min(len(pieces), burst)], now))
		if err != nil {
			return s
		}
		for _, p := range pieces[:n] {
			s.Points += int64(p.points)
		}
		pieces = pieces[n:]
	}
	return s
}

// dueBy are those of the first pieces that are due.
func dueBy(pieces []piece, now time.Duration) []piece {
	for i, p := range pieces {
		if p.due > now {
			return pieces[:i]
		}
	}
	return pieces
}

// droppedAt is how many datagrams the kernel has dropped at the sockets of a port,
// because their buffers were full.
func droppedAt(port string) (int64, error) {
	f, err := os.Open("/proc/net/udp")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	number, err := strconv.Atoi(port)
	if err != nil {
		return 0, err
	}
	drops, lines := int64(0), bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 13 || !strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", number)) {
			continue
		}
		n, err := strconv.ParseInt(fields[len(fields)-1], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read %q: %w", lines.Text(), err)
		}
		drops += n
	}
	return drops, lines.Err()
}
