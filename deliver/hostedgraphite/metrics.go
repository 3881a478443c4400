package hostedgraphite

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// requests counts them by the kind of their answers: none, or by hundreds.
type requests struct{ answers [6]prometheus.Counter }

var kinds = [6]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}

func newRequests(r prometheus.Registerer, dest string) (q requests) {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name:        "plumbago_deliver_requests_total",
		Help:        "Requests made, by the kind of the answer.",
		ConstLabels: prometheus.Labels{"dest": dest},
	}, []string{"answer"})
	vec = register(r, vec)
	for i, kind := range kinds {
		if i != 1 { // no answer is one that only announces another
			q.answers[i] = vec.WithLabelValues(kind)
		}
	}
	q.answers[1] = q.answers[0]
	return q
}

// count counts a request with this status, 0 if it was not answered.
func (q requests) count(status int) { q.answers[min(status/100, len(kinds)-1)].Inc() }

// register registers c, or finds what a destination of the same name did before.
func register(r prometheus.Registerer, c *prometheus.CounterVec) *prometheus.CounterVec {
	var already prometheus.AlreadyRegisteredError
	switch {
	case r == nil:
	case errors.As(r.Register(c), &already):
		return already.ExistingCollector.(*prometheus.CounterVec)
	}
	return c
}
