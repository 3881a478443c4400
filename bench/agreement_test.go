package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"time"
)

// A generator and a sink that are connected to each other agree on every point.
func TestGeneratorAndSinkAgree(t *testing.T) {
	for _, protocol := range []string{"line", "pickle"} {
		for _, rate := range []int{0, 200_000} {
			t.Run(fmt.Sprintf("%s at %d", protocol, rate), func(t *testing.T) {
				s := newTestSink(t, protocol, 20_000)
				l := load{To: s.addresses[0], Protocol: protocol, Points: 20_000, Series: 100, Connections: 3, Rate: rate, Chunk: 7}
				sent := sendAll(t, l)
				if sent.Points != 20_000 {
					t.Errorf("sent %d points, want 20000", sent.Points)
				}
				waitFor(t, s, func(c count) bool { return c.Unique == sent.Points })
				compareCounts(t, s.count(), count{Unique: 20_000})
			})
		}
	}
}

func TestGeneratorAndSinkAgreeByTLS(t *testing.T) {
	cert, err := issue(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tally := newTally(10, 1000)
	tally.stream = tally.stream.under("acme.")
	s, err := listenSink("line", tally, cert, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.down)
	l := load{To: s.addresses[0], Protocol: "line", Front: "acme.", CA: cert.Cert, Points: 1000, Series: 10, Connections: 2, Rate: 2000, Chunk: 10}
	reset := time.AfterFunc(100*time.Millisecond, s.reset)
	defer reset.Stop()
	if sent := sendAll(t, l); sent.Points != 1000 || sent.Reconnects == 0 {
		t.Errorf("sent %d points with %d connections made again, want 1000, some", sent.Points, sent.Reconnects)
	}
	waitFor(t, s, func(c count) bool { return c.Unique > 900 })
	if got := s.count(); got.Damaged > 0 {
		t.Errorf("got %d damaged: %q", got.Damaged, got.Samples)
	}
	other, err := issue(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dial(s.addresses[0], other.Cert); err == nil {
		t.Error("a certificate was taken that nobody vouches for")
	}
}

func TestSinkNoticesWhatAMeddlerDoes(t *testing.T) {
	const points, marked = 1000, 500
	tests := []struct {
		name   string
		meddle func(line string) string
		want   count
	}{
		{"nothing", func(l string) string { return l }, count{Unique: points}},
		{"drops", func(string) string { return "" }, count{Unique: points - 1}},
		{"repeats", func(l string) string { return l + l }, count{Unique: points, Twice: 1}},
		{"tears", func(l string) string { return l[:9] + "\n" + l[9:] }, count{Unique: points - 1, Damaged: 2}},
		{"changes", func(l string) string { return l[:9] + "?" + l[10:] }, count{Unique: points - 1, Damaged: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newTestSink(t, "line", points)
			between := meddler(t, s.addresses[0], func(n int, line string) string {
				if n != marked {
					return line
				}
				return test.meddle(line)
			})
			sendAll(t, load{To: between, Protocol: "line", Points: points, Series: 10, Connections: 1, Chunk: 10})
			waitFor(t, s, func(c count) bool { return c.Unique+c.Damaged >= test.want.Unique+test.want.Damaged })
			compareCounts(t, s.count(), test.want)
		})
	}
}

func TestSenderWaitsForADestinationThatIsDown(t *testing.T) {
	s := newTestSink(t, "line", 1000)
	s.down()
	l := load{To: s.addresses[0], Protocol: "line", Points: 1000, Series: 10, Connections: 2, Chunk: 10}
	done := make(chan sent, 1)
	go func() { done <- l.send(t.Context(), l.senders(), l.pieces()) }()
	if err := s.up(); err != nil {
		t.Fatal(err)
	}
	if got := <-done; got.Points != 1000 {
		t.Errorf("sent %d points, want 1000", got.Points)
	}
	waitFor(t, s, func(c count) bool { return c.Unique == 1000 })
}

func TestSenderConnectsAgain(t *testing.T) {
	s := newTestSink(t, "line", 4000)
	l := load{To: s.addresses[0], Protocol: "line", Points: 4000, Series: 10, Connections: 1, Rate: 10_000, Chunk: 10}
	done := make(chan sent, 1)
	go func() { done <- l.send(t.Context(), l.senders(), l.pieces()) }()
	waitFor(t, s, func(c count) bool { return c.Unique > 100 })
	s.reset()
	sent := <-done
	if sent.Points != 4000 || sent.Reconnects != 1 {
		t.Errorf("sent %d points, %d connections made again, want 4000, 1", sent.Points, sent.Reconnects)
	}
}

// The first connection is reset in the middle of a write that no buffer holds.
func TestSenderWritesAPieceAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	read := make(chan int, 1)
	go func() {
		first, _ := l.Accept()
		io.CopyN(io.Discard, first, 1<<20)
		first.(*net.TCPConn).SetLinger(0)
		first.Close()
		second, _ := l.Accept()
		n, _ := io.Copy(io.Discard, second)
		read <- int(n)
	}()
	load := load{To: l.Addr().String(), Protocol: "line", Points: 300_000, Series: 10, Connections: 1, Chunk: 300_000}
	sent := sendAll(t, load)
	if got, want := <-read, len(load.pieces()[0][0].bytes); got != want || sent.Reconnects != 1 {
		t.Errorf("the second of %d connections brought %d bytes, want the whole piece of %d", sent.Reconnects+1, got, want)
	}
}

func TestSenderStops(t *testing.T) {
	l := load{To: "127.0.0.1:1", Protocol: "line", Points: 10, Series: 1, Connections: 1, Chunk: 1}
	if got := l.send(canceled(t), l.senders(), l.pieces()); got.Points != 0 {
		t.Errorf("sent %d points after the end, want none", got.Points)
	}
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// A sink at several ports counts what comes at any of them.
func TestSinkAtSeveralPorts(t *testing.T) {
	const points = 1000
	s, err := listenSink("line", newTally(10, points), certificate{}, 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.down)
	for round := range 2 {
		for i, address := range s.addresses {
			sendAll(t, load{To: address, Protocol: "line", Points: points, Series: 10, Connections: 1, Chunk: 10})
			want := int64(round*len(s.addresses)+i+1) * points
			waitFor(t, s, func(c count) bool { return c.Unique+c.Twice == want })
		}
		s.down()
		if err := s.up(); err != nil {
			t.Fatal(err)
		}
	}
	compareCounts(t, s.count(), count{Unique: points, Twice: 5 * points})
}

func TestPacedPiecesComeInTheirTurn(t *testing.T) {
	l := load{Protocol: "line", Points: 1000, Series: 10, Connections: 4, Rate: 1000, Chunk: 10}
	points := 0
	for _, mine := range l.pieces() {
		for _, p := range mine {
			turn := time.Duration(p.first) * time.Millisecond
			if p.due < turn || p.due > turn+10*time.Millisecond {
				t.Errorf("piece of point %d is due after %v, want %v to %v", p.first, p.due, turn, turn+10*time.Millisecond)
			}
			points += p.points
		}
	}
	if points != 1000 {
		t.Errorf("pieces hold %d points, want 1000", points)
	}
}

func newTestSink(t *testing.T, protocol string, points int) *sink {
	t.Helper()
	series := 100
	if protocol == "line" && points < 20_000 {
		series = 10
	}
	s, err := listenSink(protocol, newTally(series, points), certificate{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.down)
	return s
}

func sendAll(t *testing.T, l load) sent {
	t.Helper()
	if err := l.check(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return l.send(ctx, l.senders(), l.pieces())
}

// waitFor waits until the sink's count is as wanted, for as long as that can take
// on a slow machine.
func waitFor(t *testing.T, s *sink, enough func(count) bool) {
	t.Helper()
	for range 2000 {
		if enough(s.count()) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("waited in vain: %+v", s.count())
}

// meddler passes the lines of one connection on to address, each through meddle.
func meddler(t *testing.T, address string, meddle func(n int, line string) string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		in, err := l.Accept()
		if err != nil {
			return
		}
		defer in.Close()
		out, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		defer out.Close()
		lines := bufio.NewReader(in)
		for n := 0; ; n++ {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			io.WriteString(out, meddle(n, line))
		}
	}()
	return l.Addr().String()
}
