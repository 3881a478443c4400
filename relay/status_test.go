package relay_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/internal/hashring"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
)

func TestStatusTellsOfRulesAndOfWhatTheyDrop(t *testing.T) {
	fars := map[string]*far{"a": {}, "b": {}}
	o := options(t.TempDir(), fars, "a", "b")
	o.Destinations[0].Kind, o.Destinations[0].Queue.MaxBytes = "carbon by line", 1<<20
	o.Rules = []route.Rule{
		{Label: "first", Match: `^a\.`, To: []string{"a"}, Continue: true},
		{Match: `^r\.`, To: []string{"a", "b"}, By: &route.Ring{Kind: "jump", Nodes: []hashring.Node{{Host: "a"}, {Host: "b"}}}},
	}
	r, stop := open(t, o)
	defer stop()
	send(t, r, "a.x 1 1700000000\nno.where 1 1700000000\nbad\n")
	eventually(t, "points", func() bool { return r.Status().Received == 2 })
	s := r.Status()
	want := []relay.RuleStatus{
		{Label: "first", Match: `^a\.`, To: []string{"a"}, Continue: true},
		{Match: `^r\.`, To: []string{"a", "b"}, By: "jump"},
	}
	if diff := cmp.Diff(want, s.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[metric.Reason]uint64{metric.NoRoute: 1}, s.Dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
	if l := s.Listeners[0]; l.Source || l.Points != 2 || l.Rejected[metric.Fields] != 1 || len(l.Samples) != 1 {
		t.Errorf("got %+v, want a listener with 2 points and a sample", l)
	}
	if d := s.Destinations[0]; d.Kind != "carbon by line" || d.MaxBytes != 1<<20 || s.Destinations[1].MaxBytes != 0 {
		t.Errorf("got %+v, want its kind and bound", d)
	}
	if age := time.Since(s.Opened); age < 0 || age > time.Minute {
		t.Errorf("got opened %v ago, want just now", age)
	}
}

// TestReloadForgetsSamples: with the tenants, what a sample may show changes.
func TestReloadForgetsSamples(t *testing.T) {
	fars := map[string]*far{"a": {}}
	o := options(t.TempDir(), fars, "a")
	r, stop := open(t, o)
	defer stop()
	send(t, r, "bad\n")
	eventually(t, "a sample", func() bool { return len(r.Status().Listeners[0].Samples) == 1 })
	reload(t, r, o)
	if got := r.Status().Listeners[0]; len(got.Samples) > 0 || got.Rejected[metric.Fields] != 1 {
		t.Errorf("got %+v, want the line counted and no sample", got)
	}
}
