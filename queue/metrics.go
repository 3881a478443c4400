package queue

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// collector shows Stats as metrics, read when they are asked for.
type collector struct {
	q     *Queue
	descs []*prometheus.Desc
	read  []func(Stats) float64
	kinds []prometheus.ValueType

	dropped, points, syncs *prometheus.Desc
}

func (q *Queue) register() error {
	if q.o.Registerer == nil {
		return nil
	}
	q.metrics = newCollector(q)
	return q.o.Registerer.Register(q.metrics)
}

func (q *Queue) unregister() {
	if q.metrics != nil {
		q.o.Registerer.Unregister(q.metrics)
	}
}

func newCollector(q *Queue) *collector {
	c := &collector{q: q}
	c.dropped = c.desc("dropped_points_total", "Points lost, by why.", "reason")
	c.points = c.desc("points", "Points queued: waiting for the far end's acknowledgement, or confirming that it holds.", "state")
	c.syncs = c.desc("fsync_seconds", "Duration of syncs of segment files.")
	c.counter("appended_points_total", "Points handed to the queue, refused ones included.", func(s Stats) uint64 { return s.Appended })
	c.counter("recovered_points_total", "Points found queued at the start.", func(s Stats) uint64 { return s.Recovered })
	c.counter("delivered_points_total", "Points delivered.", func(s Stats) uint64 { return s.Delivered })
	c.counter("write_errors_total", "Writes that failed and are tried again.", func(s Stats) uint64 { return s.WriteErrors })
	c.counter("sync_errors_total", "Syncs that failed.", func(s Stats) uint64 { return s.SyncErrors })
	c.counter("quarantined_segments_total", "Segments found damaged.", func(s Stats) uint64 { return s.Quarantined })
	c.counter("torn_bytes_total", "Bytes of unfinished writes cut off at the start.", func(s Stats) uint64 { return s.TornBytes })
	c.gauge("backlog_points", "Waiting points that follow behind the live ones.", func(s Stats) float64 { return float64(s.Backlog) })
	c.gauge("bytes", "Bytes in segment files.", func(s Stats) float64 { return float64(s.Bytes) })
	c.gauge("segments", "Segment files.", func(s Stats) float64 { return float64(s.Segments) })
	c.gauge("failing", "1 while the disk takes no writes.", func(s Stats) float64 { return oneIf(s.Failing != nil) })
	c.gauge("oldest_seconds", "Age of the oldest undelivered point.", func(s Stats) float64 {
		if s.Oldest.IsZero() {
			return 0
		}
		return max(0, time.Since(s.Oldest).Seconds())
	})
	return c
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (c *collector) desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("plumbago_queue_"+name, help, labels, prometheus.Labels{"dest": c.q.o.Name})
}

func (c *collector) counter(name, help string, read func(Stats) uint64) {
	c.add(name, help, prometheus.CounterValue, func(s Stats) float64 { return float64(read(s)) })
}

func (c *collector) gauge(name, help string, read func(Stats) float64) {
	c.add(name, help, prometheus.GaugeValue, read)
}

func (c *collector) add(name, help string, kind prometheus.ValueType, read func(Stats) float64) {
	c.descs = append(c.descs, c.desc(name, help))
	c.kinds = append(c.kinds, kind)
	c.read = append(c.read, read)
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	to <- c.dropped
	to <- c.points
	to <- c.syncs
	for _, d := range c.descs {
		to <- d
	}
}

// Collect implements prometheus.Collector. All values are of one moment.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	s := c.q.Stats()
	for i, d := range c.descs {
		to <- prometheus.MustNewConstMetric(d, c.kinds[i], c.read[i](s))
	}
	for reason, n := range s.Dropped {
		to <- prometheus.MustNewConstMetric(c.dropped, prometheus.CounterValue, float64(n), string(reason))
	}
	to <- prometheus.MustNewConstMetric(c.points, prometheus.GaugeValue, float64(s.Waiting), "waiting")
	to <- prometheus.MustNewConstMetric(c.points, prometheus.GaugeValue, float64(s.Confirming), "confirming")
	to <- c.q.fsync.metric(c.syncs)
}

// fsyncTimes counts durations of syncs.
type fsyncTimes struct {
	mu      sync.Mutex
	count   uint64
	sum     float64
	buckets map[float64]uint64
}

func newFsyncTimes() *fsyncTimes {
	t := &fsyncTimes{buckets: make(map[float64]uint64)}
	for _, le := range []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10} {
		t.buckets[le] = 0
	}
	return t
}

func (t *fsyncTimes) observe(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
	t.sum += d.Seconds()
	for le := range t.buckets {
		if d.Seconds() <= le {
			t.buckets[le]++
		}
	}
}

func (t *fsyncTimes) metric(d *prometheus.Desc) prometheus.Metric {
	t.mu.Lock()
	defer t.mu.Unlock()
	buckets := make(map[float64]uint64, len(t.buckets))
	for le, n := range t.buckets {
		buckets[le] = n
	}
	return prometheus.MustNewConstHistogram(d, t.count, t.sum, buckets)
}
