package slack

import (
	"github.com/plumbago/plumbago/internal/register"
	"github.com/prometheus/client_golang/prometheus"
)

// senderMetrics count for one destination.
type senderMetrics struct {
	posted, failed, changed, cleaned prometheus.Counter
}

func newSenderMetrics(r prometheus.Registerer, dest string) *senderMetrics {
	f := family{r, prometheus.Labels{"dest": dest}}
	posts := f.counters("posts_total", "Messages posted, by result.", "result")
	return &senderMetrics{
		posted:  posts.WithLabelValues("ok"),
		failed:  posts.WithLabelValues("error"),
		changed: f.counter("changed_total", "Messages that Slack stored otherwise than they were sent."),
		cleaned: f.counter("cleaned_total", "Messages of the sender's own that were deleted because they were old."),
	}
}

// receiverMetrics count for one receiver.
type receiverMetrics struct {
	read, repeated, left      prometheus.Counter // messages
	points, badLines          prometheus.Counter
	acked, failed             prometheus.Counter
	errors                    prometheus.Counter
	unacknowledged, connected prometheus.Gauge
	behind                    prometheus.Gauge
}

func newReceiverMetrics(r prometheus.Registerer, name string) *receiverMetrics {
	f := family{r, prometheus.Labels{"receiver": name}}
	messages := f.counters("messages_total", "Messages read: with points, repeated ones, and those without.", "kind")
	acks := f.counters("acknowledgements_total", "Messages acknowledged, and tries to that failed.", "result")
	return &receiverMetrics{
		read: messages.WithLabelValues("points"), repeated: messages.WithLabelValues("repeated"), left: messages.WithLabelValues("other"),
		points:   f.counter("points_total", "Points read, before routing."),
		badLines: f.counter("bad_lines_total", "Lines of messages with points that are none."),
		acked:    acks.WithLabelValues("ok"), failed: acks.WithLabelValues("error"),
		errors:         f.counter("errors_total", "Tries to read the channel, or to connect, that failed."),
		unacknowledged: f.gauge("unacknowledged_messages", "Messages whose points are on disk and which are to be acknowledged."),
		connected:      f.gauge("connected", "1 if Socket Mode is connected, or if the channel could be read."),
		behind:         f.gauge("read_timestamp_seconds", "Up to when the channel is read, in Unix seconds."),
	}
}

// family makes metrics, or finds those that were registered before.
type family struct {
	registerer prometheus.Registerer
	labels     prometheus.Labels
}

const namespace = "plumbago_slack_"

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
