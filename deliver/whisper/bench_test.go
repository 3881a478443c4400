package whisper_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/delivertest"
	store "github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/internal/schema"
	"github.com/plumbago/plumbago/metric"
)

// load makes batches in which each of many series has a point.
type load struct {
	series int
	at     int64
	next   int
	buf    []byte
}

// batch makes one of about 64 KiB. Time goes on by ten seconds with each turn.
func (l *load) batch() metric.Batch {
	l.buf = l.buf[:0]
	n := 0
	for ; len(l.buf) < 64<<10; n++ {
		l.buf = fmt.Appendf(l.buf, "servers.host%04d.metrics.m%02d %d %d\n", l.next/100, l.next%100, l.next%1000, l.at)
		if l.next++; l.next == l.series {
			l.next, n = 0, n+1
			l.at += 10
			break
		}
	}
	return metric.Batch{Lines: l.buf, Points: n}
}

// turn makes the batches of one point for each series.
func (l *load) turn() (batches []metric.Batch, points int) {
	for done := false; !done; {
		b := l.batch()
		b.Lines = append([]byte(nil), b.Lines...)
		batches, points, done = append(batches, b), points+b.Points, l.next == 0
	}
	return batches, points
}

func benchStore(b *testing.B, o store.Options) (*store.Store, deliver.Conn) {
	o.Schemas = schema.Default()
	o.MaxCreates = 1e6
	s := open(b, o)
	return s, dial(b, s)
}

// BenchmarkWrite is as fast as it goes with 10,000 series, up to the last sync.
func BenchmarkWrite(b *testing.B) {
	s, c := benchStore(b, store.Options{FlushEvery: time.Minute})
	l := &load{series: 10000, at: time.Now().Unix() - 3600*5}
	batches, _ := l.turn()
	for _, one := range batches {
		send(b, c, one)
	}
	closeConn(b, c)
	c = dial(b, s)
	l.at += 10
	points, sent := 0, uint64(0)
	cpu, began := delivertest.ProcessorTime(), time.Now()
	b.ReportAllocs()
	for b.Loop() {
		one := l.batch()
		b.SetBytes(int64(len(one.Lines)))
		send(b, c, one)
		points, sent = points+one.Points, sent+1
	}
	closeConn(b, c)
	took := time.Since(began)
	if c.Acked() != sent {
		b.Fatalf("got %d of %d batches acknowledged", c.Acked(), sent)
	}
	b.ReportMetric(float64(points)/took.Seconds(), "points/s")
	b.ReportMetric((delivertest.ProcessorTime()-cpu).Seconds()/float64(points)*1e6, "cpu-s/Mpoint")
}

// BenchmarkMinute is a minute of 100,000 series with a point every 10 seconds: six
// points each, taken and written in a round. It tells the part of a core that it would
// take.
func BenchmarkMinute(b *testing.B) {
	s, c := benchStore(b, store.Options{FlushEvery: time.Hour, CacheBytes: 256 << 20})
	l := &load{series: 100000, at: time.Now().Unix() - 3600*3}
	sendTurn(b, c, l)
	closeLong(b, c)
	var cpu time.Duration
	points := 0
	b.ReportAllocs()
	for b.Loop() {
		c = dial(b, s)
		runtime.GC()
		before := delivertest.ProcessorTime()
		for range 6 {
			points += sendTurn(b, c, l)
		}
		closeLong(b, c)
		cpu += delivertest.ProcessorTime() - before
	}
	b.ReportMetric(cpu.Seconds()/float64(points)*1e6, "cpu-s/Mpoint")
	b.ReportMetric(100*cpu.Seconds()/float64(points)*10000, "%core")
}

func sendTurn(b *testing.B, c deliver.Conn, l *load) int {
	batches, points := l.turn()
	for _, one := range batches {
		send(b, c, one)
	}
	return points
}

func closeLong(b *testing.B, c deliver.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		b.Fatal(err)
	}
}
