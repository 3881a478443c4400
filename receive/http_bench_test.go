package receive_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/tenant"
)

// safe is a sink that counts, and says that it has stored.
type safe struct{ counter }

func (s *safe) Store(ctx context.Context, b metric.Batch) error { return s.Receive(ctx, b) }

const perRequest = 250

func requestOf(t testing.TB, headers, how, form string) string {
	lines := make([]string, perRequest)
	for i := range lines {
		lines[i] = fmt.Sprintf(form, fmt.Sprintf("servers.host-%04d.cpu.core-%02d.user", i/16, i%16), i)
	}
	body := strings.Join(lines, "\n")
	if strings.HasPrefix(form, "[") {
		body = "[" + strings.Join(lines, ",") + "]"
	}
	return post(headers, compressed(t, how, body))
}

// BenchmarkHTTP sends requests by a connection a processor. The clients' work is
// in the figures.
func BenchmarkHTTP(b *testing.B) {
	const asLine, asJSON = "%s %d.25 1700000000", `["%s",%d.25,1700000000]`
	named := acme(b, tenant.Limits{PointsPerSecond: 1e9})
	for _, bench := range []struct {
		name, request string
		book          *tenant.Book
	}{
		{"lines", requestOf(b, "", "", asLine), nil},
		{"lines of a tenant", requestOf(b, basic(uuidKey+":"), "", asLine), named},
		{"lines of a tenant with a prefix", requestOf(b, basic(otherKey+":"), "", asLine), named},
		{"lines without a time", requestOf(b, "", "", "%s %d"), nil},
		{"gzip", requestOf(b, "Content-Encoding: gzip\r\n", "gzip", asLine), nil},
		{"zstd", requestOf(b, "Content-Encoding: zstd\r\n", "zstd", asLine), nil},
		{"JSON", requestOf(b, "Content-Type: application/json\r\n", "", asJSON), nil},
	} {
		b.Run(bench.name, func(b *testing.B) {
			o := httpOptions(newJournal())
			o.Tenants = bench.book
			benchmarkHTTP(b, o, bench.request)
		})
	}
}

func benchmarkHTTP(b *testing.B, o receive.Options, request string) {
	var sink safe
	l := listen(b, o, &sink)
	text := []byte(request)
	b.SetBytes(int64(len(request)))
	b.ReportAllocs()
	before := cpu()
	var failed atomic.Pointer[error]
	b.RunParallel(func(pb *testing.PB) {
		c, err := net.Dial("tcp", l.Addr().String())
		for r := bufio.NewReader(c); err == nil && pb.Next(); {
			err = exchange(c, r, text)
		}
		if err != nil {
			failed.Store(&err)
			return
		}
		c.Close()
	})
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	if got := sink.points.Load(); got != int64(b.N)*perRequest {
		b.Fatalf("got %d points, want %d", got, b.N*perRequest)
	}
	each := float64(cpu()-before) / float64(b.N)
	b.ReportMetric(each, "cpu-ns/request")
	b.ReportMetric(each/perRequest, "cpu-ns/point")
}

// exchange sends a request and reads an answer without a body.
func exchange(w io.Writer, r *bufio.Reader, request []byte) error {
	if _, err := w.Write(request); err != nil {
		return err
	}
	status, err := r.ReadString('\n')
	if err == nil && !strings.Contains(status, " 202 ") {
		return fmt.Errorf("got %q", status)
	}
	for line := status; err == nil && line != "\r\n"; {
		line, err = r.ReadString('\n')
	}
	return err
}
