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
	f := register.Family{To: r, Prefix: namespace, Labels: prometheus.Labels{"dest": dest}}
	posts := f.Counters("posts_total", "Messages posted, by result.", "result")
	return &senderMetrics{
		posted:  posts.WithLabelValues("ok"),
		failed:  posts.WithLabelValues("error"),
		changed: f.Counter("changed_total", "Messages that Slack stored otherwise than they were sent."),
		cleaned: f.Counter("cleaned_total", "Messages of the sender's own that were deleted because they were old."),
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
	f := register.Family{To: r, Prefix: namespace, Labels: prometheus.Labels{"receiver": name}}
	messages := f.Counters("messages_total", "Messages read: with points, repeated ones, and those without.", "kind")
	acks := f.Counters("acknowledgements_total", "Messages acknowledged, and tries to that failed.", "result")
	return &receiverMetrics{
		read: messages.WithLabelValues("points"), repeated: messages.WithLabelValues("repeated"), left: messages.WithLabelValues("other"),
		points:   f.Counter("points_total", "Points read, before routing."),
		badLines: f.Counter("bad_lines_total", "Lines of messages with points that are none."),
		acked:    acks.WithLabelValues("ok"), failed: acks.WithLabelValues("error"),
		errors:         f.Counter("errors_total", "Tries to read the channel, or to connect, that failed."),
		unacknowledged: f.Gauge("unacknowledged_messages", "Messages whose points are on disk and which are to be acknowledged."),
		connected:      f.Gauge("connected", "1 if Socket Mode is connected, or if the channel could be read."),
		behind:         f.Gauge("read_timestamp_seconds", "Up to when the channel is read, in Unix seconds."),
	}
}

const namespace = "plumbago_slack_"
