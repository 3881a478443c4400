package carbon_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/deliver/delivertest"
	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/metric"
)

// listenUDP returns a socket on loopback with room for what a test sends.
func listenUDP(t testing.TB) *net.UDPConn {
	t.Helper()
	far, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	far.SetReadBuffer(4 << 20)
	t.Cleanup(func() { far.Close() })
	return far
}

// datagram is the next that far gets, "" if there is none soon.
func datagram(t testing.TB, far *net.UDPConn) string {
	t.Helper()
	buf := make([]byte, 64<<10)
	far.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	n, err := far.Read(buf)
	if err != nil {
		return ""
	}
	return string(buf[:n])
}

func dialUDP(t testing.TB, far net.Addr, o carbon.Options) deliver.Conn {
	t.Helper()
	o.Address = "udp://" + far.String()
	conn, err := newDestination(t, o).Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(atOnce()) })
	return conn
}

// line is a canonical line of n bytes.
func line(n int) string {
	const rest = " 1 1700000000\n"
	return strings.Repeat("n", n-len(rest)) + rest
}

func batch(lines ...string) metric.Batch {
	return metric.Batch{Lines: []byte(strings.Join(lines, "")), Points: len(lines)}
}

func TestDatagrams(t *testing.T) {
	a, b := line(700), line(701)
	tests := []struct {
		name    string
		o       carbon.Options
		lines   []string
		want    []string
		refused string // part of the error
	}{
		{"one line", carbon.Options{}, []string{"a 1 2\n"}, []string{"a 1 2\n"}, ""},
		{"lines together", carbon.Options{}, []string{"a 1 2\n", "b 1 2\n"}, []string{"a 1 2\nb 1 2\n"}, ""},
		{"as many as fit", carbon.Options{}, []string{a, a, a}, []string{a + a, a}, ""},
		{"one byte too many", carbon.Options{}, []string{a, b, a, a}, []string{a, b, a + a}, ""},
		{"a long line by itself", carbon.Options{}, []string{"a 1 2\n", line(8192), "b 1 2\n"}, []string{"a 1 2\n", line(8192), "b 1 2\n"}, ""},
		{"lines that are too long", carbon.Options{}, []string{line(8193), "a 1 2\n", line(20000), "b 1 2\n"}, []string{"a 1 2\n", "b 1 2\n"}, "longer than the 8192 bytes"},
		{"nothing but a line that is too long", carbon.Options{}, []string{line(8193)}, nil, "longer than the 8192 bytes"},
		{"small datagrams", carbon.Options{MaxDatagram: 12}, []string{"a 1 2\n", "b 1 2\n", "c 1 2\n"}, []string{"a 1 2\nb 1 2\n", "c 1 2\n"}, ""},
		{"large datagrams", carbon.Options{MaxDatagram: 20000}, []string{line(10000), line(10000), line(20001)}, []string{line(10000) + line(10000)}, "longer"},
		{"prefix and CR LF", carbon.Options{Prefix: "s3cret", LineEnd: "\r\n", Protocol: "line"}, []string{"a 1 2\n"}, []string{"s3cret.a 1 2\r\n"}, ""},
		{"prefix that makes a line too long", carbon.Options{Prefix: "s3cret"}, []string{line(8192), "a 1 2\n"}, []string{"s3cret.a 1 2\n"}, "longer"},
		{"no line", carbon.Options{}, nil, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			far := listenUDP(t)
			conn := dialUDP(t, far.LocalAddr(), tt.o)
			err := conn.Send(context.Background(), batch(tt.lines...))
			if tt.refused == "" && err != nil || tt.refused != "" && (err == nil || !strings.Contains(err.Error(), tt.refused) || deliver.IsPermanent(err)) {
				t.Errorf("got %v, want %q in it", err, tt.refused)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %q, with the key", err)
			}
			var got []string
			for d := datagram(t, far); d != ""; d = datagram(t, far) {
				got = append(got, d)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %.40q, want %.40q", got, tt.want)
			}
			if n := conn.Acked(); n != 1 {
				t.Errorf("got %d batches acknowledged, want 1", n)
			}
		})
	}
}

