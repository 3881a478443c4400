package relay

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/plumbago/plumbago/metric"
)

// Own says how a relay tells of itself as a carbon relay does, by points of its
// own. They take the way of all points.
type Own struct {
	Prefix   string        // carbon's is "carbon"
	Host     string        // the machine's name
	Instance string        // of the relay
	Interval time.Duration // 0: no such points
}

// ownPatience is how long a queue that makes senders wait may hold up the
// relay's own points: behind it they are dropped and counted like any other.
const ownPatience = time.Second

// own makes the relay's own points.
type own struct {
	Own
	relay *Relay
	last  map[string]uint64 // counters at the last report
	spent time.Duration     // processor time at the last report
	at    time.Time
}

// run reports at each interval until ctx is done.
func (o *own) run(ctx context.Context) error {
	tick := time.NewTicker(o.Interval)
	defer tick.Stop()
	o.at, o.spent = time.Now(), processorTime()
	o.points(o.at)
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			patient, cancel := context.WithTimeout(ctx, ownPatience)
			// What a queue refuses it has counted; there is nobody else to tell.
			_ = o.relay.accept(patient, o.points(now))
			cancel()
		}
	}
}

// points is a report: of each destination what happened since the last one, then
// what carbon always tells.
func (o *own) points(now time.Time) metric.Batch {
	r := report{stem: o.Prefix + ".relays." + strings.ReplaceAll(o.Host, ".", "_") + "-" + o.Instance + ".", now: now.Unix()}
	for _, b := range o.relay.graph.Load().branches {
		o.destination(&r, b)
	}
	connections := 0
	for _, d := range o.relay.graph.Load().doors {
		connections += d.listener.Connections()
	}
	m := o.relay.metrics
	r.count("activeConnections", uint64(connections))
	r.count("metricsReceived", o.since("received", m.received.Load()))
	r.count("blacklistMatches", o.since("blacklisted", m.blacklisted.Load()))
	r.count("whitelistRejects", o.since("not_whitelisted", m.notWhitelisted.Load()))
	r.add("cpuUsage", strconv.FormatFloat(o.cpuUsage(now), 'f', -1, 64))
	r.count("memUsage", memoryBytes())
	return r.batch
}

func (o *own) destination(r *report, b *branch) {
	s := b.queue.Stats()
	stem := "destinations." + carbonName(b.Name) + "."
	ifAny := func(name string, n uint64) {
		if n > 0 {
			r.count(stem+name, n)
		}
	}
	if attempted := o.since(stem+"appended", s.Appended); attempted > 0 {
		r.count(stem+"attemptedRelays", attempted)
		r.count(stem+"relayMaxQueueLength", s.Waiting)
	}
	ifAny("sent", o.since(stem+"sent", s.Delivered+s.Confirming))
	ifAny("fullQueueDrops", o.since(stem+"dropped", s.Dropped[metric.QueueFull]))
}

// since returns by how much a counter grew since the last report. Points that a
// broken connection has sent again make it shrink, which is told as nothing.
func (o *own) since(name string, n uint64) uint64 {
	before := o.last[name]
	o.last[name] = max(n, before)
	return max(n, before) - before
}

// cpuUsage returns the percentage of one processor spent since the last report.
func (o *own) cpuUsage(now time.Time) float64 {
	spent := processorTime()
	used, took := spent-o.spent, now.Sub(o.at)
	o.spent, o.at = spent, now
	if took <= 0 {
		return 0
	}
	return 100 * used.Seconds() / took.Seconds()
}

// carbonName is a destination's name as carbon puts it into names of metrics.
func carbonName(name string) string {
	_, behind, _ := strings.Cut(name[strings.LastIndexByte(name, ']')+1:], ":")
	if !strings.Contains(behind, ":") {
		name += ":None"
	}
	return strings.NewReplacer(".", "_", "[", "", "]", "").Replace(name)
}

// report is a batch being made.
type report struct {
	stem  string
	now   int64
	batch metric.Batch
}

func (r *report) count(name string, n uint64) { r.add(name, strconv.FormatUint(n, 10)) }

func (r *report) add(name, value string) {
	r.batch.Lines = metric.Append(r.batch.Lines, metric.Line{
		Name: []byte(r.stem + name), Value: []byte(value), Timestamp: strconv.AppendInt(nil, r.now, 10),
	})
	r.batch.Points++
}
