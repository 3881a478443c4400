package register

import "github.com/prometheus/client_golang/prometheus"

// Family makes metrics whose names begin alike and which have the same labels, or
// finds those that were registered before.
type Family struct {
	To     prometheus.Registerer // may be nil
	Prefix string                // of the names
	Labels prometheus.Labels
}

// Counter returns a counter.
func (f Family) Counter(name, help string) prometheus.Counter {
	return Once(f.To, prometheus.NewCounter(prometheus.CounterOpts{Name: f.Prefix + name, Help: help, ConstLabels: f.Labels}))
}

// Counters returns counters told apart by one label more.
func (f Family) Counters(name, help, label string) *prometheus.CounterVec {
	return Once(f.To, prometheus.NewCounterVec(
		prometheus.CounterOpts{Name: f.Prefix + name, Help: help, ConstLabels: f.Labels}, []string{label}))
}

// Gauge returns a gauge.
func (f Family) Gauge(name, help string) prometheus.Gauge {
	return Once(f.To, prometheus.NewGauge(prometheus.GaugeOpts{Name: f.Prefix + name, Help: help, ConstLabels: f.Labels}))
}
