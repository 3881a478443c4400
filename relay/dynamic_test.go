package relay_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/backoff"
	"github.com/plumbago/plumbago/internal/hashring"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
)

// ringOf is a gateway with a ring over destinations, of which those that fail
// three tries leave.
func ringOf(dir string, fars map[string]*far, names ...string) relay.Options {
	o := options(dir, fars, names...)
	o.Receivers = []receive.Options{{Protocol: "line", Address: "tcp://127.0.0.1:0"}}
	ring := &route.Ring{Kind: hashring.CarbonCH}
	for _, n := range names {
		ring.Nodes = append(ring.Nodes, hashring.Node{Host: n})
	}
	o.Rules, o.Dynamic = []route.Rule{{To: names, By: ring}}, 3
	for i := range o.Destinations {
		o.Destinations[i].Worker.Backoff = backoff.Backoff{Min: 5 * time.Millisecond, Max: 20 * time.Millisecond}
	}
	return o
}

func TestADestinationThatIsDownLeavesTheRingAndItsPointsGoElsewhere(t *testing.T) {
	fars := map[string]*far{"a": {}, "b": {down: true}, "c": {}}
	r, stop := open(t, ringOf(t.TempDir(), fars, "a", "b", "c"))
	var lines strings.Builder
	const n = 300
	for i := range n {
		fmt.Fprintf(&lines, "name%d %d 1\n", i, i)
	}
	send(t, r, lines.String())
	eventually(t, "all at those that are up", func() bool { return len(fars["a"].got())+len(fars["c"].got()) == n })
	if len(fars["a"].got()) == 0 || len(fars["c"].got()) == 0 {
		t.Error("one of those that are up got nothing")
	}

	fars["b"].setDown(false)
	eventually(t, "b joins", func() bool {
		send(t, r, lines.String())
		return len(fars["b"].got()) > 0
	})
	stop()
}

func TestWithoutAnyDestinationPointsWaitAndAreRoutedWhenOneComes(t *testing.T) {
	fars := map[string]*far{"a": {down: true}, "b": {down: true}}
	r, stop := open(t, ringOf(t.TempDir(), fars, "a", "b"))
	send(t, r, "one 1 1\ntwo 2 2\nthree 3 3\nfour 4 4\n")
	eventually(t, "four queued", func() bool {
		s := r.Status().Destinations
		return s[0].Queue.Waiting+s[1].Queue.Waiting == 4
	})
	fars["a"].setDown(false)
	eventually(t, "all four at a", func() bool { return len(fars["a"].got()) >= 4 })
	stop()
}

func TestRoutingAnewThatDoesNotEndHoldsUpNobody(t *testing.T) {
	dir := t.TempDir()
	fars := map[string]*far{"a": {}, "b": {down: true}}
	o := ringOf(dir, fars, "a", "b")
	plain := route.Rule{Match: "^plain", To: []string{"b"}} // wherever the ring goes
	o.Rules = append([]route.Rule{plain}, o.Rules...)
	r, stop := open(t, o)
	send(t, r, "plain 1 1\n")
	eventually(t, "it goes round", func() bool { return r.Status().Destinations[1].Queue.Appended > 1 })
	within(t, 5*time.Second, "the reload", func() { reload(t, r, o) })
	fars["b"].setDown(false)
	eventually(t, "it arrives", func() bool { return len(fars["b"].got()) > 0 })
	stop()
}
