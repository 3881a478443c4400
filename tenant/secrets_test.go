package tenant_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
	"github.com/prometheus/client_golang/prometheus"
)

// TestNoKeyIsShown puts everything together that the package lets out, and looks
// for keys in it: of tenants, and those that are nobody's.
func TestNoKeyIsShown(t *testing.T) {
	var out strings.Builder
	clash := three()
	clash.Tenants[1].Keys = append(clash.Tenants[1].Keys, acmeKey, strings.ToUpper(otherKey)+";", "sha256:"+keyOf(7))
	clash.Tenants[2].Keys = append(clash.Tenants[2].Keys, globexKey)
	fmt.Fprintln(&out, tenant.Check(clash))

	for _, unknown := range []tenant.Unknown{tenant.Drop, tenant.Reject, tenant.Quarantine} {
		r := prometheus.NewRegistry()
		o := three()
		o.Unknown = unknown
		o.Tenants[0].Limits = tenant.Limits{LiveMetrics: 1, PointsPerSecond: 1, Burst: 1}
		b := newBookWith(t, o, r)
		v := b.Visit(tenant.Sender{Protocol: "line"})
		v.Authenticate([]byte(otherKey))
		v.Authenticate([]byte(keyOf(99)))

		var h handed
		var room tenant.Room
		batch := batchOf(acmeKey+".a", strings.ToUpper(acmeKey)+".b", globexKey, globexKey+".c", otherKey+".d", keyOf(7)+".e;f=g", keyOf(99)+".h", keyOf(98))
		_, err := v.Admit(t.Context(), &room, batch, h.hand)
		fmt.Fprintln(&out, err, h.String(), exposed(t, r, ""), errors.Unwrap(err))
		fmt.Fprintf(&out, "%+v %#v %+v %#v %+v %#v %+v\n", b, b, v, v, &room, &room, b.Status())
		for l := range bytes.Lines(batch.Lines) {
			fmt.Fprintf(&out, "%s\n", b.Mask(nil, l))
		}
		fmt.Fprintf(&out, "%s\n", b.Mask(nil, batch.Lines))
		fmt.Fprintf(&out, "%s\n", b.Rename(nil, metric.Batch{Lines: h.batches[0].Lines, Tenant: h.batches[0].Tenant}, tenant.Tag))
	}
	shown := strings.ToLower(out.String())
	for _, key := range []string{acmeKey, globexKey, otherKey, keyOf(7), keyOf(98), keyOf(99)} {
		for what, text := range map[string]string{
			"text": key, "bytes": strings.Trim(fmt.Sprint([]byte(key)), "[]"), "bytes in code": strings.Trim(fmt.Sprintf("%#v", []byte(key)), "[]byte{}"),
		} {
			if strings.Contains(shown, strings.ToLower(text)) {
				t.Errorf("the %s of a key can be read in\n%s", what, shown)
			}
		}
	}
	if !strings.Contains(shown, "acme.a") || !strings.Contains(shown, "***.a") {
		t.Errorf("got\n%s\nwithout what should be shown", shown)
	}
}
