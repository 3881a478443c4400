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
	f := register.Family{To: r, Prefix: namespace, Labels: prometheus.Labels{"dest": dest}}
	published := f.Counters("published_messages_total", "Messages published, by result.", "result")
	return &senderMetrics{
		stored:     published.WithLabelValues("stored"),
		duplicates: published.WithLabelValues("duplicate"),
		failed:     published.WithLabelValues("error"),
		bytes:      f.Counter("published_bytes_total", "Bytes of the content of messages published, compressed."),
		flying:     f.Gauge("unacknowledged_messages", "Messages published that the stream has not acknowledged yet."),
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
	f := register.Family{To: r, Prefix: namespace, Labels: prometheus.Labels{"receiver": name}}
	messages := f.Counters("messages_total", "Messages done with: stored, stored before, or put in quarantine.", "kind")
	return &receiverMetrics{
		taken: messages.WithLabelValues("points"), repeated: messages.WithLabelValues("repeated"), poisoned: messages.WithLabelValues("poisoned"),
		redelivered: f.Counter("redelivered_messages_total", "Messages that came again, as nobody had acknowledged them."),
		refused:     f.Counter("refused_messages_total", "Messages given back, to come again, as they could not be stored."),
		points:      f.Counter("points_total", "Points stored, before routing."),
		bytes:       f.Counter("bytes_total", "Bytes of the content of messages, compressed."),
		errors:      f.Counter("errors_total", "Tries to connect that failed, and connections that broke."),
		held:        f.Gauge("held_messages", "Messages in memory that are not acknowledged."),
		pending:     f.Gauge("pending_messages", "Messages in the stream that nobody was given yet, when the last one came."),
		connected:   f.Gauge("connected", "1 if messages can come in."),
	}
}

const namespace = "plumbago_nats_"
