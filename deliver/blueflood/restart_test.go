package blueflood_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/blueflood"
	"github.com/plumbago/plumbago/deliver/blueflood/bluefloodtest"
	"github.com/plumbago/plumbago/queue"
)

// TestWhatIsGatheredOutlivesARestart stops a worker that cannot deliver what it has
// gathered, and lets another deliver it from the queue on disk.
func TestWhatIsGatheredOutlivesARestart(t *testing.T) {
	far := newFar()
	server := httptest.NewServer(far)
	defer server.Close()
	dir := t.TempDir()
	deliverFrom := func(interval time.Duration, until func(*queue.Queue)) {
		t.Helper()
		q, err := queue.Open(dir, queue.Options{Name: "far"})
		if err != nil {
			t.Fatal(err)
		}
		d := newDestination(t, blueflood.Options{URL: server.URL, Tenant: "12345", Interval: interval, Now: func() time.Time { return now }})
		w := deliver.New(d, q, deliver.Options{Name: "far", DrainTimeout: 300 * time.Millisecond})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		until(q)
		q.CloseInput()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	}
	far.Misbehave(bluefloodtest.Fault{Silent: true})
	deliverFrom(time.Hour, func(q *queue.Queue) {
		for i := range 100 {
			if err := q.Append(t.Context(), batch(fmt.Sprintf("a.0.%d %d 1700000000", i, i))); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(100 * time.Millisecond) // to be gathered
	})
	if n := far.Points(); n > 0 {
		t.Fatalf("got %d points from a far end that answers nothing", n)
	}
	far.Misbehave(bluefloodtest.Fault{})
	deliverFrom(time.Hour, func(*queue.Queue) { time.Sleep(100 * time.Millisecond) }) // and the stop waits for no interval
	checkStored(t, far, "a", 1, 100)
}

func TestNewChecksItsOptions(t *testing.T) {
	tests := []struct {
		name   string
		change func(*blueflood.Options)
		want   string
	}{
		{"no tenant", func(o *blueflood.Options) { o.Tenant = "" }, "tenant: "},
		{"a tenant that is a path", func(o *blueflood.Options) { o.Tenant = "a/b" }, `tenant "a/b"`},
		{"a tenant that leads elsewhere", func(o *blueflood.Options) { o.Tenant = ".." }, `tenant ".."`},
		{"a prefix with a blank", func(o *blueflood.Options) { o.Prefix = "a b" }, `prefix "a b"`},
		{"a ttl of less than a second", func(o *blueflood.Options) { o.TTL = time.Millisecond }, "from 1 to 2147483646 seconds"},
		{"a ttl that is too long", func(o *blueflood.Options) { o.TTL = (1<<31 - 1) * time.Second }, "from 1 to 2147483646 seconds"},
		{"a body that would get no answer", func(o *blueflood.Options) { o.MaxBody = 1<<20 + 1 }, "no answer"},
		{"a body for nothing", func(o *blueflood.Options) { o.MaxBody = 100 }, "want 1024 to 1048576"},
		{"a negative time", func(o *blueflood.Options) { o.Past = -1 }, "cannot be negative"},
		{"no URL", func(o *blueflood.Options) { o.URL = "tcp://host:1" }, "http://host or https://host"},
		{"auth without a proof", func(o *blueflood.Options) { o.Auth = &blueflood.Auth{URL: "https://h", User: "u"} }, "auth: one of"},
		{"a file that is not there", func(o *blueflood.Options) { o.TLS.CAFile = "/nowhere/ca.pem" }, "/nowhere/ca.pem"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := blueflood.Options{URL: "https://host:19000", Tenant: "12345"}
			tt.change(&o)
			if _, err := blueflood.New(o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
	for _, url := range []string{"https://host:19000", "https://host:19000/", "https://host/v2.0", "https://host/below/v2.0/"} {
		if _, err := blueflood.New(blueflood.Options{URL: url, Tenants: true, TTL: (1<<31 - 2) * time.Second}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}
