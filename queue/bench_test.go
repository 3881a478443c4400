package queue_test

import (
	"context"
	"io"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

const benchPoints = 850 // of 60 bytes: 50 KiB

// BenchmarkAppendWithReader is the whole way of a point through a queue that
// keeps up: four goroutines append, the worker takes.
func BenchmarkAppendWithReader(b *testing.B) {
	lines := benchBatch()
	q := open(b, b.TempDir(), queue.Options{WhenFull: queue.Wait})
	b.SetBytes(int64(len(lines.Lines)))
	b.ReportAllocs()
	before, start := cpu(), time.Now()
	b.ResetTimer()
	var wg sync.WaitGroup
	for i := range 4 {
		n := b.N / 4
		if i == 0 {
			n += b.N % 4
		}
		wg.Go(func() {
			for range n {
				if err := q.Append(context.Background(), lines); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Go(func() { consume(b, q, b.N*benchPoints) })
	wg.Wait()
	report(b, before, start)
}

// BenchmarkReadBehind is reading back what is no longer in memory.
func BenchmarkReadBehind(b *testing.B) {
	lines := benchBatch()
	q := open(b, b.TempDir(), queue.Options{InOrder: true})
	b.SetBytes(int64(len(lines.Lines)))
	b.ReportAllocs()
	for range b.N {
		if err := q.Append(context.Background(), lines); err != nil {
			b.Fatal(err)
		}
	}
	q.CloseInput()
	before, start := cpu(), time.Now()
	b.ResetTimer()
	consume(b, q, b.N*benchPoints)
	report(b, before, start)
}

func consume(b *testing.B, q *queue.Queue, points int) {
	for points > 0 {
		blk, err := q.Next(context.Background())
		if err == io.EOF {
			return
		}
		if err != nil {
			b.Error(err)
			return
		}
		points -= blk.Points
		q.Acked(blk)
		q.Release(blk)
	}
}

func report(b *testing.B, before time.Duration, start time.Time) {
	points := float64(b.N * benchPoints)
	b.ReportMetric(float64(cpu()-before)/points, "cpu-ns/point")
	b.ReportMetric(points/time.Since(start).Seconds()/1e6, "Mpoints/s")
}

func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchBatch() metric.Batch {
	line := "servers.host-0042.cpu.core-03.user.percent 12345.5 1700000000\n"[2:]
	return metric.Batch{Lines: []byte(strings.Repeat(line, benchPoints)), Points: benchPoints}
}
