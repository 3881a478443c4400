package admin_test

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/admin"
	"github.com/plumbago/plumbago/relay"
	"github.com/prometheus/client_golang/prometheus"
)

// gateway is one whose state a test sets.
type gateway struct{ status relay.Status }

func (g *gateway) Status() relay.Status { return g.status }

// serve runs a server for g until the test ends, and returns its URL. It has no database.
func serve(t *testing.T, g admin.Gateway) string {
	t.Helper()
	return serveWith(t, g, http.NotFoundHandler())
}

func serveWith(t *testing.T, g admin.Gateway, graphite http.Handler) string {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "plumbago_test"}, func() float64 { return 7 }))
	o := options("127.0.0.1:0", admin.Access{}, slog.New(slog.DiscardHandler))
	o.Gateway, o.Metrics, o.Graphite = g, registry, graphite
	s, err := admin.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	runServer(t, s)
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
