package nats

import (
	"github.com/plumbago/plumbago/internal/register"
	"github.com/prometheus/client_golang/prometheus"
)

// senderMetrics count for one destination.
type senderMetrics struct {
	stored, duplicates, failed prometheus.Counter // messages
	bytes                      prometheus.Counter
	flying                     prometheus.Gauge
}

func newSenderMetrics(r prometheus.Registerer, dest string) *senderMetrics {
	f := family{r, prometheus.Labels{"dest": dest}}
	published := f.counters("published_messages_total", "Messages published, by result.", "result")
	return &senderMetrics{
		stored:     published.WithLabelValues("stored"),
		duplicates: published.WithLabelValues("duplicate"),
		failed:     published.WithLabelValues("error"),
		bytes:      f.counter("published_bytes_total", "Bytes of the content of messages published, compressed."),
		flying:     f.gauge("unacknowledged_messages", "Messages published that the stream has not acknowledged yet."),
	}
}

// receiverMetrics count for one receiver.
type receiverMetrics struct {
	taken, repeated, poisoned prometheus.Counter // messages
	redelivered, refused      prometheus.Counter
	points, bytes             prometheus.Counter
	errors                    prometheus.Counter
	held, pending, connected  prometheus.Gauge
}

func newReceiverMetrics(r prometheus.Registerer, name string) *receiverMetrics {
	f := family{r, prometheus.Labels{"receiver": name}}
	messages := f.counters("messages_total", "Messages done with: stored, stored before, or put in quarantine.", "kind")
	return &receiverMetrics{
		taken: messages.WithLabelValues("points"), repeated: messages.WithLabelValues("repeated"), poisoned: messages.WithLabelValues("poisoned"),
		redelivered: f.counter("redelivered_messages_total", "Messages that came again, as nobody had acknowledged them."),
		refused:     f.counter("refused_messages_total", "Messages given back, to come again, as they could not be stored."),
		points:      f.counter("points_total", "Points stored, before routing."),
		bytes:       f.counter("bytes_total", "Bytes of the content of messages, compressed."),
		errors:      f.counter("errors_total", "Tries to connect that failed, and connections that broke."),
		held:        f.gauge("held_messages", "Messages in memory that are not acknowledged."),
		pending:     f.gauge("pending_messages", "Messages in the stream that nobody was given yet, when the last one came."),
		connected:   f.gauge("connected", "1 if messages can come in."),
	}
}

// family makes metrics, or finds those that were registered before.
type family struct {
	registerer prometheus.Registerer
	labels     prometheus.Labels
}

const namespace = "plumbago_nats_"

func (f family) counter(name, help string) prometheus.Counter {
	return register.Once(f.registerer, prometheus.NewCounter(prometheus.CounterOpts{Name: namespace + name, Help: help, ConstLabels: f.labels}))
}

func (f family) counters(name, help, label string) *prometheus.CounterVec {
	return register.Once(f.registerer, prometheus.NewCounterVec(
		prometheus.CounterOpts{Name: namespace + name, Help: help, ConstLabels: f.labels}, []string{label}))
}

func (f family) gauge(name, help string) prometheus.Gauge {
	return register.Once(f.registerer, prometheus.NewGauge(prometheus.GaugeOpts{Name: namespace + name, Help: help, ConstLabels: f.labels}))
}
