package relay

import (
	"sync/atomic"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/route"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics counts what passes the routing table, and reloads.
type metrics struct {
	received                             atomic.Uint64
	noRoute, blacklisted, notWhitelisted atomic.Uint64

	reloads  *prometheus.CounterVec
	reloaded prometheus.Gauge
	taken    prometheus.Gauge // when the configuration in force was
}

func newMetrics(r prometheus.Registerer) *metrics {
	make := promauto.With(r)
	m := &metrics{
		reloads: make.NewCounterVec(prometheus.CounterOpts{
			Name: "plumbago_relay_reloads_total",
			Help: "Configurations gone over to while running (applied), or refused because of an error.",
		}, []string{"result"}),
		reloaded: make.NewGauge(prometheus.GaugeOpts{
			Name: "plumbago_relay_last_reload_success",
			Help: "0 if the last configuration was refused and the one before it still runs, 1 otherwise.",
		}),
	}
	m.taken = make.NewGauge(prometheus.GaugeOpts{
		Name: "plumbago_relay_config_timestamp_seconds",
		Help: "When the configuration in force was taken up, in Unix seconds.",
	})
	m.reloaded.Set(1)
	m.taken.SetToCurrentTime()
	for _, result := range []string{"applied", "refused"} {
		m.reloads.WithLabelValues(result)
	}
	make.NewCounterFunc(prometheus.CounterOpts{
		Name: "plumbago_relay_received_points_total",
		Help: "Points that were read, understood, and handed to the routing table.",
	}, read(&m.received))
	for reason, n := range m.reasons() {
		make.NewCounterFunc(prometheus.CounterOpts{
			Name:        "plumbago_relay_dropped_points_total",
			Help:        "Points that went to no destination, by reason.",
			ConstLabels: prometheus.Labels{"reason": string(reason)},
		}, read(n))
	}
	return m
}

func read(n *atomic.Uint64) func() float64 {
	return func() float64 { return float64(n.Load()) }
}

func (m *metrics) drop(d route.Dropped) {
	m.noRoute.Add(uint64(d.NoRoute))
	m.blacklisted.Add(uint64(d.Blacklisted))
	m.notWhitelisted.Add(uint64(d.NotWhitelisted))
}

// reasons are why points go nowhere, with how many did.
func (m *metrics) reasons() map[metric.Reason]*atomic.Uint64 {
	return map[metric.Reason]*atomic.Uint64{
		metric.NoRoute: &m.noRoute, metric.Blacklisted: &m.blacklisted, metric.NotWhitelisted: &m.notWhitelisted,
	}
}

// dropped is how many points went nowhere, by reasons for which any did.
func (m *metrics) dropped() map[metric.Reason]uint64 {
	all := map[metric.Reason]uint64{}
	for reason, n := range m.reasons() {
		if n := n.Load(); n > 0 {
			all[reason] = n
		}
	}
	return all
}
