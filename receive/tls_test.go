package receive_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/internal/certs/certstest"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
)

// tlsOptions are those of a TLS listener with a certificate of ca.
func tlsOptions(j *journal, ca *certstest.Issuer, change ...func(*x509.Certificate)) receive.Options {
	o := options(j)
	o.Address = "tls://127.0.0.1:0"
	o.TLS.Cert, o.TLS.Key = ca.Issue("server", change...)
	return o
}

func dialTLS(t testing.TB, l *running, c *tls.Config) *tls.Conn {
	t.Helper()
	return client(t, dial(t, l), c)
}

// client shakes hands over c.
func client(t testing.TB, c net.Conn, config *tls.Config) *tls.Conn {
	t.Helper()
	s := tls.Client(c, config)
	if err := s.Handshake(); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestProtocolsOverTLS(t *testing.T) {
	ca := certstest.New(t, "ca")
	inputs := map[string]string{
		"line":     pointLine("a") + pointLine("b"),
		"pickle":   frame(point("a", 0)) + frame(point("b", 0)),
		"protobuf": frame(protobufPoint("a")) + frame(protobufPoint("b")),
	}
	for protocol, input := range inputs {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(protocol+" "+tls.VersionName(version), func(t *testing.T) {
				p, j := newPool(), newJournal()
				o := tlsOptions(j, ca)
				o.Protocol = protocol
				l := listen(t, o, p)
				trust := ca.Trust()
				trust.MaxVersion = version
				c := dialTLS(t, l, trust)
				send(t, c, input[:7])
				send(t, c, input[7:])
				p.wait(t, 2)
				c.Close()
				l.stop()
				if want := pointLine("a") + pointLine("b"); p.text() != want {
					t.Errorf("got %q, want %q", p.text(), want)
				}
				for name, want := range map[string]float64{"points_total": 2, "bytes_total": float64(len(input)),
					"connections_total": 1, "connections": 0, "handshake_errors_total": 0, "connections_closed_total": 0} {
					if got := j.metric(t, name, "listener="+protocol+"+tls://127.0.0.1:0"); got != want {
						t.Errorf("got %v %s, want %v", got, name, want)
					}
				}
			})
		}
	}
}

// choppy is a connection whose writes arrive in pieces, with silences in which
// the far end must wait in the middle of a record.
type choppy struct {
	net.Conn
	r *rand.Rand
}

func (c choppy) Write(p []byte) (n int, err error) {
	for _, piece := range cut(c.r, string(p)) {
		if c.r.IntN(3) == 0 {
			time.Sleep(200 * time.Microsecond)
		}
		m, err := c.Conn.Write([]byte(piece))
		if n += m; err != nil {
			return n, err
		}
	}
	return n, nil
}

func TestAnyChunkingOfRecordsGivesTheSamePoints(t *testing.T) {
	ca := certstest.New(t, "ca")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for seed := range uint64(5) {
			p := newPool()
			o := tlsOptions(newJournal(), ca)
			o.MaxLine = 10_000
			l := listen(t, o, p)
			r := rand.New(rand.NewPCG(seed, 5))
			text, want := lineStream(r, 200)
			trust := ca.Trust()
			trust.MaxVersion = version
			c := client(t, choppy{dial(t, l), r}, trust)
			for _, part := range cut(r, text) {
				send(t, c, part)
			}
			c.Close()
			p.wait(t, 200)
			l.stop()
			if p.text() != want {
				t.Fatalf("seed %d: got %d bytes, want %d", seed, len(p.text()), len(want))
			}
		}
	}
}

// held is a connection that keeps back the end of what it is to write, when it is
// told to.
type held struct {
	net.Conn
	keep int // bytes
	kept []byte
}

func (h *held) Write(p []byte) (int, error) {
	if h.keep == 0 {
		return h.Conn.Write(p)
	}
	h.kept = append(h.kept, p...)
	n := max(len(h.kept)-h.keep, 0)
	_, err := h.Conn.Write(h.kept[:n])
	h.kept = h.kept[n:]
	return len(p), err
}

// TestAHalfRecordWaitsWithoutADesk: all that is whole is handed on, and the desk
// is left until the rest of the record has come.
func TestAHalfRecordWaitsWithoutADesk(t *testing.T) {
	ca := certstest.New(t, "ca")
	for _, keep := range []int{1, 17, 5000, 10_000} {
		p := newPool()
		l := listen(t, tlsOptions(newJournal(), ca), p)
		h := &held{Conn: dial(t, l)}
		c := client(t, h, ca.Trust())
		send(t, c, "a 1 2\n")
		p.wait(t, 1)
		h.keep = keep
		send(t, c, strings.Repeat("b 1 2\n", 1000)+strings.Repeat("x", 10_000)+" 1 2\n")
		time.Sleep(20 * time.Millisecond)
		eventually(t, "no desk is in use", func() bool { return receive.DesksInUse(l.Listener) == 0 })
		if p.count() > 1001 {
			t.Errorf("%d kept back: got %d points of records that are not whole", keep, p.count())
		}
		if _, err := h.Conn.Write(h.kept); err != nil {
			t.Fatal(err)
		}
		p.wait(t, 1002)
		l.stop()
	}
}

