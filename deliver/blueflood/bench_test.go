package blueflood_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver/blueflood"
	"github.com/plumbago/plumbago/metric"
)

// BenchmarkDeliver sends blocks of 64 KiB over one connection: to a far end that
// checks and keeps every point, and to one that only reads, which shows what the
// sending costs.
func BenchmarkDeliver(b *testing.B) {
	b.Run("fake", func(b *testing.B) { benchmark(b, newFar()) })
	b.Run("sink", func(b *testing.B) {
		benchmark(b, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }))
	})
}

func benchmark(b *testing.B, h http.Handler) {
	far := httptest.NewServer(h)
	defer far.Close()
	d := newDestination(b, blueflood.Options{URL: far.URL, Tenant: "12345", Now: func() time.Time { return now }})
	conn, err := d.Dial(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	blocks := cut(load(60_000), 1200)
	b.SetBytes(int64(len(blocks[0].Lines)))
	b.ReportAllocs()
	before, sent := processorTime(), 0
	for b.Loop() {
		if err := conn.Send(context.Background(), blocks[sent%len(blocks)]); err != nil {
			b.Fatal(err)
		}
		sent++
	}
	if err := conn.Close(context.Background()); err != nil || conn.Acked() != uint64(sent) {
		b.Fatalf("got %d blocks acknowledged, %v, want %d", conn.Acked(), err, sent)
	}
	points := float64(sent * blocks[0].Points)
	b.ReportMetric(points/b.Elapsed().Seconds(), "points/s")
	b.ReportMetric((processorTime()-before).Seconds()/points*1e6, "cpu-s/Mpoint")
	b.ReportMetric(0, "ns/op")
}

// cut cuts a batch into blocks of so many points.
func cut(all metric.Batch, points int) (blocks []metric.Batch) {
	for lines := bytes.SplitAfter(all.Lines, []byte{'\n'}); len(lines) > points; lines = lines[points:] {
		blocks = append(blocks, metric.Batch{Lines: bytes.Join(lines[:points], nil), Points: points})
	}
	return blocks
}

// processorTime is what the process has used.
func processorTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
