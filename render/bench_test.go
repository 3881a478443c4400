package render_test

import (
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/plumbago/plumbago/render"
)

// day fills a store with so many series of a day, a point each step.
func day(series int, step int64) *memory {
	m := newMemory()
	for n := range series {
		s := render.Series{Name: fmt.Sprintf("servers.web%03d.cpu.user", n), Step: step, From: oracleNow - 86400 - oracleNow%step}
		for i := range 86400/step + 2 {
			v := 50 + 40*math.Sin(float64(i)/100+float64(n))
			if i%97 == 0 {
				v = math.NaN()
			}
			s.Values = append(s.Values, math.Round(v*100)/100)
		}
		m.put(s)
	}
	return m
}

// benchmarkRender asks for 100 series over a day, without a disk below.
func benchmarkRender(b *testing.B, m *memory, values ...string) {
	h := render.New(m, render.Options{Now: func() time.Time { return time.Unix(oracleNow, 0) }})
	q := get("/render", append([]string{"from", "-24h", "format", "json"}, values...)...)
	size := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		w := &discard{header: http.Header{}}
		h.ServeHTTP(w, q.request())
		if w.status > 299 || w.size < 100 {
			b.Fatalf("got status %d and %d bytes, want an answer", w.status, w.size)
		}
		size = w.size
	}
	b.SetBytes(size)
}

// discard is a response that only counts.
type discard struct {
	header http.Header
	size   int64
	status int
}

func (d *discard) Header() http.Header    { return d.header }
func (d *discard) WriteHeader(status int) { d.status = status }
func (d *discard) Write(p []byte) (int, error) {
	d.size += int64(len(p))
	return len(p), nil
}

func BenchmarkRenderMinutes(b *testing.B) {
	benchmarkRender(b, day(100, 60), "target", "servers.*.cpu.user")
}

func BenchmarkRenderMinutesForAGraph(b *testing.B) {
	benchmarkRender(b, day(100, 60), "target", "servers.*.cpu.user", "maxDataPoints", "700")
}

func BenchmarkRenderTenSecondsForAGraph(b *testing.B) {
	benchmarkRender(b, day(100, 10), "target", "servers.*.cpu.user", "maxDataPoints", "700")
}

func BenchmarkRenderTenSeconds(b *testing.B) {
	benchmarkRender(b, day(100, 10), "target", "servers.*.cpu.user")
}

func BenchmarkRenderFunctions(b *testing.B) {
	benchmarkRender(b, day(100, 60), "maxDataPoints", "700",
		"target", "aliasByNode(movingAverage(perSecond(scale(servers.*.cpu.user,60)),'10min'),1)", "target", "sumSeries(servers.*.cpu.user)")
}