func TestAFloodOverTLSArrivesWhole(t *testing.T) {
	const lines = 300_000
	ca := certstest.New(t, "ca")
	var sink counter
	l := listen(t, tlsOptions(newJournal(), ca), &sink)
	var wg sync.WaitGroup
	for n := range 3 {
		wg.Go(func() {
			c := dialTLS(t, l, ca.Trust())
			send(t, c, strings.Repeat(fmt.Sprintf("servers.host-%04d.cpu.user 12.5 1700000000\n", n), lines))
			c.Close()
		})
	}
	wg.Wait()
	eventually(t, "all points", func() bool { return sink.points.Load() == 3*lines })
	if each := sink.points.Load() / sink.calls.Load(); each < 500 {
		t.Errorf("got %d points at once, want many records in one read", each)
	}
}

func TestTheRestOfATLSConnection(t *testing.T) {
	ca := certstest.New(t, "ca")
	tests := []struct {
		name  string
		leave func(c *tls.Conn, h *held)
		want  string
		lost  float64
	}{
		{"closed in good order", func(c *tls.Conn, _ *held) { c.Close() }, "a 1 2\nb 12 3\n", 0},
		{"cut off between records", func(_ *tls.Conn, h *held) { h.Close() }, "a 1 2\n", 1},
		{"cut off in a record", func(c *tls.Conn, h *held) {
			h.keep = 5
			_, _ = c.Write([]byte("45 1700000000\n"))
			h.Close()
		}, "a 1 2\n", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, j := newPool(), newJournal()
			o := tlsOptions(j, ca)
			o.AcceptUnterminated = true
			l := listen(t, o, p)
			h := &held{Conn: dial(t, l)}
			c := client(t, h, ca.Trust())
			send(t, c, "a 1 2\nb 12 3")
			test.leave(c, h)
			eventually(t, "closed", func() bool { return j.metric(t, "connections_total") == 1 && j.metric(t, "connections") == 0 })
			if p.text() != test.want {
				t.Errorf("got %q, want %q", p.text(), test.want)
			}
			if got := j.rejected(t, metric.Unterminated); got != test.lost {
				t.Errorf("got %v counted as unterminated, want %v", got, test.lost)
			}
		})
	}
}

func TestIdleTLSConnectionsAreClosedInGoodOrder(t *testing.T) {
	ca := certstest.New(t, "ca")
	p, j := newPool(), newJournal()
	o := tlsOptions(j, ca)
	o.IdleTimeout = 100 * time.Millisecond
	trust := ca.Trust()
	trust.MaxVersion = tls.VersionTLS12 // whose alerts can be told from data
	heard := &tape{Conn: dial(t, listen(t, o, p))}
	c := client(t, heard, trust)
	send(t, c, "a 1 2\n")
	heard.tape = nil
	if _, err := c.Read(make([]byte, 1)); err != io.EOF || len(heard.tape) == 0 || heard.tape[0] != alert {
		t.Errorf("got %v and %x, want a close_notify", err, heard.tape)
	}
	eventually(t, "counted", func() bool { return j.metric(t, "connections_closed_total", "reason=idle") == 1 })
}

// alert is the type of a record that says that something ends.
const alert = 21

// tape is a connection that keeps what was read.
type tape struct {
	net.Conn
	tape []byte
}

func (c *tape) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.tape = append(c.tape, p[:n]...)
	return n, err
}

// TestStopLetsInWhoTheKernelHolds: who has connected before the stop can shake
// hands, and what it then sends arrives.
func TestStopLetsInWhoTheKernelHolds(t *testing.T) {
	ca := certstest.New(t, "ca")
	p := newPool()
	l, err := receive.Listen(tlsOptions(newJournal(), ca), p)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	raw, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := receive.Accept(l)
	if err != nil {
		t.Fatal(err)
	}
	var sending sync.WaitGroup
	sending.Go(func() {
		c := tls.Client(raw, ca.Trust())
		_, _ = io.WriteString(c, "a 1 2\n")
		c.Close()
	})
	receive.ReadStopped(l, accepted)
	sending.Wait()
	if p.text() != "a 1 2\n" {
		t.Errorf("got %q, want the line", p.text())
	}
}

