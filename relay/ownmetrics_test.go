package relay_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
	"github.com/prometheus/client_golang/prometheus"
)

// TestTheRelaysMetricsAreDeliveredAsPoints past the rules, to the destinations that
// are named alone.
func TestTheRelaysMetricsAreDeliveredAsPoints(t *testing.T) {
	to, other, dir, registry := &far{}, &far{}, t.TempDir(), prometheus.NewRegistry()
	r, stop := open(t, relay.Options{
		Receivers: []receive.Options{{Protocol: "line", Address: "tcp://127.0.0.1:0"}},
		Rules:     []route.Rule{{Match: "^a", To: []string{"other.one"}}},
		Destinations: []relay.Destination{
			{Name: "to", Far: to.make, QueueDir: filepath.Join(dir, "to")},
			{Name: "other.one", Far: other.make, QueueDir: filepath.Join(dir, "other")},
		},
		OwnMetrics: relay.OwnMetrics{Prefix: "plumbago.me", Interval: 50 * time.Millisecond, To: []string{"to"}, From: registry},
		Registerer: registry,
	})
	send(t, r, "a 1 1\nb 2 2\nc x 3\n")
	wants := []string{
		"plumbago.me.receive.line_tcp___127_0_0_1_0.points_total|2|",
		"plumbago.me.receive.line_tcp___127_0_0_1_0.rejected_total.value|1|",
		"plumbago.me.relay.dropped_points_total.no_route|1|",
		"plumbago.me.queue.other_one.appended_points_total|1|",
		"plumbago.me.queue.other_one.fsync_seconds_count|",
		"plumbago.me.deliver.to.connected|1|",
	}
	for _, want := range wants {
		eventually(t, want, func() bool {
			return slices.ContainsFunc(to.got(), func(l string) bool { return strings.HasPrefix(l, want) })
		})
	}
	stop()
	if got := other.got(); len(got) != 1 || got[0] != "a|1|1" {
		t.Errorf("the other destination got %v, want its own point alone", got)
	}
}

// TestOwnMetricsDriveNothingOut of a queue that is nearly full.
func TestOwnMetricsDriveNothingOut(t *testing.T) {
	down, dir, registry := &far{down: true}, t.TempDir(), prometheus.NewRegistry()
	r, stop := open(t, relay.Options{
		Receivers: []receive.Options{{Protocol: "line", Address: "tcp://127.0.0.1:0"}},
		Rules:     []route.Rule{{To: []string{"full"}}},
		Destinations: []relay.Destination{{Name: "full", Far: down.make, QueueDir: filepath.Join(dir, "full"),
			Queue: queue.Options{MaxBytes: 64 << 10, WhenFull: queue.Reject}}},
		OwnMetrics: relay.OwnMetrics{Prefix: "me", Interval: 20 * time.Millisecond, To: []string{"full"}, From: registry},
		Registerer: registry,
	})
	defer stop()
	bytesWait := func() int64 { return r.Status().Destinations[0].Queue.Bytes }
	eventually(t, "the queue holds what it may of them", func() bool { return bytesWait() > 40<<10 })
	time.Sleep(200 * time.Millisecond)
	if s := r.Status().Destinations[0].Queue; len(s.Dropped) != 0 || s.Bytes > 64<<10 {
		t.Errorf("got %d bytes and drops %v, want room left and nothing dropped", s.Bytes, s.Dropped)
	}
}
