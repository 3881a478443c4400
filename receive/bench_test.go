package receive_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs/certstest"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/tenant"
)

// sending says what a sender, a process of its own, is to send.
type sending struct {
	Protocol, Network, Addr string
	Points, Conns, Batch    int
	Rate                    int    // points a second, 0: as fast as it goes
	Key                     string // in front of each name; then there are tenants
}

const sendVariable = "PLUMBAGO_TEST_SEND"

// sendIfAsked makes this process the sender that start started.
func sendIfAsked() {
	text := os.Getenv(sendVariable)
	if text == "" {
		return
	}
	var s sending
	err := json.Unmarshal([]byte(text), &s)
	if err == nil {
		err = s.send()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func (s sending) send() error {
	var wg sync.WaitGroup
	errs := make(chan error, s.Conns)
	for i := range s.Conns {
		wg.Go(func() { errs <- s.sendOne(i) })
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s sending) sendOne(n int) error {
	c, err := s.dial()
	if err != nil {
		return err
	}
	defer c.Close()
	piece := s.piece(n)
	began := time.Now()
	for sent := 0; sent < s.Points/s.Conns; sent += s.Batch {
		if s.Rate > 0 {
			due := time.Duration(sent) * time.Second / time.Duration(s.Rate/s.Conns)
			time.Sleep(due - time.Since(began))
		}
		if _, err := c.Write(piece); err != nil && s.Network != "udp" {
			return err
		}
	}
	return nil
}

func (s sending) dial() (net.Conn, error) {
	if s.Network == "tls" {
		return tls.Dial("tcp", s.Addr, &tls.Config{InsecureSkipVerify: true})
	}
	return net.Dial(s.Network, s.Addr)
}

func (s sending) piece(n int) (piece []byte) {
	items := "\x80\x02]("
	for i := range s.Batch {
		name := s.Key + fmt.Sprintf("servers.host-%04d.cpu.core-%02d.user", i*4+n, n)
		piece = fmt.Appendf(piece, "%s %d.25 1700000000\n", name, i)
		items += "X" + string([]byte{byte(len(name)), 0, 0, 0}) + name + "J\x01\xf1SeG\x40\x09\x21\xfb\x54\x44\x2d\x18\x86\x86"
	}
	if s.Protocol == "pickle" {
		return []byte(frame(items + "e."))
	}
	return piece
}

// counter is a sink that counts.
type counter struct{ points, calls atomic.Int64 }

func (c *counter) Receive(_ context.Context, b metric.Batch) error {
	c.points.Add(int64(b.Points))
	c.calls.Add(1)
	return nil
}

func BenchmarkReceive(b *testing.B) {
	benchmarks := []struct {
		name string
		sending
	}{
		{"line/tcp/full", sending{"line", "tcp", "", 4_000_000, 4, 500, 0, ""}},
		{"line/tcp/100k", sending{"line", "tcp", "", 200_000, 4, 50, 100_000, ""}},
		{"line/tls/full", sending{"line", "tls", "", 4_000_000, 4, 500, 0, ""}},
		{"line/tls/100k", sending{"line", "tls", "", 200_000, 4, 50, 100_000, ""}},
		{"line/tcp/full of tenants", sending{"line", "tcp", "", 4_000_000, 4, 500, 0, acmeKey + "."}},
		{"line/udp/100k of 20 of tenants", sending{"line", "udp", "", 200_000, 4, 20, 100_000, acmeKey + "."}},
		{"pickle/tcp/full", sending{"pickle", "tcp", "", 4_000_000, 4, 500, 0, ""}},
		{"pickle/tcp/100k", sending{"pickle", "tcp", "", 200_000, 4, 500, 100_000, ""}},
		{"line/udp/100k of 20", sending{"line", "udp", "", 200_000, 4, 20, 100_000, ""}},
		{"line/udp/20k of 1", sending{"line", "udp", "", 40_000, 4, 1, 20_000, ""}},
		{"line/udp/full of 20", sending{"line", "udp", "", 2_000_000, 4, 20, 0, ""}},
	}
	for _, bench := range benchmarks {
		b.Run(bench.name, func(b *testing.B) { benchmark(b, bench.sending) })
	}
}

func benchmark(b *testing.B, s sending) {
	var sink counter
	o := receive.Options{Protocol: s.Protocol, Address: s.Network + "://127.0.0.1:0"}
	o.TLS.Cert, o.TLS.Key = certstest.New(b, "ca").Issue("server")
	if s.Key != "" {
		o.Tenants = tenants(b, tenant.Drop)
	}
	l, err := receive.Listen(o, &sink)
	if err != nil {
		b.Fatal(err)
	}
	run(b, l)
	s.Addr = l.Addr().String()
	text, _ := json.Marshal(s)
	b.ReportAllocs()
	runtime.GC()
	before, began := cpu(), time.Now()
	for b.Loop() {
		child := exec.Command(os.Args[0], "-test.run=NONE")
		child.Env = append(os.Environ(), sendVariable+"="+string(text))
		if out, err := child.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
	for last := int64(-1); last != sink.points.Load(); time.Sleep(20 * time.Millisecond) {
		last = sink.points.Load()
	}
	sent := float64(s.Points) * float64(b.N)
	points := float64(sink.points.Load())
	b.ReportMetric(float64(cpu()-before)/points, "cpu-ns/point")
	b.ReportMetric(points/time.Since(began).Seconds(), "points/s")
	b.ReportMetric(points/float64(sink.calls.Load()), "points/call")
	b.ReportMetric(100*(sent-points)/sent, "lost-%")
}

// cpu is the processor time that this process has used, its children's not
// included.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
