package carbon_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"testing"

	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/certs/certstest"
	"github.com/plumbago/plumbago/metric"
)

// block returns a batch of about 256 KiB.
func block() (b metric.Batch) {
	for len(b.Lines) < 256<<10-64 {
		b.Lines = fmt.Appendf(b.Lines, "servers.host-%04d.cpu.core-%02d.user %d.5 1700000000\n", b.Points%10_000, b.Points%16, b.Points)
		b.Points++
	}
	return b
}

// BenchmarkSend measures encoding, writing over loopback and asking for
// acknowledgements, with a far end that throws away what it reads.
func BenchmarkSend(b *testing.B) {
	a := certstest.New(b, "ca")
	server := a.Server()
	for name, o := range map[string]carbon.Options{
		"line":     {Protocol: "line"},
		"prefix":   {Protocol: "line", Prefix: "key"},
		"crlf":     {Protocol: "line", LineEnd: "\r\n"},
		"pickle":   {Protocol: "pickle"},
		"protobuf": {Protocol: "protobuf"},
		"tls":      {Protocol: "line", TLS: &certs.Client{CAFile: a.CA}},
	} {
		b.Run(name, func(b *testing.B) {
			ln := listen(b, "tcp4")
			go func() {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				defer c.Close()
				if o.TLS != nil {
					c = tls.Server(c, server)
				}
				io.Copy(io.Discard, c)
			}()
			o.Address = "tcp://" + ln.Addr().String()
			if o.TLS != nil {
				o.Address = "tls://" + ln.Addr().String()
			}
			conn, err := newDestination(b, o).Dial(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			batch := block()
			b.SetBytes(int64(len(batch.Lines)))
			b.ReportAllocs()
			for b.Loop() {
				if err := conn.Send(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
				conn.Acked()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch.Points), "ns/point")
			if err := conn.Close(context.Background()); err != nil {
				b.Error(err)
			}
		})
	}
}
