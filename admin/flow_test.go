package admin_test

import (
	"errors"
	"sync"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
	"github.com/plumbago/plumbago/tenant"
)

// flow is a gateway of which much can be told: points flow, and one destination is down.
type flow struct {
	began time.Time

	mu      sync.Mutex
	mended  bool // the destination is up
	samples []receive.Sample
}

func newFlow() *flow {
	return &flow{began: time.Now().Add(-50 * time.Hour), samples: []receive.Sample{
		{Reason: metric.Fields, At: time.Now().Add(-time.Minute), Peer: "10.1.4.17:50122", Text: "GET / HTTP/1.1"},
		{Reason: metric.Value, At: time.Now().Add(-time.Second), Peer: "10.1.4.17:50123", Text: `<img src=x onerror="alert(1)"> oops`},
	}}
}

func (f *flow) mend() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mended = true
}

// Status implements admin.Gateway.
func (f *flow) Status() relay.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := uint64(time.Since(f.began).Seconds() * 18200)
	return relay.Status{
		Accepting: true, Opened: f.began, Received: n,
		Dropped:   map[metric.Reason]uint64{metric.NoRoute: 1200},
		Listeners: f.listeners(n),
		Rules: []relay.RuleStatus{
			{Label: "billing", Match: `^billing\.`, To: []string{"hosted"}, Continue: true},
			{Match: `^servers\.(ams|fra)-`, To: []string{"stores"}},
			{To: []string{"local", "hosted"}, By: "carbon_ch"},
		},
		Pools:        []route.Pool{{Name: "stores", Members: []string{"store-a", "store-b"}}},
		Destinations: f.destinations(n),
		Tenants: []tenant.Status{
			{Name: "acme", Points: map[string]uint64{"line": n / 2}, Live: 950, Limits: tenant.Limits{PointsPerSecond: 20000, LiveMetrics: 1000}},
			{Points: map[string]uint64{}, Dropped: map[metric.Reason]uint64{metric.UnknownTenant: 311}},
		},
	}
}

func (f *flow) listeners(n uint64) []relay.ListenerStatus {
	return []relay.ListenerStatus{
		{Name: "line+tcp://0.0.0.0:2003", Address: "[::]:2003", Status: receive.Status{
			Connections: 212, Accepted: 9000, Points: n - n/9, Bytes: 46 * n, Samples: f.samples,
			Rejected: map[metric.Reason]uint64{metric.Fields: 1041, metric.Value: 17},
		}},
		{Name: "pickle+tcp://0.0.0.0:2004", Address: "[::]:2004", Status: receive.Status{Connections: 4, Points: n / 10, Bytes: 5 * n}},
		{Name: "line+udp://0.0.0.0:2003", Address: "[::]:2003", Status: receive.Status{Points: n / 90, Bytes: n / 2}},
		{Name: "slack+metrics", Address: "https://slack.com/api/", Source: true, Status: receive.Status{Points: 4210}},
	}
}

func (f *flow) destinations(n uint64) []relay.DestinationStatus {
	now := time.Now()
	up := deliver.State{Connected: true, Since: now.Add(-3 * time.Hour)}
	hosted := relay.DestinationStatus{
		Name: "hosted", Address: "tls://carbon.example.net:20040", Kind: "carbon by pickle", MaxBytes: 10 << 30,
		Queue: queue.Stats{
			Appended: n, Delivered: 3100200100, Waiting: n - 3100200100, Bytes: 8<<30 + 300<<20, Oldest: now.Add(-72 * time.Minute),
			Dropped: map[metric.Reason]uint64{metric.QueueFull: 89},
		},
		Worker: deliver.State{
			Since: now.Add(-72 * time.Minute), LastError: "dial tcp 192.0.2.7:20040: connect: connection refused",
			FailedAt: now.Add(-3 * time.Second), RetryAt: now.Add(4 * time.Second), Failures: 871,
		},
	}
	if f.mended {
		hosted.Worker = up
	}
	return []relay.DestinationStatus{
		hosted,
		{Name: "local", Address: "/var/lib/plumbago/whisper", Kind: "whisper", MaxBytes: 10 << 30, Worker: up,
			Queue: queue.Stats{Appended: n, Delivered: n - 900, Waiting: 900, Bytes: 64 << 20, Oldest: now.Add(-500 * time.Millisecond)}},
		{Name: "store-a", Address: "tcp://10.0.0.11:2004", Kind: "carbon by pickle", MaxBytes: 10 << 30, Worker: up,
			Queue: queue.Stats{Appended: n / 2, Delivered: n/2 - 90000 - 100, Confirming: 90000, Waiting: 100, Bytes: 70 << 20, Oldest: now.Add(-300 * time.Millisecond)}},
		{Name: "store-b", Address: "tcp://10.0.0.12:2004", Kind: "carbon by pickle", MaxBytes: 10 << 30, Worker: up,
			Queue: queue.Stats{Appended: n / 2, Delivered: n/2 - 90000 - 100, Confirming: 90000, Waiting: 100, Bytes: 70 << 20, Oldest: now.Add(-300 * time.Millisecond),
				Failing: errors.New("no space left on device")}},
	}
}
