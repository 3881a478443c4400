package relay

import (
	"github.com/plumbago/plumbago/metric"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	received prometheus.Counter
	unrouted prometheus.Counter
	reloads  *prometheus.CounterVec
	reloaded prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	make := promauto.With(r)
	m := &metrics{
		received: make.NewCounter(prometheus.CounterOpts{
			Name: "plumbago_relay_received_points_total",
			Help: "Points that were read, understood, and handed to the routing table.",
		}),
		unrouted: make.NewCounter(prometheus.CounterOpts{
			Name:        "plumbago_relay_dropped_points_total",
			Help:        "Points that went to no destination, by reason.",
			ConstLabels: prometheus.Labels{"reason": string(metric.NoRoute)},
		}),
		reloads: make.NewCounterVec(prometheus.CounterOpts{
			Name: "plumbago_relay_reloads_total",
			Help: "Configurations gone over to while running (applied), or refused because of an error.",
		}, []string{"result"}),
		reloaded: make.NewGauge(prometheus.GaugeOpts{
			Name: "plumbago_relay_last_reload_success",
			Help: "0 if the last configuration was refused and the one before it still runs, 1 otherwise.",
		}),
	}
	m.reloaded.Set(1)
	for _, result := range []string{"applied", "refused"} {
		m.reloads.WithLabelValues(result)
	}
	return m
}
