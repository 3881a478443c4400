package blueflood_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver/blueflood"
	"github.com/plumbago/plumbago/deliver/delivertest"
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
	delivertest.Cost(b, conn, cut(load(60_000), 1200))
}

// cut cuts a batch into blocks of so many points.
func cut(all metric.Batch, points int) (blocks []metric.Batch) {
	for lines := bytes.SplitAfter(all.Lines, []byte{'\n'}); len(lines) > points; lines = lines[points:] {
		blocks = append(blocks, metric.Batch{Lines: bytes.Join(lines[:points], nil), Points: points})
	}
	return blocks
}
