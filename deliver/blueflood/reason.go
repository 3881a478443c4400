package blueflood

import (
	"errors"
	"fmt"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// reason is why a point was refused: a label of the metrics.
type reason string

// What is not sent, since the far end would refuse it.
const (
	tooOld      reason = "too_old"
	tooFarAhead reason = "too_far_ahead"
	badValue    reason = "value"     // NaN, or beyond the range of a double
	noTenant    reason = "no_tenant" // its name is no tenant and more
	tooLarge    reason = "too_large" // alone it is more than a body
)

// What the far end refused, by the field with which it found fault.
const (
	theirName   reason = "their_name"
	theirValue  reason = "their_value"
	theirTime   reason = "their_time"
	theirTTL    reason = "their_ttl"
	theirTenant reason = "their_tenant"
	theirOther  reason = "their_other" // any other, or none
)

var reasons = []reason{
	tooOld, tooFarAhead, badValue, noTenant, tooLarge,
	theirName, theirValue, theirTime, theirTTL, theirTenant, theirOther,
}

// bySource returns the reason that stands for a field of the far end's.
func bySource(field string) reason {
	switch field {
	case "metricName":
		return theirName
	case "metricValue":
		return theirValue
	case "collectionTime":
		return theirTime
	case "ttlInSeconds":
		return theirTTL
	case "tenantId":
		return theirTenant
	}
	return theirOther
}

// say explains a reason of our own.
func (d *Destination) say(why reason) string {
	switch why {
	case tooOld:
		return fmt.Sprintf("too old: the far end takes nothing older than %v", d.o.Past)
	case tooFarAhead:
		return fmt.Sprintf("too far ahead: the far end takes nothing more than %v in the future", d.o.Ahead)
	case badValue:
		return "the value is none that JSON has: not a number, or beyond the range of a double"
	case noTenant:
		return "the name's first node is its tenant, and it needs one and a node more"
	}
	return fmt.Sprintf("the point alone is more than the %d bytes of a body", d.o.MaxBody)
}

// refused collects what was refused of a batch. It is told only if the rest of the
// batch was taken: if not, all of it will be sent again.
type refused struct {
	all []refusedFor
	at  map[string]int // place of a text in all
}

type refusedFor struct {
	why   reason
	text  string
	lines []byte
	count int
}

// add copies lines that were refused.
func (r *refused) add(b metric.Batch, why reason, text string) {
	i, ok := r.at[text]
	if !ok {
		if r.at == nil {
			r.at = map[string]int{}
		}
		i = len(r.all)
		r.at[text] = i
		r.all = append(r.all, refusedFor{why: why, text: text})
	}
	one := &r.all[i]
	one.lines = append(one.lines, b.Lines...)
	one.count += b.Points
}

// settle counts and keeps what was refused, and returns what Post is to return.
func (d *Destination) settle(r refused) error {
	list := make([]deliver.Refusal, len(r.all))
	for i, one := range r.all {
		d.metrics.refused[one.why].Add(float64(one.count))
		list[i] = deliver.Refusal{Batch: metric.Batch{Lines: one.lines, Points: one.count}, Why: errors.New(one.text)}
	}
	return d.refusals.Settle(list, d.log)
}
