package admin

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	dropsEvery = time.Minute
	dropsKept  = 60 // periods
)

// drops is what was dropped in the last hour, a minute at a time: it is remembered
// whether somebody looks or not. Reasons and counters bound its size.
type drops struct {
	metrics prometheus.Gatherer
	log     *slog.Logger

	mu      sync.Mutex
	counted map[string]uint64 // where each counter stood
	periods []period          // the last one is under way
}

// period is what was dropped from a time on until the next.
type period struct {
	from    time.Time
	dropped map[string]uint64 // by reason
}

// Drops is what /drops answers: Times are when periods began, and Dropped has a number
// for each, and so much in the last of them as until now.
type Drops struct {
	Time    float64             `json:"time"` // Unix seconds, as all times
	Times   []float64           `json:"times"`
	Dropped map[string][]uint64 `json:"dropped"` // by reason
}

func newDrops(metrics prometheus.Gatherer, log *slog.Logger, now time.Time) *drops {
	return &drops{metrics: metrics, log: log, counted: map[string]uint64{}, periods: []period{{from: now, dropped: map[string]uint64{}}}}
}

// run begins a period each minute, until ctx is done.
func (d *drops) run(ctx context.Context) {
	minutes := time.NewTicker(dropsEvery)
	defer minutes.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-minutes.C:
			if err := d.look(); err != nil {
				d.log.Warn("what was dropped in a minute is not known", "err", err)
			}
			d.begin(now)
		}
	}
}

// begin begins a period, and forgets the oldest.
func (d *drops) begin(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.periods = append(d.periods, period{from: now, dropped: map[string]uint64{}})
	if len(d.periods) > dropsKept {
		d.periods = slices.Delete(d.periods, 0, 1)
	}
}

// look adds to the present period what the counters have grown by. A counter that
// shrank has begun anew; one that is gone was a removed destination's.
func (d *drops) look() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	counters, err := dropCounters(d.metrics)
	if err != nil {
		return err
	}
	now := map[string]uint64{}
	dropped := d.periods[len(d.periods)-1].dropped
	for _, c := range counters {
		now[c.of] = c.n
		grown := c.n
		if before := d.counted[c.of]; before <= c.n {
			grown -= before
		}
		if grown > 0 {
			dropped[c.reason] += grown
		}
	}
	d.counted = now
	return nil
}

// ServeHTTP answers with the last hour.
func (d *drops) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if err := d.look(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, d.last(time.Now()))
}

func (d *drops) last(now time.Time) Drops {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := Drops{Time: float64(unixOf(now)), Times: make([]float64, len(d.periods)), Dropped: map[string][]uint64{}}
	for i, p := range d.periods {
		all.Times[i] = float64(unixOf(p.from))
		for reason, n := range p.dropped {
			if all.Dropped[reason] == nil {
				all.Dropped[reason] = make([]uint64, len(d.periods))
			}
			all.Dropped[reason][i] = n
		}
	}
	return all
}

// dropCounter is a counter of points that were dropped for a reason.
type dropCounter struct {
	of     string // its name and labels
	reason string
	n      uint64
}

// counted are the metrics that count each drop once, under its reason.
var counted = []string{
	"plumbago_receive_rejected_total", "plumbago_tenant_dropped_points_total",
	"plumbago_relay_dropped_points_total", "plumbago_queue_dropped_points_total",
}

// dropCounters are those of the metrics that count each drop once.
func dropCounters(metrics prometheus.Gatherer) (list []dropCounter, err error) {
	families, err := metrics.Gather()
	if err != nil {
		return nil, err
	}
	for _, f := range families {
		if !slices.Contains(counted, f.GetName()) {
			continue
		}
		for _, m := range f.GetMetric() {
			c := dropCounter{of: f.GetName(), n: uint64(m.GetCounter().GetValue())}
			for _, l := range m.GetLabel() {
				c.label(l.GetName(), l.GetValue())
			}
			list = append(list, c)
		}
	}
	return list, nil
}

func (c *dropCounter) label(name, value string) {
	c.of += "\x00" + name + "\x00" + value
	if name == byCause {
		c.reason = value
	}
}
