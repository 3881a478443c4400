package blueflood_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver/blueflood"
	"github.com/plumbago/plumbago/deliver/blueflood/bluefloodtest"
	"github.com/plumbago/plumbago/deliver/delivertest"
)

// rig is a worker between a source and a far end, whose clocks show now.
type rig struct{ *delivertest.Rig }

// newRig starts a worker that delivers to h.
func newRig(t *testing.T, h http.Handler, o blueflood.Options) rig {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	r := rig{delivertest.NewRig(t)}
	o.URL, o.RefusalsPath, o.Name = server.URL, r.Refusals, "far"
	o.Logger, o.Registerer = r.Logger, r.Registry
	if o.Tenant == "" && !o.Tenants {
		o.Tenant = "12345"
	}
	if o.Interval == 0 {
		o.Interval = 5 * time.Millisecond
	}
	if o.Now == nil {
		o.Now = func() time.Time { return now }
	}
	if o.Auth != nil && o.Auth.URL == "" {
		o.Auth.URL = server.URL + "/v2.0/tokens"
	}
	r.Start(newDestination(t, o))
	return r
}

// newFar makes a far end whose clock shows now.
func newFar() *bluefloodtest.Server {
	return &bluefloodtest.Server{Now: func() time.Time { return now }}
}

// give adds blocks of points, with names that begin so.
func (r rig) give(prefix string, blocks, points int) {
	for b := range blocks {
		lines := make([]string, points)
		for i := range lines {
			lines[i] = fmt.Sprintf("%s.%d.%d %d %d", prefix, b, i, i, now.Unix())
		}
		r.Source.Add(lines...)
	}
}

// checkStored checks that all that give has given is there.
func checkStored(t *testing.T, far *bluefloodtest.Server, prefix string, blocks, points int) {
	t.Helper()
	missing := 0
	for b := range blocks {
		for i := range points {
			if far.Value("12345", fmt.Sprintf("%s.%d.%d", prefix, b, i), now.UnixMilli()) != fmt.Sprint(i) {
				missing++
			}
		}
	}
	if missing > 0 {
		t.Errorf("%d of %d points are missing", missing, blocks*points)
	}
}
