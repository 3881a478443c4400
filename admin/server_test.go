package admin_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/admin"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/relay"
	"github.com/prometheus/client_golang/prometheus"
)

// gateway is one whose state a test sets.
type gateway struct{ status relay.Status }

func (g *gateway) Status() relay.Status { return g.status }

// serve runs a server for g until the test ends, and returns its URL.
func serve(t *testing.T, g *gateway) string {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "plumbago_test"}, func() float64 { return 7 }))
	s, err := admin.Listen("127.0.0.1:0", g, registry, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return "http://" + s.Addr().String()
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestReadyOnlyWhileAccepting(t *testing.T) {
	url := serve(t, &gateway{relay.Status{Accepting: true}})
	if status, _ := get(t, url+"/readyz"); status != http.StatusOK {
		t.Errorf("accepting: got %d, want 200", status)
	}
	url = serve(t, &gateway{})
	if status, body := get(t, url+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "not accepting") {
		t.Errorf("not accepting: got %d %q, want 503 with a reason", status, body)
	}
	if status, _ := get(t, url+"/healthz"); status != http.StatusOK {
		t.Errorf("health: got %d, want 200", status)
	}
}

func TestMetricsAreThoseOfTheGatherer(t *testing.T) {
	status, body := get(t, serve(t, &gateway{})+"/metrics")
	if status != http.StatusOK || !strings.Contains(body, "plumbago_test 7") {
		t.Errorf("got %d %q, want plumbago_test 7", status, body)
	}
}

func TestPageShowsWhatWaitsAndWhy(t *testing.T) {
	url := serve(t, &gateway{relay.Status{
		Accepting: true,
		Listeners: []relay.ListenerStatus{{Name: "line+tcp://0.0.0.0:2003", Address: "0.0.0.0:2003"}},
		Destinations: []relay.DestinationStatus{{
			Name: "far", Address: "tcp://10.0.0.1:2003",
			Queue: queue.Stats{
				Waiting: 1234567, Dropped: map[metric.Reason]uint64{metric.QueueFull: 89}, Bytes: 3 << 20,
				Oldest: time.Now().Add(-time.Hour), Failing: errors.New("no space left"),
			},
			Worker: deliver.State{LastError: "connection refused <here>"},
		}},
	}})
	status, body := get(t, url)
	if status != http.StatusOK {
		t.Fatalf("got %d, want 200", status)
	}
	for _, want := range []string{"line+tcp://0.0.0.0:2003", "1,234,567", "89 queue_full", "3.0 MiB", "1h0m", "no space left", "refused &lt;here&gt;"} {
		if !strings.Contains(strings.ReplaceAll(body, "&#43;", "+"), want) {
			t.Errorf("the page lacks %q:\n%s", want, body)
		}
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	url := serve(t, &gateway{})
	if status, _ := get(t, url+"/debug/pprof/"); status != http.StatusNotFound {
		t.Errorf("got %d, want 404", status)
	}
	answer, err := http.Post(url+"/", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: got %d, want 405", answer.StatusCode)
	}
}
