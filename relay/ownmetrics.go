package relay

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/prometheus/client_golang/prometheus"
)

// OwnMetrics has the relay's metrics delivered, as points. They do not take the way of
// all points: no rule is asked, and a queue that is nearly full does without them, so
// that none is dropped because of them.
type OwnMetrics struct {
	Prefix   string // of their names
	Interval time.Duration
	To       []string // destinations; without any there are no such points
	From     prometheus.Gatherer
}

// nearlyFull is what part of its bound a queue may hold to get such points.
const nearlyFull = 0.9

// ownLane is where the relay's metrics go as points.
type ownLane struct {
	OwnMetrics
	relay *Relay
}

// run reports at each interval until ctx is done.
func (o *ownLane) run(ctx context.Context) error {
	tick := time.NewTicker(o.Interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			o.report(ctx, now)
		}
	}
}

func (o *ownLane) report(ctx context.Context, now time.Time) {
	batch := o.points(now)
	g := o.relay.enter()
	defer g.leave()
	for _, b := range g.branches {
		if slices.Contains(o.To, b.Name) && b.hasRoomFor(batch) {
			patient, cancel := context.WithTimeout(ctx, ownPatience)
			_ = b.queue.Append(patient, batch) // what it refuses it has counted
			cancel()
		}
	}
}

// hasRoomFor reports whether a batch can wait without driving anything else out.
func (b *branch) hasRoomFor(batch metric.Batch) bool {
	most := b.Destination.Queue.MaxBytes
	if most == 0 {
		most = 10 << 30
	}
	return float64(b.queue.Stats().Bytes)+float64(len(batch.Lines)) < nearlyFull*float64(most)
}

// points makes points of metrics, of the gateway and of its process; of a histogram
// how many and how much in all.
func (o *ownLane) points(now time.Time) metric.Batch {
	families, err := o.From.Gather()
	if err != nil {
		o.relay.log.Warn("the gateway's own metrics are not whole", "err", err)
	}
	r := report{now: now.Unix()}
	for _, f := range families {
		name, ours := strings.CutPrefix(f.GetName(), "plumbago_")
		if !ours && !strings.HasPrefix(name, "process_") {
			continue
		}
		for _, m := range f.GetMetric() {
			var labels []label
			for _, l := range m.GetLabel() {
				labels = append(labels, label{l.GetName(), l.GetValue()})
			}
			r.stem = o.Prefix + "." + ownName(name, labels)
			if c := m.GetCounter(); c != nil {
				r.add("", ownValue(c.GetValue()))
			}
			if g := m.GetGauge(); g != nil {
				r.add("", ownValue(g.GetValue()))
			}
			if h := m.GetHistogram(); h != nil {
				r.add("_count", ownValue(float64(h.GetSampleCount())))
				r.add("_sum", ownValue(h.GetSampleSum()))
			}
		}
	}
	return r.batch
}

// label is one of a metric's.
type label struct{ name, value string }

// parts are the labels that tell whose a metric is; they stand before its name, and
// the others behind it: queue.carbon.dropped_points_total.queue_full.
var parts = []string{"listener", "dest", "tenant", "receiver", "name"}

// ownName is the name of a metric as a path.
func ownName(name string, labels []label) string {
	room, rest, ok := strings.Cut(name, "_")
	if !ok {
		room, rest = name, name
	}
	before, behind := "", ""
	for _, l := range labels {
		if slices.Contains(parts, l.name) {
			before += "." + node(l.value)
		} else {
			behind += "." + node(l.value)
		}
	}
	return room + before + "." + rest + behind
}

// node is a label's value as a node of a name.
func node(value string) string {
	if value == "" {
		return "none"
	}
	return strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' {
			return c
		}
		return '_'
	}, value)
}

func ownValue(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
