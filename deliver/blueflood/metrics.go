package blueflood

import (
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/register"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are those of one destination, beside the worker's.
type metrics struct {
	deliver.Requests
	refused map[reason]prometheus.Counter
	logins  prometheus.Counter
	failed  prometheus.Counter
}

func newMetrics(r prometheus.Registerer, dest string) metrics {
	refused := newCounters(r, dest, "reason", "refused_points_total", "Points that were refused for good, here or by the far end; they are dropped.")
	logins := newCounters(r, dest, "result", "logins_total", "Logins at the identity service.")
	m := metrics{
		Requests: deliver.NewRequests(r, dest),
		refused:  map[reason]prometheus.Counter{},
		logins:   logins.WithLabelValues("ok"),
		failed:   logins.WithLabelValues("failed"),
	}
	for _, why := range reasons {
		m.refused[why] = refused.WithLabelValues(string(why))
	}
	return m
}

// newCounters registers counters, or finds what a destination of the same name did
// before.
func newCounters(r prometheus.Registerer, dest, label, name, help string) *prometheus.CounterVec {
	return register.Once(r, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "plumbago_blueflood_" + name, Help: help, ConstLabels: prometheus.Labels{"dest": dest},
	}, []string{label}))
}
