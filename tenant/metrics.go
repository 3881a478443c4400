package tenant

import (
	"github.com/plumbago/plumbago/internal/register"
	"github.com/prometheus/client_golang/prometheus"
)

// fate is what became of points, as far as it is counted.
type fate uint8

const (
	passed      fate = iota // labelled with the protocol, all others with the reason
	dropped                 // for a limit too
	limited                 // would have been dropped if it were not for a dry run
	fixed                   // by the policy for names
	quarantined             // likewise, or as nobody's
	fates
)

// meters are the metrics of a book.
type meters struct {
	registerer prometheus.Registerer
	points     [fates]*prometheus.CounterVec
	live       map[string]prometheus.Collector // by tenant, of those that have a limit
}

func newMeters(r prometheus.Registerer) *meters {
	vec := func(name, help, label string) *prometheus.CounterVec {
		return register.Once(r, prometheus.NewCounterVec(
			prometheus.CounterOpts{Namespace: "plumbago", Subsystem: "tenant", Name: name, Help: help},
			[]string{"tenant", label}))
	}
	return &meters{registerer: r, live: map[string]prometheus.Collector{}, points: [fates]*prometheus.CounterVec{
		passed:  vec("points_total", "Points passed on, those in quarantine included.", "protocol"),
		dropped: vec("dropped_points_total", "Points not passed on, by reason.", "reason"),
		limited: vec("limited_points_total", "Points passed on that are over a limit, which is tried in a dry run.", "reason"),
		fixed:   vec("fixed_points_total", "Points mended by the policy for names, before the limits are looked at.", "reason"),
		quarantined: vec("quarantined_points_total",
			"Points sent to the quarantine destination, those among them that are over the tenant's rate included.", "reason"),
	}}
}

// open makes the account of a tenant.
func (m *meters) open(name string) *account { return &account{name: name, m: m} }

// close takes an account out of the metrics for good.
func (m *meters) close(a *account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	for _, vec := range m.points {
		vec.DeletePartialMatch(prometheus.Labels{"tenant": a.name})
	}
}

func (m *meters) showLive(name string, live func() float64) {
	if m.registerer == nil || m.live[name] != nil {
		return
	}
	g := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "plumbago", Subsystem: "tenant", Name: "live_metrics",
		Help:        "Different names of a tenant within the window of its limit of live metrics.",
		ConstLabels: prometheus.Labels{"tenant": name}}, live)
	m.registerer.Unregister(g) // another book's, which this one follows
	m.registerer.MustRegister(g)
	m.live[name] = g
}

func (m *meters) hideLive(name string) {
	if g := m.live[name]; g != nil {
		m.registerer.Unregister(g)
		delete(m.live, name)
	}
}
