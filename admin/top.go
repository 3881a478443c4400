package admin

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/plumbago/plumbago/relay"
)

const (
	mostTop = 2048
	byCause = "reason"
)

// Top is what /top answers: the heaviest first.
type Top struct {
	By      string     `json:"by"`
	Entries []TopEntry `json:"entries"`
}

// TopEntry is one of the heaviest. By reason Points are what was dropped since the
// start, exactly, First is not known, and Last only of input that was not let in.
type TopEntry struct {
	Key    string    `json:"key"`
	Points uint64    `json:"points"` // since First at least; at most
	Error  uint64    `json:"error"`  // how much less they may be
	Rate   float64   `json:"rate"`   // points a second in the last minute or two
	First  time.Time `json:"first,omitzero"`
	Last   time.Time `json:"last,omitzero"`
}

// top tells of the heaviest.
func (o Options) top() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t, err := o.heaviest(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer(w, t)
	}
}

func (o Options) heaviest(r *http.Request) (t Top, err error) {
	t = Top{By: cmp.Or(r.FormValue("by"), string(relay.ByPrefix)), Entries: []TopEntry{}}
	n, err := number(r, "n", 20, mostTop)
	if err != nil {
		return t, err
	}
	depth, err := number(r, "depth", 2, relay.MostDepth)
	if err != nil {
		return t, err
	}
	if t.By == byCause {
		t.Entries, err = o.causes(n)
		return t, err
	}
	list, err := o.Inside.Heaviest(relay.Kind(t.By), n, depth)
	for _, e := range list {
		t.Entries = append(t.Entries, TopEntry{e.Key, e.Count, e.Error, e.Rate, e.First, e.Last})
	}
	return t, err
}

// causes adds up by reason what was dropped.
func (o Options) causes(n int) ([]TopEntry, error) {
	counters, err := dropCounters(o.Metrics)
	if err != nil {
		return nil, err
	}
	sums := map[string]uint64{}
	for _, c := range counters {
		sums[c.reason] += c.n
	}
	list := []TopEntry{}
	for reason, points := range sums {
		if points > 0 {
			list = append(list, TopEntry{Key: reason, Points: points, Last: o.lastOf(reason)})
		}
	}
	slices.SortFunc(list, func(a, b TopEntry) int {
		return cmp.Or(cmp.Compare(b.Points, a.Points), strings.Compare(a.Key, b.Key))
	})
	return list[:min(n, len(list))], nil
}

// lastOf is when the last sample of a reason was taken.
func (o Options) lastOf(reason string) time.Time {
	for _, s := range o.Inside.Samples() {
		if string(s.Reason) == reason {
			return s.At
		}
	}
	return time.Time{}
}
