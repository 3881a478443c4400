package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/admin"
	"github.com/prometheus/client_golang/prometheus"
)

// lossy is a registry of counters of drops.
type lossy struct {
	*prometheus.Registry
	queues, other *prometheus.CounterVec
}

func newLossy() lossy {
	l := lossy{
		prometheus.NewRegistry(),
		prometheus.NewCounterVec(prometheus.CounterOpts{Name: "plumbago_queue_dropped_points_total"}, []string{"dest", "reason"}),
		prometheus.NewCounterVec(prometheus.CounterOpts{Name: "plumbago_tenant_fixed_points_total"}, []string{"reason"}),
	}
	l.MustRegister(l.queues, l.other)
	return l
}

func (l lossy) drop(dest, reason string, n float64) {
	l.queues.WithLabelValues(dest, reason).Add(n)
	l.other.WithLabelValues("dots").Add(n)
}

// told is what a history answers.
func told(t *testing.T, h admin.History) (d admin.Drops) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/drops", nil))
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return d
}

func TestDropsAreRememberedByTheMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLossy()
		began := float64(time.Now().Unix())
		h := admin.NewHistory(l)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go h.Run(ctx)
		l.drop("a", "queue_full", 7)
		time.Sleep(61 * time.Second)
		l.drop("a", "queue_full", 1)
		l.drop("b", "queue_full", 2)
		l.drop("b", "too_old", 5)
		want := admin.Drops{
			Time: began + 61, Times: []float64{began, began + 60},
			Dropped: map[string][]uint64{"queue_full": {7, 3}, "too_old": {0, 5}},
		}
		if diff := cmp.Diff(want, told(t, h)); diff != "" {
			t.Errorf("after a minute (-want +got):\n%s", diff)
		}
		l.queues.DeleteLabelValues("a", "queue_full") // its destination is removed
		time.Sleep(time.Minute)
		l.drop("a", "queue_full", 4) // and comes back
		want.Time, want.Times = began+121, append(want.Times, began+120)
		want.Dropped = map[string][]uint64{"queue_full": {7, 3, 4}, "too_old": {0, 5, 0}}
		if diff := cmp.Diff(want, told(t, h)); diff != "" {
			t.Errorf("after a reload (-want +got):\n%s", diff)
		}
		l.queues.DeleteLabelValues("a", "queue_full")
		l.drop("a", "queue_full", 3) // before anybody looks
		want.Dropped["queue_full"][2] += 3
		if diff := cmp.Diff(want, told(t, h)); diff != "" {
			t.Errorf("after another (-want +got):\n%s", diff)
		}
	})
}

func TestDropsAreForgottenAfterAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLossy()
		h := admin.NewHistory(l)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go h.Run(ctx)
		l.drop("a", "queue_full", 7)
		time.Sleep(30*time.Minute + time.Second)
		l.drop("a", "too_old", 1)
		if got := told(t, h); !slices.Contains(got.Dropped["queue_full"], 7) {
			t.Errorf("got %v after half an hour, want the 7", got)
		}
		time.Sleep(40 * time.Minute)
		got := told(t, h)
		if _, there := got.Dropped["queue_full"]; there || !slices.Contains(got.Dropped["too_old"], 1) || len(got.Times) != 60 {
			t.Errorf("got %v, want nothing that is older than an hour, of 60 minutes", got)
		}
	})
}

func TestDropsThatAreNotKnown(t *testing.T) {
	broken := prometheus.NewInvalidDesc(errors.New("no metrics"))
	l := newLossy()
	l.MustRegister(invalid{broken})
	w := httptest.NewRecorder()
	admin.NewHistory(l).ServeHTTP(w, httptest.NewRequest("GET", "/drops", nil))
	if w.Code != 500 || !strings.Contains(w.Body.String(), "no metrics") {
		t.Errorf("got %d %q, want what is wrong", w.Code, w.Body)
	}
}

// invalid is a metric that cannot be had.
type invalid struct{ desc *prometheus.Desc }

func (i invalid) Describe(chan<- *prometheus.Desc) {}
func (i invalid) Collect(to chan<- prometheus.Metric) {
	to <- prometheus.NewInvalidMetric(i.desc, errors.New("no metrics"))
}

// TestDropsAreDescribed holds docs/status.md against the names there are.
func TestDropsAreDescribed(t *testing.T) {
	page, err := os.ReadFile("../docs/status.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(page), "GET /drops")
	_, body := get(t, serve(t, &gateway{})+"/drops")
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if len(got) != 3 {
		t.Errorf("got %s, want three names", body)
	}
	for _, name := range names(got) {
		if !strings.Contains(part, "`"+name+"`") {
			t.Errorf("docs/status.md says nothing of %q of /drops", name)
		}
	}
}
