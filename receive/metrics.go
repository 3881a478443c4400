package receive

import (
	"sync/atomic"

	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/register"
	"github.com/plumbago/plumbago/metric"
	"github.com/prometheus/client_golang/prometheus"
)

// meter counts for one listener.
type meter struct {
	points, bytes, refused   *tally
	accepted                 *tally
	limited                  prometheus.Counter
	acceptErrors, readErrors prometheus.Counter
	datagrams, drops         prometheus.Counter
	open, bufferBytes        prometheus.Gauge
	closed, rejectedByReason *prometheus.CounterVec
	rejectedCounters         map[metric.Reason]*tally
}

func newMeter(r prometheus.Registerer, listener string) *meter {
	f := family{r, listener}
	m := &meter{
		points:       f.tally("points_total", "Points read, before routing."),
		bytes:        f.tally("bytes_total", "Bytes read."),
		refused:      f.tally("refused_points_total", "Points of batches of which a queue refused a part or all."),
		accepted:     f.tally("connections_total", "Connections accepted."),
		limited:      f.counter("connections_limited_total", "Times that accepting paused because max_connections were open."),
		acceptErrors: f.counter("accept_errors_total", "Errors while accepting a connection."),
		readErrors:   f.counter("read_errors_total", "Errors while reading datagrams."),
		datagrams:    f.counter("datagrams_total", "Datagrams read."),
		drops:        f.counter("kernel_drops_total", "Datagrams that the kernel dropped, mostly because the receive buffer was full."),
		open:         f.gauge("connections", "Connections open."),
		bufferBytes:  f.gauge("udp_buffer_bytes", "Receive buffer that the kernel gave each UDP socket."),
		closed:       f.vec("connections_closed_total", "Connections that were closed from this side, by reason.", "reason"),
		rejectedByReason: f.vec("rejected_total",
			"Lines, items, frames and bodies that were not taken, by reason; a frame or body counts once.", "reason"),
		rejectedCounters: map[metric.Reason]*tally{},
	}
	for _, reason := range senderReasons {
		m.rejectedCounters[reason] = &tally{Counter: m.rejectedByReason.WithLabelValues(string(reason))}
	}
	return m
}

// sealedMeter counts for one listener with TLS.
type sealedMeter struct {
	handshakeErrors, reloads, reloadErrors prometheus.Counter

	expiry *watched
}

func newSealedMeter(r prometheus.Registerer, listener string, id *certs.Identity) *sealedMeter {
	f := family{r, listener}
	expiry := f.watch("certificate_expiry_timestamp_seconds", "When the certificate in force expires, in Unix seconds.",
		func() float64 { return float64(id.NotAfter().Unix()) })
	reloads := f.vec("certificate_reloads_total", "Times that the files of the certificate were read again, by result.", "result")
	return &sealedMeter{
		handshakeErrors: f.counter("handshake_errors_total", "TLS handshakes that did not succeed."),
		reloads:         reloads.WithLabelValues("ok"),
		reloadErrors:    reloads.WithLabelValues("error"),
		expiry:          expiry,
	}
}

// senderReasons is what a sender can do wrong: shown as zero until it happens.
var senderReasons = [...]metric.Reason{metric.Fields, metric.Name, metric.UTF8, metric.Value, metric.NaN,
	metric.Timestamp, metric.TooLong, metric.Unterminated, metric.Pickle, metric.Protobuf, metric.JSON, metric.Body}

func (m *meter) rejected(r metric.Reason) prometheus.Counter {
	if c, ok := m.rejectedCounters[r]; ok {
		return c
	}
	return m.rejectedByReason.WithLabelValues(string(r))
}

// family makes the metrics of one listener; all listeners share their names.
type family struct {
	registerer prometheus.Registerer
	listener   string
}

func (f family) vec(name, help string, labels ...string) *prometheus.CounterVec {
	v := register.Once(f.registerer, prometheus.NewCounterVec(
		prometheus.CounterOpts{Namespace: "plumbago", Subsystem: "receive", Name: name, Help: help},
		append([]string{"listener"}, labels...)))
	return v.MustCurryWith(prometheus.Labels{"listener": f.listener})
}

func (f family) counter(name, help string) prometheus.Counter {
	return f.vec(name, help).WithLabelValues()
}

func (f family) tally(name, help string) *tally { return &tally{Counter: f.counter(name, help)} }

func (f family) gauge(name, help string) prometheus.Gauge {
	return register.Once(f.registerer, prometheus.NewGaugeVec(
		prometheus.GaugeOpts{Namespace: "plumbago", Subsystem: "receive", Name: name, Help: help},
		[]string{"listener"})).WithLabelValues(f.listener)
}

// watch makes a gauge that asks for its value when it is read, until it is over. A
// listener that takes the place of another of its name takes over its gauge.
func (f family) watch(name, help string, value func() float64) *watched {
	w := &watched{GaugeFunc: prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "plumbago", Subsystem: "receive",
		Name: name, Help: help, ConstLabels: prometheus.Labels{"listener": f.listener}}, value)}
	if f.registerer != nil {
		f.registerer.Unregister(w)
		register.Once(f.registerer, w)
	}
	return w
}

// watched is a gauge that shows nothing any more once it is over. It stays where it
// is registered: taking it away could take that of a listener which follows.
type watched struct {
	prometheus.GaugeFunc
	over atomic.Bool
}

// Collect implements prometheus.Collector.
func (w *watched) Collect(to chan<- prometheus.Metric) {
	if !w.over.Load() {
		w.GaugeFunc.Collect(to)
	}
}
