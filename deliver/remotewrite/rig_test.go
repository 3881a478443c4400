package remotewrite_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver/delivertest"
	"github.com/plumbago/plumbago/deliver/remotewrite"
	wire "github.com/plumbago/plumbago/wire/remotewrite"
)

func wireVersion(n int) wire.Version { return wire.Version(n) }

// rig is a worker between a source and a far end.
type rig struct{ *delivertest.Rig }

// newRig starts a worker that delivers to h.
func newRig(t *testing.T, h http.Handler, o remotewrite.Options) rig {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	r := rig{delivertest.NewRig(t)}
	o.URL, o.RefusalsPath, o.Name = server.URL+"/api/v1/write", r.Refusals, "far"
	o.Logger, o.Registerer = r.Logger, r.Registry
	if o.Interval == 0 {
		o.Interval = 5 * time.Millisecond
	}
	r.Start(newDestination(t, o))
	return r
}

func (r rig) checkRefused(why string, want float64) {
	r.CheckMetric("plumbago_remotewrite_refused_points_total", "reason", why, want)
}