// TestDatagramsAreCounted: what no datagram carries is dropped and the rest sent.
func TestDatagramsAreCounted(t *testing.T) {
	far, source := listenUDP(t), delivertest.NewSource()
	d := newDestination(t, carbon.Options{Address: "udp://" + far.LocalAddr().String()})
	source.Add("a 1 2", strings.TrimSpace(line(9000)), "b 1 2")
	source.Add("c 1 2")
	source.CloseInput()
	if err := deliver.New(d, source, deliver.Options{Name: "far"}).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if p := source.Progress(); p.Refused != 1 || p.Dropped != 1 || p.Released != 1 || p.Rewinds > 1 {
		t.Errorf("got %+v, want 1 point refused, and nothing sent again", p)
	}
	got := []string{datagram(t, far), datagram(t, far), datagram(t, far), datagram(t, far)}
	if want := []string{"a 1 2\n", "b 1 2\n", "c 1 2\n", ""}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDatagramsBreakWhereNobodyListens(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	far := listenUDP(t)
	conn := dialUDP(t, far.LocalAddr(), carbon.Options{})
	send(t, conn, 1)
	if got := datagram(t, far); got != string(point.Lines) {
		t.Errorf("got %q, want %q", got, point.Lines)
	}
	far.Close()
	var err error
	for range 1000 { // loopback answers at once, in the middle of a Send
		if err = conn.Send(context.Background(), point); err != nil {
			break
		}
		select {
		case <-conn.Broken():
			err = conn.Close(context.Background())
		case <-time.After(10 * time.Millisecond):
			continue
		}
		break
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want that the connection is refused", err)
	}
	conn.Close(context.Background())
}

func TestDatagramsEndWithTheirContexts(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	far := listenUDP(t)
	conn := dialUDP(t, far.LocalAddr(), carbon.Options{MaxDatagram: len(point.Lines)})
	if err := conn.Send(atOnce(), point); !errors.Is(err, context.Canceled) || conn.Acked() != 0 {
		t.Errorf("got %v and %d acknowledged, want context.Canceled and none", err, conn.Acked())
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	many := metric.Batch{Lines: bytes.Repeat(point.Lines, 300_000), Points: 300_000}
	if err := conn.Send(ctx, many); !errors.Is(err, context.DeadlineExceeded) || conn.Acked() != 0 {
		t.Errorf("got %v and %d acknowledged, want context.DeadlineExceeded and none", err, conn.Acked())
	}
	if err := conn.Close(context.Background()); err != nil {
		t.Errorf("Close: got %v, want nil", err)
	}
	select {
	case <-conn.Broken():
	default:
		t.Error("got a connection that is not broken after Close")
	}
}

func TestDatagramsThrowAnswersAway(t *testing.T) {
	far := listenUDP(t)
	conn := dialUDP(t, far.LocalAddr(), carbon.Options{})
	send(t, conn, 1)
	buf := make([]byte, 100)
	_, from, err := far.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		far.WriteTo([]byte("who are you?"), from)
	}
	send(t, conn, 1)
	if got := datagram(t, far); got != string(point.Lines) {
		t.Errorf("got %q, want %q", got, point.Lines)
	}
}

func TestNewChecksUDP(t *testing.T) {
	tests := []struct {
		name string
		o    carbon.Options
		want string
	}{
		{"pickle", carbon.Options{Protocol: "pickle"}, `protocol "pickle": carbon takes datagrams of lines only`},
		{"TLS", carbon.Options{TLS: &certs.Client{}}, "has no TLS"},
		{"too large", carbon.Options{MaxDatagram: 65508}, "none larger than 65507"},
		{"too small", carbon.Options{MaxDatagram: -1}, "datagrams of -1 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Address = "udp://a:1"
			if _, err := carbon.New(tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
	d := newDestination(t, carbon.Options{Address: "udp://nowhere.invalid:1"})
	if _, err := d.Dial(context.Background()); err == nil {
		t.Error("got nil, want that the name is unknown")
	}
}

func BenchmarkDatagrams(b *testing.B) {
	far := listenUDP(b)
	go func() {
		for buf := make([]byte, 64<<10); ; {
			if _, err := far.Read(buf); err != nil {
				return
			}
		}
	}()
	conn := dialUDP(b, far.LocalAddr(), carbon.Options{})
	var lines bytes.Buffer
	for n := 0; lines.Len() < 64<<10; n++ {
		fmt.Fprintf(&lines, "servers.host-%04d.cpu.core-%d.user %d 1700000000\n", n%500, n%16, n)
	}
	all := metric.Batch{Lines: lines.Bytes(), Points: bytes.Count(lines.Bytes(), []byte("\n"))}
	b.SetBytes(int64(lines.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if err := conn.Send(context.Background(), all); err != nil {
			b.Fatal(err)
		}
	}
}
