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
	f := register.Family{To: r, Prefix: "plumbago_remotewrite_", Labels: prometheus.Labels{"dest": dest}}
	refused := f.Counters("refused_points_total", "Points that were refused for good, here or by the far end; they are dropped.", "reason")
	m := metrics{
		Requests: deliver.NewRequests(r, dest),
		refused:  map[reason]prometheus.Counter{},
		replaced: f.Counter("replaced_points_total", "Points that were not sent because a later one of the same request has their series and time."),
		mapped:   f.Counter("mapped_names_total", "Names that the rules were applied to, because they were not remembered."),
		cache:    f.Gauge("cache_bytes", "Memory that remembered names take."),
	}
	for _, why := range reasons {
		m.refused[why] = refused.WithLabelValues(string(why))
	}
	return m
}