func TestStopTellsATLSSender(t *testing.T) {
	ca := certstest.New(t, "ca")
	p := newPool()
	l := listen(t, tlsOptions(newJournal(), ca), p)
	c := dialTLS(t, l, ca.Trust())
	send(t, c, "a 1 2\n")
	p.wait(t, 1)
	go l.stop()
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("got %v, want a close_notify", err)
	}
	send(t, c, "b 1 2\n")
	c.Close()
	p.wait(t, 2)
	l.stop()
}

// TestStopLetsWhoIsEnteringIn: a handshake that is under way at the stop is
// finished, and what comes with it arrives.
func TestStopLetsWhoIsEnteringIn(t *testing.T) {
	ca := certstest.New(t, "ca")
	p, j := newPool(), newJournal()
	l := listen(t, tlsOptions(j, ca), p)
	raw := dial(t, l)
	eventually(t, "accepted", func() bool { return j.metric(t, "connections") == 1 })
	stopped := make(chan struct{})
	go func() {
		l.stop()
		close(stopped)
	}()
	time.Sleep(50 * time.Millisecond)
	c := client(t, raw, ca.Trust())
	send(t, c, "a 1 2\n")
	c.Close()
	<-stopped
	if p.text() != "a 1 2\n" {
		t.Errorf("got %q, want the line", p.text())
	}
}

func TestStopDoesNotWaitForAHandshakeWithoutEnd(t *testing.T) {
	ca := certstest.New(t, "ca")
	j := newJournal()
	l := listen(t, tlsOptions(j, ca), newPool())
	c := dial(t, l)
	send(t, c, "\x16\x03\x01\x02\x00")
	eventually(t, "accepted", func() bool { return j.metric(t, "connections") == 1 })
	began := time.Now()
	l.stop()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("stopping took %v", took)
	}
	if got := j.metric(t, "connections_closed_total", "reason=stop"); got != 1 {
		t.Errorf("got %v closed by the stop, want 1", got)
	}
}

// TestWhoDoesNotReadCannotHoldAReader: the little that a server of points writes,
// such as answers to new keys, has little time.
func TestWhoDoesNotReadCannotHoldAReader(t *testing.T) {
	for _, last := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			defer far.Close()
			began := time.Now()
			c := receive.OpenCable(near)
			if last {
				_ = c.SetWriteDeadline(began.Add(time.Hour)) // as crypto/tls does before a close_notify
			}
			if _, err := c.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %v, want the time to be up", err)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("a write took %v", took)
			}
		})
	}
}

// TestSlowTLSClientsAreCheap: whoever stops in the middle of something holds
// little, and no desk.
func TestSlowTLSClientsAreCheap(t *testing.T) {
	const most = 48 << 10
	conns := 500
	if raceEnabled {
		conns = 50 // what they cost is not looked at then
	}
	ca := certstest.New(t, "ca")
	tests := []struct {
		name string
		slow func(t *testing.T, l *running)
	}{
		{"a handshake without end", func(t *testing.T, l *running) {
			send(t, dial(t, l), "\x16\x03\x01\x40\x00"+strings.Repeat("x", 8000))
		}},
		{"half a record", func(t *testing.T, l *running) {
			h := &held{Conn: dial(t, l)}
			c := client(t, h, ca.Trust())
			send(t, c, "a 1 2\n")
			h.keep = 100
			send(t, c, strings.Repeat("x", 16<<10))
			h.kept = nil
		}},
		{"a byte at a time", func(t *testing.T, l *running) {
			c := dialTLS(t, l, ca.Trust())
			for range 5 {
				send(t, c, "x")
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			j := newJournal()
			o := tlsOptions(j, ca)
			o.Logger = nil
			l := listen(t, o, newPool())
			before := memory()
			for range conns {
				test.slow(t, l)
			}
			eventually(t, "accepted", func() bool { return j.metric(t, "connections") == float64(conns) })
			time.Sleep(50 * time.Millisecond)
			eventually(t, "no desk is in use", func() bool { return receive.DesksInUse(l.Listener) == 0 })
			each := (memory() - before) / int64(conns)
			t.Logf("%d bytes a connection, both ends", each)
			if !raceEnabled && each > most {
				t.Errorf("a slow connection costs %d bytes, want %d at most", each, most)
			}
		})
	}
}

func TestASinkThatBlocksDoesNotKeepATLSConnectionOpen(t *testing.T) {
	ca := certstest.New(t, "ca")
	started := make(chan struct{}, 1)
	blocked := sinkFunc(func(ctx context.Context, _ metric.Batch) error {
		started <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	l := listen(t, tlsOptions(newJournal(), ca), blocked)
	send(t, dialTLS(t, l, ca.Trust()), "a 1 2\n")
	<-started
	l.stop()
}
