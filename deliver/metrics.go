package deliver

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plumbago/plumbago/queue"
)

// metrics are those of one worker.
type metrics struct {
	sentPoints, sentBytes, resentPoints, refusedPoints prometheus.Counter
	connects, connectErrors, disconnects               prometheus.Counter
	connected                                          prometheus.Gauge
	ackTimes                                           prometheus.Histogram

	began         time.Time
	oldestUnacked atomic.Int64 // when it was sent, in nanoseconds since began; 0 if there is none
}

// newMetrics makes the metrics of the destination called dest and registers
// them, unless r is nil.
func newMetrics(r prometheus.Registerer, dest string) *metrics {
	labels := prometheus.Labels{"dest": dest}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "plumbago_deliver_" + name, Help: help, ConstLabels: labels})
	}
	m := &metrics{
		began:         time.Now(),
		sentPoints:    counter("sent_points_total", "Points handed to the destination, those sent again included."),
		sentBytes:     counter("sent_bytes_total", "Bytes of canonical lines handed to the destination, those sent again included."),
		resentPoints:  counter("resent_points_total", "Points that a connection's end left unconfirmed, to be sent again."),
		refusedPoints: counter("refused_points_total", "Points that the destination refused for good; they are dropped."),
		connects:      counter("connects_total", "Connections made."),
		connectErrors: counter("connect_errors_total", "Tries to connect that did not succeed."),
		disconnects:   counter("disconnects_total", "Connections that broke."),
		connected: prometheus.NewGauge(prometheus.GaugeOpts{Name: "plumbago_deliver_connected",
			Help: "Whether there is a connection to the destination: 1 or 0.", ConstLabels: labels}),
	}
	m.ackTimes = prometheus.NewHistogram(prometheus.HistogramOpts{Name: "plumbago_deliver_ack_seconds",
		Help: "How long batches were under way until they were acknowledged.", ConstLabels: labels,
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}})
	lag := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "plumbago_deliver_ack_lag_seconds",
		Help: "How long the oldest batch without acknowledgement has been under way; 0 if there is none.", ConstLabels: labels}, m.ackLag)
	if r != nil {
		r.MustRegister(m.sentPoints, m.sentBytes, m.resentPoints, m.refusedPoints,
			m.connects, m.connectErrors, m.disconnects, m.connected, m.ackTimes, lag)
	}
	return m
}

func (m *metrics) ackLag() float64 {
	sent := m.oldestUnacked.Load()
	if sent == 0 {
		return 0
	}
	return max(0, (time.Since(m.began) - time.Duration(sent)).Seconds())
}

// sent counts a batch.
func (m *metrics) sent(b queue.Block) {
	m.sentPoints.Add(float64(b.Points))
	m.sentBytes.Add(float64(len(b.Lines)))
}

// waiting notes the oldest record without acknowledgement, nil if there is none.
func (m *metrics) waiting(r *record) {
	if r == nil {
		m.oldestUnacked.Store(0)
		return
	}
	m.oldestUnacked.Store(max(1, int64(r.sentAt.Sub(m.began))))
}
