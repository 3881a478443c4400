package remotewrite

import (
	"errors"
	"strings"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// reason is why a point was refused: a label of the metrics.
type reason string

// What is not sent.
const (
	dropped   reason = "dropped"   // a rule says so
	unmatched reason = "unmatched" // no rule matches, and one must
	unnamed   reason = "name"      // nothing is left to name it by
	noTenant  reason = "no_tenant" // its name is no tenant and more
	badPoint  reason = "point"     // its time or value is none that a message can hold
)

// What the far end refused, by what it said.
const (
	outOfOrder reason = "out_of_order"
	tooOld     reason = "too_old"
	duplicate  reason = "duplicate"
	tooLarge   reason = "too_large"
	unwritten  reason = "unwritten" // it says how many, and not which
	other      reason = "other"
)

var reasons = []reason{
	dropped, unmatched, unnamed, noTenant, badPoint,
	outOfOrder, tooOld, duplicate, tooLarge, unwritten, other,
}

// say explains a reason of our own.
func (r reason) say() string {
	switch r {
	case dropped:
		return "a rule of the mapping drops it"
	case unmatched:
		return "no rule of the mapping matches it, and one must"
	case unnamed:
		return "nothing is left of its name"
	case noTenant:
		return "the name's first node is its tenant, and it needs one and a node more"
	}
	return "its time or value is none that a message can hold"
}

// byText returns the reason that stands for what a far end says about a point. The
// texts are those of Prometheus, Thanos, Cortex and Mimir.
func byText(text string) reason {
	text = strings.ReplaceAll(strings.ToLower(text), "-", " ")
	for _, known := range []struct {
		text string
		why  reason
	}{
		{"out of bounds", tooOld}, {"too old", tooOld}, {"out of order", outOfOrder}, {"duplicate", duplicate},
	} {
		if strings.Contains(text, known.text) {
			return known.why
		}
	}
	return other
}

// ledger collects what was refused of a part of a batch. It is told only when the part
// is settled: if it is not, all of it will be sent again.
type ledger []refusedFor

type refusedFor struct {
	why   reason
	text  string // what was said of the first
	lines []byte
	count int
}

// add notes points that were refused, and their lines if they are to be kept.
func (l *ledger) add(why reason, text string, b metric.Batch) {
	for i := range *l {
		if one := &(*l)[i]; one.why == why {
			one.lines = append(one.lines, b.Lines...)
			one.count += b.Points
			return
		}
	}
	*l = append(*l, refusedFor{why, text, append([]byte(nil), b.Lines...), b.Points})
}

// settle counts and keeps what was refused, and returns what Post is to return of it.
func (d *Destination) settle(l ledger) error {
	points := 0
	for _, one := range l {
		points += one.count
		d.metrics.refused[one.why].Add(float64(one.count))
		if len(one.lines) == 0 {
			continue
		}
		b := metric.Batch{Lines: one.lines, Points: one.count}
		if err := d.refusals.Keep(b, time.Now(), one.text); err != nil {
			d.log.Warn("refused points are dropped without a trace", "err", err)
		}
	}
	if points == 0 {
		return nil
	}
	return deliver.Refused(points, errors.New(l[0].text))
}
