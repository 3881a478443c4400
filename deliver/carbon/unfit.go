package carbon

import (
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plumbago/plumbago/metric"
)

// unfit counts points that the protocol cannot carry, and logs a sample.
type unfit struct {
	points prometheus.Counter
	log    *slog.Logger
	next   time.Time // when the next may be logged
}

// unfitEvery is how often a sample is logged.
const unfitEvery = time.Minute

func newUnfit(o Options) *unfit {
	c := prometheus.NewCounter(prometheus.CounterOpts{
		Name:        "plumbago_deliver_unfit_points_total",
		Help:        "Points left out because the protocol has no such time, those left out again included; they count as sent.",
		ConstLabels: prometheus.Labels{"dest": o.Name},
	})
	return &unfit{points: register(o.Registerer, c), log: o.Logger}
}

// count is a protobuf.Reject.
func (u *unfit) count(reason metric.Reason, item string) {
	u.points.Inc()
	if now := time.Now(); now.After(u.next) {
		u.next = now.Add(unfitEvery)
		u.log.Warn("point left out: the protocol cannot carry it", "reason", string(reason), "text", item)
	}
}

// register registers c, or finds what a destination of the same name did before.
func register(r prometheus.Registerer, c prometheus.Counter) prometheus.Counter {
	var already prometheus.AlreadyRegisteredError
	switch {
	case r == nil:
	case errors.As(r.Register(c), &already):
		return already.ExistingCollector.(prometheus.Counter)
	}
	return c
}
