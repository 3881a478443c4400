package whisper

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plumbago/plumbago/internal/register"
)

// metrics are those of one store. Stores of the same name share them.
type metrics struct {
	written, updates, created prometheus.Counter
	rounds, roundSeconds      prometheus.Counter
	gauges                    *gauges
}

func newMetrics(r prometheus.Registerer, dest string, s *Store) *metrics {
	f := register.Family{To: r, Prefix: namespace, Labels: prometheus.Labels{"dest": dest}}
	sum := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(namespace+name, help, nil, f.Labels)
	}
	m := &metrics{
		written:      f.Counter("points_total", "Points written to files."),
		updates:      f.Counter("updates_total", "Writes to files, each of all points of a series that waited."),
		created:      f.Counter("creates_total", "Files created."),
		rounds:       f.Counter("rounds_total", "Rounds of writing."),
		roundSeconds: f.Counter("round_seconds_total", "Time that rounds of writing took."),
		gauges: register.Once(r, &gauges{
			points: sum("cached_points", "Points that wait in memory to be written."),
			bytes:  sum("cache_bytes", "Memory for points that wait."),
			fresh:  sum("waiting_creates", "Series that wait for their file to be created."),
			index:  sum("index_bytes", "Memory for names of series; 0 while they are looked for in the folders."),
			stores: map[*Store]bool{},
		}),
	}
	m.gauges.add(s)
	return m
}

// forget has s be shown no more.
func (m *metrics) forget(s *Store) { m.gauges.remove(s) }

func (m *metrics) round(took time.Duration) {
	m.rounds.Inc()
	m.roundSeconds.Add(took.Seconds())
}

const namespace = "plumbago_whisper_"

// gauges show the sums of the stores of one name that are open: two while one takes the
// place of another. It implements prometheus.Collector.
type gauges struct {
	points, bytes, fresh, index *prometheus.Desc

	mu     sync.Mutex
	stores map[*Store]bool
}

func (g *gauges) add(s *Store) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stores[s] = true
}

func (g *gauges) remove(s *Store) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.stores, s)
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{g.points, g.bytes, g.fresh, g.index} {
		to <- d
	}
}

// Collect implements prometheus.Collector. Without a store there is nothing to show.
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.stores) == 0 {
		return
	}
	var points, bytes, fresh, index float64
	for s := range g.stores {
		p, b, f := s.cache.usage()
		i, _ := s.index.size()
		points, bytes, fresh, index = points+float64(p), bytes+float64(b), fresh+float64(f), index+float64(i)
	}
	for d, v := range map[*prometheus.Desc]float64{g.points: points, g.bytes: bytes, g.fresh: fresh, g.index: index} {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
}
