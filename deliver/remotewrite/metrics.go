package remotewrite

import (
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/register"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are those of one destination, beside the worker's.
type metrics struct {
	deliver.Requests
	refused  map[reason]prometheus.Counter
	replaced prometheus.Counter
	mapped   prometheus.Counter
	cache    prometheus.Gauge
}

func newMetrics(r prometheus.Registerer, dest string) metrics {
	labels := prometheus.Labels{"dest": dest}
	counter := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: "plumbago_remotewrite_" + name, Help: help, ConstLabels: labels}
	}
	refused := register.Once(r, prometheus.NewCounterVec(
		counter("refused_points_total", "Points that were refused for good, here or by the far end; they are dropped."), []string{"reason"}))
	m := metrics{
		Requests: deliver.NewRequests(r, dest),
		refused:  map[reason]prometheus.Counter{},
		replaced: register.Once(r, prometheus.NewCounter(counter("replaced_points_total", "Points that were not sent because a later one of the same request has their series and time."))),
		mapped:   register.Once(r, prometheus.NewCounter(counter("mapped_names_total", "Names that the rules were applied to, because they were not remembered."))),
		cache: register.Once(r, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "plumbago_remotewrite_cache_bytes", Help: "Memory that remembered names take.", ConstLabels: labels,
		})),
	}
	for _, why := range reasons {
		m.refused[why] = refused.WithLabelValues(string(why))
	}
	return m
}
