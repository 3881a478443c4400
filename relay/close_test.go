package relay_test

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
	"github.com/prometheus/client_golang/prometheus"
)

// held counts the far ends that are made and not closed.
type held struct{ n atomic.Int64 }

type closable struct {
	*far
	held   *held
	closed atomic.Bool
}

func (c *closable) Close() error {
	if c.closed.Swap(true) {
		return fmt.Errorf("closed a second time")
	}
	c.held.n.Add(-1)
	return nil
}

// in has the destinations of o made anew each time, and version for each.
func (h *held) in(o relay.Options, version string) relay.Options {
	for i := range o.Destinations {
		o.Destinations[i].Version = version
		o.Destinations[i].Far = func(*slog.Logger, prometheus.Registerer) (deliver.Destination, error) {
			h.n.Add(1)
			return &closable{far: &far{}, held: h}, nil
		}
	}
	return o
}

func (h *held) want(t *testing.T, n int64, when string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d far ends %s", n, when), func() bool { return h.n.Load() == n })
}

func TestFarEndsAreClosedWhenTheyAreUsedNoMore(t *testing.T) {
	dir, h := t.TempDir(), &held{}
	fars := map[string]*far{"a": {}, "b": {}}
	r, stop := open(t, h.in(options(dir, fars, "a", "b"), "1"))
	h.want(t, 2, "at the start")
	reload(t, r, h.in(options(dir, fars, "a", "b"), "2"))
	h.want(t, 2, "exchanged")
	bad := h.in(options(dir, fars, "a", "b"), "3")
	bad.Rules = []route.Rule{{To: []string{"nowhere"}}}
	if _, err := r.Reload(bad); err == nil {
		t.Error("got no error for a rule to nowhere")
	}
	h.want(t, 2, "after a reload that was refused")
	reload(t, r, h.in(options(dir, fars, "a"), "2"))
	h.want(t, 1, "when one is removed")
	stop()
	h.want(t, 0, "at the end")
}
