package admin_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/admin"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/heavy"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
	"github.com/prometheus/client_golang/prometheus"
)

// inside is a fake, but for the taps of a relay if it has one.
type inside struct{ relay *relay.Relay }

func (i *inside) Tap(o relay.TapOptions) (*relay.Tap, error) {
	if i.relay == nil {
		return nil, errors.New("too many taps")
	}
	return i.relay.Tap(o)
}

func (i *inside) Heaviest(by relay.Kind, n, depth int) ([]heavy.Entry, error) {
	if by != relay.ByPrefix {
		return nil, errors.New("nothing is known by that")
	}
	at := time.Unix(1_700_000_000, 0).UTC()
	return []heavy.Entry{{Key: strings.Repeat("a.", depth), Count: uint64(n), Error: 1, Rate: 2.5, First: at, Last: at}}, nil
}

func (i *inside) Samples() []receive.Sample {
	return []receive.Sample{{At: time.Unix(1_700_000_000, 0).UTC(), Reason: metric.Value, Listener: "line+tcp://:2003", Peer: "192.0.2.1:5", Text: "a x"}}
}

func (i *inside) Explain(tenant, name string) (any, error) {
	if tenant == "nobody" {
		return nil, errors.New("there is no such tenant")
	}
	return map[string]string{"name": name, "tenant": tenant}, nil
}

// asked runs a server and returns its answer to a GET.
func asked(t *testing.T, o admin.Options, path string) (int, string) {
	t.Helper()
	s, err := admin.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	runServer(t, s)
	return get(t, "http://"+s.Addr().String()+path)
}

func TestWhatIsAskedOfTheInside(t *testing.T) {
	registry := prometheus.NewRegistry()
	dropped := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "plumbago_queue_dropped_points_total"}, []string{"dest", "reason"})
	rejected := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "plumbago_receive_rejected_total"}, []string{"listener", "reason"})
	other := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "plumbago_tenant_fixed_points_total"}, []string{"reason"})
	registry.MustRegister(dropped, rejected, other)
	dropped.WithLabelValues("a", "queue_full").Add(7)
	dropped.WithLabelValues("b", "queue_full").Add(8)
	rejected.WithLabelValues("l", "value").Add(3)
	rejected.WithLabelValues("l", "name").Add(0)
	other.WithLabelValues("dots").Add(99)
	o := options("127.0.0.1:0", admin.Access{}, slog.New(slog.DiscardHandler))
	o.Metrics = registry
	tests := []struct {
		name, path string
		status     int
		want       string
	}{
		{"samples", "/samples", 200, `[{"at":"2023-11-14T22:13:20Z","reason":"value","listener":"line+tcp://:2003","peer":"192.0.2.1:5","text":"a x"}]`},
		{"by prefix", "/top", 200, `{"by":"prefix","entries":[{"key":"a.a.","points":20,"error":1,"rate":2.5,"first":"2023-11-14T22:13:20Z","last":"2023-11-14T22:13:20Z"}]}`},
		{"deeper", "/top?by=prefix&n=5&depth=3", 200, `{"by":"prefix","entries":[{"key":"a.a.a.","points":5,"error":1,"rate":2.5,"first":"2023-11-14T22:13:20Z","last":"2023-11-14T22:13:20Z"}]}`},
		{"by reason", "/top?by=reason", 200, `{"by":"reason","entries":[{"key":"queue_full","points":15,"error":0,"rate":0},{"key":"value","points":3,"error":0,"rate":0,"last":"2023-11-14T22:13:20Z"}]}`},
		{"by reason, the first", "/top?by=reason&n=1", 200, `{"by":"reason","entries":[{"key":"queue_full","points":15,"error":0,"rate":0}]}`},
		{"by what there is not", "/top?by=colour", 400, "nothing is known by that"},
		{"too deep", "/top?depth=9", 400, "depth: want a number from 1 to 4"},
		{"too many", "/top?n=x", 400, "n: want a number from 1 to 2048"},
		{"a name", "/explain?name=a.b&tenant=acme", 200, `{"name":"a.b","tenant":"acme"}`},
		{"no name", "/explain", 400, "which name? ask for /explain?name=servers.a.cpu"},
		{"nobody's", "/explain?name=a&tenant=nobody", 400, "there is no such tenant"},
		{"a pattern that is none", "/tap?match=" + url.QueryEscape("("), 400, "match: error parsing regexp: missing closing ): `(`"},
		{"a rate over the bound", "/tap?rate=100000", 400, "rate: want a number from 1 to 10000"},
		{"a tap too many", "/tap", 503, "too many taps"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, text := asked(t, o, test.path)
			if status != test.status || strings.TrimSpace(text) != test.want {
				t.Errorf("got %d %s\nwant %d %s", status, text, test.status, test.want)
			}
		})
	}
}

// TestTheTapIsAStream that ends with the server.
func TestTheTapIsAStream(t *testing.T) {
	r, err := relay.Open(relay.Options{
		Rules:        []route.Rule{{Match: "^a", To: []string{"far"}}},
		Destinations: []relay.Destination{{Name: "far", Far: noFar, QueueDir: filepath.Join(t.TempDir(), "far")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	o := options("127.0.0.1:0", admin.Access{}, slog.New(slog.DiscardHandler))
	o.Inside = &inside{r}
	s, err := admin.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	runServer(t, s)
	answer, err := http.Get("http://" + s.Addr().String() + "/tap?match=" + url.QueryEscape(`^a\.`) + "&rate=2")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	batch := metric.Batch{Lines: []byte("b.x 4 4\na.x 1 1\na.y 2 2\na.z 3 3\n"), Points: 4}
	if err := r.Receive(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(answer.Body)
	shown, passed := 0, uint64(0)
	for shown+int(passed) < 3 && lines.Scan() {
		var got struct {
			relay.Seen
			admin.Passed
		}
		if err := json.Unmarshal(lines.Bytes(), &got); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		passed += got.Over
		if got.Line != "" {
			shown++
			if diff := cmp.Diff([]string{"far"}, got.To); diff != "" {
				t.Errorf("%s: destinations (-want +got):\n%s", got.Line, diff)
			}
		}
	}
	if shown < 1 || shown > 2 || passed == 0 {
		t.Errorf("got %d shown and %d passed over, want 2 at most, and the others told of", shown, passed)
	}
}

// noFar makes a far end that is down.
func noFar(*slog.Logger, prometheus.Registerer) (deliver.Destination, error) { return nil, nil }

func TestReadinessByAge(t *testing.T) {
	status := relay.Status{Accepting: true, Destinations: []relay.DestinationStatus{
		{Name: "late", Queue: queue.Stats{Oldest: time.Now().Add(-time.Hour)}},
		{Name: "idle"},
		{Name: "well", Queue: queue.Stats{Oldest: time.Now().Add(-time.Minute)}},
	}}
	tests := []struct {
		name  string
		bound time.Duration
		want  int
		text  string
	}{
		{"without a bound", 0, 200, `{"ready":true,"accepting":true}`},
		{"within it", 2 * time.Hour, 200, `{"ready":true,"accepting":true}`},
		{"beyond it", 10 * time.Minute, 503, `"why":"points wait for late longer than 10m0s"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := options("127.0.0.1:0", admin.Access{}, slog.New(slog.DiscardHandler))
			o.Gateway, o.ReadyMaxAge = &gateway{status}, test.bound
			code, text := asked(t, o, "/readyz")
			if code != test.want || !strings.Contains(text, test.text) || strings.Contains(text, "well") {
				t.Errorf("got %d %s, want %d %s", code, text, test.want, test.text)
			}
		})
	}
}
