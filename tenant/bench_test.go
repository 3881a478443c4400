package tenant_test

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"testing"

	"github.com/plumbago/plumbago/internal/tidy"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
	"github.com/prometheus/client_golang/prometheus"
)

// benchLines makes a batch of n lines, the i-th with front(i) before its name.
func benchLines(n int, front func(i int) string) metric.Batch {
	var lines []byte
	for i := range n {
		lines = fmt.Appendf(lines, "%sservers.host-%04d.cpu.core-%02d.user 12345.5 1700000000\n", front(i), i%500, i%16)
	}
	return metric.Batch{Lines: lines, Points: n}
}

func BenchmarkAdmit(b *testing.B) {
	keyed := func(i int) string { return keyOf(i%10) + "." }
	for _, c := range []struct {
		name  string
		front func(int) string
		edit  func(*tenant.Tenant)
		none  bool // no book
		from  string
	}{
		{name: "one key", front: func(int) string { return keyOf(0) + "." }},
		{name: "one key, as a tag", front: func(int) string { return keyOf(0) + "." }, edit: func(t *tenant.Tenant) { t.As = tenant.Tag }},
		{name: "ten keys line by line", front: keyed},
		{name: "by address", front: func(int) string { return "" }, from: "10.0.0.1"},
		{name: "by address, as it is", front: func(int) string { return "" }, from: "10.0.0.1", edit: func(t *tenant.Tenant) { t.As = tenant.Plain }},
		{name: "by address, many first nodes", front: func(i int) string { return fmt.Sprintf("host-%05d.", i) }, from: "10.0.0.1"},
		{name: "unknown keys", front: func(i int) string { return fmt.Sprintf("dddddddd-%04d-4eee-8fff-000000000000.", i) }},
		{name: "no book", front: func(int) string { return "" }, none: true},
		{name: "one key, rate", front: func(int) string { return keyOf(0) + "." }, edit: func(t *tenant.Tenant) { t.Limits.PointsPerSecond = 1e12 }},
		{name: "one key, live metrics", front: func(int) string { return keyOf(0) + "." }, edit: func(t *tenant.Tenant) { t.Limits.LiveMetrics = 1e6 }},
		{name: "one key, all limits", front: func(int) string { return keyOf(0) + "." }, edit: func(t *tenant.Tenant) {
			t.Limits = tenant.Limits{PointsPerSecond: 1e12, LiveMetrics: 1e6, PerMetric: 1e9, MaxLine: 1000, MaxTags: 10}
		}},
		{name: "ten keys line by line, all limits", front: keyed, edit: func(t *tenant.Tenant) {
			t.Limits = tenant.Limits{PointsPerSecond: 1e12, LiveMetrics: 1e6, PerMetric: 1e9, MaxLine: 1000, MaxTags: 10}
		}},
		{name: "one key, policy", front: func(int) string { return keyOf(0) + "." }, edit: func(t *tenant.Tenant) {
			t.Names, _ = tidy.New(tidy.Options{Characters: tidy.Fix, Dots: tidy.Fix, Length: tidy.Fix, Tags: tidy.Fix})
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var o tenant.Options
			for i := range 10 {
				t := tenant.Tenant{Name: fmt.Sprintf("tenant-%d", i), Keys: []string{keyOf(i)}}
				if i == 0 && c.from != "" {
					t.Allow = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
				}
				if c.edit != nil {
					c.edit(&t)
				}
				o.Tenants = append(o.Tenants, t)
			}
			var book *tenant.Book
			if !c.none {
				book, _ = tenant.NewBook(o, prometheus.NewRegistry())
			}
			s := tenant.Sender{Protocol: "line"}
			if c.from != "" {
				s.Address = netip.MustParseAddr(c.from)
			}
			benchAdmit(b, book.Visit(s), benchLines(2000, c.front))
		})
	}
}

func benchAdmit(b *testing.B, v *tenant.Visit, batch metric.Batch) {
	hand := func(context.Context, metric.Batch) error { return nil }
	var room tenant.Room
	b.SetBytes(int64(len(batch.Lines)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Admit(b.Context(), &room, batch, hand); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(batch.Points), "ns/line")
}

func BenchmarkAdmitDatagram(b *testing.B) {
	book, _ := tenant.NewBook(tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", Keys: []string{keyOf(0)}}}}, prometheus.NewRegistry())
	benchAdmit(b, book.Visit(tenant.Sender{Protocol: "line"}), benchLines(1, func(int) string { return keyOf(0) + "." }))
}

func BenchmarkRename(b *testing.B) {
	book, _ := tenant.NewBook(tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", Keys: []string{keyOf(0)}}}}, nil)
	batch := benchLines(2000, func(int) string { return "acme." })
	batch.Tenant = "acme"
	for _, as := range []tenant.Naming{tenant.Plain, tenant.Tag} {
		b.Run(string(as), func(b *testing.B) {
			var dst []byte
			b.SetBytes(int64(len(batch.Lines)))
			b.ReportAllocs()
			for b.Loop() {
				dst = book.Rename(dst[:0], batch, as)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(batch.Points), "ns/line")
		})
	}
}

func BenchmarkMask(b *testing.B) {
	book, _ := tenant.NewBook(tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", Keys: []string{keyOf(0)}}}}, nil)
	raw := bytes.TrimSpace(benchLines(1, func(int) string { return keyOf(0) + "." }).Lines)
	var dst []byte
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		dst = book.Mask(dst[:0], raw)
	}
}
