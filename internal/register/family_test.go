package register_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/plumbago/plumbago/internal/register"
	"github.com/prometheus/client_golang/prometheus"
)

func TestFamily(t *testing.T) {
	r := prometheus.NewRegistry()
	for range 2 { // the second time finds those of the first
		f := register.Family{To: r, Prefix: "x_", Labels: prometheus.Labels{"dest": "d"}}
		f.Counter("a_total", "A.").Inc()
		f.Counters("b_total", "B.", "why").WithLabelValues("w").Inc()
		f.Gauge("c", "C.").Inc()
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			text := f.GetName()
			for _, l := range m.GetLabel() {
				text += " " + l.GetName() + "=" + l.GetValue()
			}
			got = append(got, fmt.Sprint(text, " ", m.GetCounter().GetValue()+m.GetGauge().GetValue()))
		}
	}
	want := []string{"x_a_total dest=d 2", "x_b_total dest=d why=w 2", "x_c dest=d 2"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
