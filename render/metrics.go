package render

import (
	"strconv"
	"time"

	"github.com/plumbago/plumbago/internal/register"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics count the questions.
type metrics struct {
	answered *prometheus.CounterVec
	seconds  *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) metrics {
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return register.Once(r, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "plumbago_render_" + name, Help: help}, labels))
	}
	return metrics{
		answered: vec("answers_total", "Questions answered, by path and status.", "path", "status"),
		seconds:  vec("answer_seconds_total", "Time that answering took, by path.", "path"),
	}
}

// begin returns what is to be called with the status of the answer.
func (m metrics) begin(path string) (done func(status int)) {
	start := time.Now()
	return func(status int) {
		m.answered.WithLabelValues(path, strconv.Itoa(status)).Inc()
		m.seconds.WithLabelValues(path).Add(time.Since(start).Seconds())
	}
}
