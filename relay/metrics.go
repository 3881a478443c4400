package relay

import (
	"github.com/plumbago/plumbago/metric"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	received prometheus.Counter
	unrouted prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	make := promauto.With(r)
	return &metrics{
		received: make.NewCounter(prometheus.CounterOpts{
			Name: "plumbago_relay_received_points_total",
			Help: "Points that were read, understood, and handed to the routing table.",
		}),
		unrouted: make.NewCounter(prometheus.CounterOpts{
			Name:        "plumbago_relay_dropped_points_total",
			Help:        "Points that went to no destination, by reason.",
			ConstLabels: prometheus.Labels{"reason": string(metric.NoRoute)},
		}),
	}
}
