package delivertest

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// Cost measures what it costs to send blocks of one size over conn, in turn, after
// each was sent once. It closes conn.
func Cost(b *testing.B, conn deliver.Conn, blocks []metric.Batch) {
	sent := 0
	send := func() {
		if err := conn.Send(b.Context(), blocks[sent%len(blocks)]); err != nil {
			b.Fatal(err)
		}
		sent++
	}
	for range blocks {
		send()
	}
	b.SetBytes(int64(len(blocks[0].Lines)))
	b.ReportAllocs()
	before := ProcessorTime()
	for b.Loop() {
		send()
	}
	if err := conn.Close(context.Background()); err != nil || conn.Acked() != uint64(sent) {
		b.Fatalf("got %d blocks acknowledged, %v, want %d", conn.Acked(), err, sent)
	}
	points := float64(b.N * blocks[0].Points)
	b.ReportMetric(points/b.Elapsed().Seconds(), "points/s")
	b.ReportMetric((ProcessorTime()-before).Seconds()/points*1e6, "cpu-s/Mpoint")
}

// ProcessorTime is what the process has used.
func ProcessorTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
