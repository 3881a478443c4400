package tenant_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
	"github.com/prometheus/client_golang/prometheus"
)

// keyOf makes the i-th of some keys of the form that is usual.
func keyOf(i int) string { return fmt.Sprintf("c0ffee00-%04x-4bbb-8ccc-1234567890ab", i) }

// batchOf makes a batch of lines, each a name with its value and time, or a name
// alone.
func batchOf(lines ...string) metric.Batch {
	var b metric.Batch
	for _, l := range lines {
		if !strings.Contains(l, " ") {
			l += " 1 1700000000"
		}
		b.Lines = append(append(b.Lines, l...), '\n')
		b.Points++
	}
	return b
}

// handed keeps what is handed on.
type handed struct {
	batches []metric.Batch
	err     error
}

func (h *handed) hand(_ context.Context, b metric.Batch) error {
	if n := bytes.Count(b.Lines, []byte("\n")); n != b.Points || n == 0 {
		panic(fmt.Sprintf("a batch of %d lines says it has %d points", n, b.Points))
	}
	b.Lines = bytes.Clone(b.Lines)
	h.batches = append(h.batches, b)
	return h.err
}

// String is all names that were handed on, by tenant: "acme: a b; globex? c",
// with a question mark for those in quarantine.
func (h *handed) String() string {
	var parts []string
	for _, b := range h.batches {
		mark := ":"
		if b.Quarantined {
			mark = "?"
		}
		part := b.Tenant + mark
		for l := range b.All() {
			part += " " + string(l.Name)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

func newBook(t testing.TB, o tenant.Options) *tenant.Book {
	t.Helper()
	return newBookWith(t, o, nil)
}

func newBookWith(t testing.TB, o tenant.Options, r prometheus.Registerer) *tenant.Book {
	t.Helper()
	b, err := tenant.NewBook(o, r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// admit has v admit lines and returns what was handed on.
func admit(t testing.TB, v *tenant.Visit, lines ...string) (*handed, tenant.Outcome, error) {
	t.Helper()
	var h handed
	var room tenant.Room
	b := batchOf(lines...)
	out, err := v.Admit(t.Context(), &room, b, h.hand)
	if all := out.Passed + out.Limited + out.Dropped; all != b.Points {
		t.Errorf("got an outcome of %d points %+v, want %d", all, out, b.Points)
	}
	return &h, out, err
}

// exposed is what a registry shows of the metrics whose names contain part: a line
// each, of the name without plumbago_tenant_, the labels' values in the order of the
// labels' names, and the value.
func exposed(t testing.TB, r *prometheus.Registry, part string) string {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			value := m.GetCounter().GetValue() + m.GetGauge().GetValue()
			if name := strings.TrimPrefix(f.GetName(), "plumbago_tenant_"); strings.Contains(name, part) {
				lines = append(lines, fmt.Sprintf("%s{%s} %v", name, strings.Join(labels, ","), value))
			}
		}
	}
	return strings.Join(lines, "\n")
}
