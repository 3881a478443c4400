package deliver

import (
	"github.com/plumbago/plumbago/internal/register"
	"github.com/prometheus/client_golang/prometheus"
)

// Requests counts those of a destination that speaks HTTP, by the kind of their
// answers: none, or by hundreds.
type Requests struct{ answers [6]prometheus.Counter }

var kinds = [6]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}

// NewRequests registers the counters of the destination called dest, or finds those
// that one of the same name did before. They are not registered if r is nil.
func NewRequests(r prometheus.Registerer, dest string) (q Requests) {
	vec := register.Once(r, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name:        "plumbago_deliver_requests_total",
		Help:        "Requests made, by the kind of the answer.",
		ConstLabels: prometheus.Labels{"dest": dest},
	}, []string{"answer"}))
	for i, kind := range kinds {
		if i != 1 { // no answer is one that only announces another
			q.answers[i] = vec.WithLabelValues(kind)
		}
	}
	q.answers[1] = q.answers[0]
	return q
}

// Count counts a request with this status, 0 if it was not answered.
func (q Requests) Count(status int) { q.answers[max(0, min(status/100, len(kinds)-1))].Inc() }
