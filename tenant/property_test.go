package tenant_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"
)

// model is what should become of lines, without limits.
type model struct {
	namings []tenant.Naming
	owner   int // of points without a key; -1 if that is not known
	unknown tenant.Unknown

	handed  map[string][]string // names, by tenant
	dropped map[string]int      // by tenant and reason
}

// line is a name that begins with the key of a tenant: the one of that number, or
// nobody's from 3 on, or no key if the number is less than 0.
type line struct {
	key  int
	name string
}

func (l line) text() string {
	if l.key < 0 {
		return l.name
	}
	key := keyOf(l.key)
	if len(l.name)%2 == 0 {
		key = strings.ToUpper(key)
	}
	return key + "." + l.name
}

func (m *model) admit(l line) {
	owner, name := m.owner, l.text()
	if 0 <= l.key && l.key < 3 {
		owner, name = l.key, l.name
	}
	switch {
	case owner < 0 && m.unknown == tenant.Quarantine:
		node := name[:strings.IndexAny(name+".", ".;")]
		m.handed["?"] = append(m.handed["?"], "key-"+sum(node)[7:15]+name[len(node):])
	case owner < 0:
		m.dropped["unknown_tenant,"]++
	case name == "":
		m.dropped["name,"+called(owner)]++
	default:
		m.handed[called(owner)] = append(m.handed[called(owner)], as(called(owner), m.namings[owner], name))
	}
}

func called(owner int) string { return fmt.Sprintf("tenant-%d", owner) }

func TestWhatComesInIsPassedOrDropped(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := &model{handed: map[string][]string{}, dropped: map[string]int{}, owner: rapid.IntRange(-1, 2).Draw(r, "owner"),
			unknown: rapid.SampledFrom([]tenant.Unknown{tenant.Drop, tenant.Reject, tenant.Quarantine}).Draw(r, "unknown")}
		o := tenant.Options{Unknown: m.unknown}
		for i := range 3 {
			m.namings = append(m.namings, rapid.SampledFrom([]tenant.Naming{tenant.Prefix, tenant.Tag, tenant.Plain}).Draw(r, "as"))
			o.Tenants = append(o.Tenants, tenant.Tenant{Name: called(i), Keys: []string{keyOf(i)}, As: m.namings[i]})
		}
		registry := prometheus.NewRegistry()
		s := tenant.Sender{Protocol: "line"}
		if m.owner >= 0 {
			s.Tenant = called(m.owner)
		}
		v := newBookWith(t, o, registry).Visit(s)
		var h handed
		var room tenant.Room
		for range rapid.IntRange(1, 3).Draw(r, "batches") {
			sendLines(r, m, v, &room, &h)
		}
		compare(r, m, h)
		for what, n := range m.dropped {
			if series := fmt.Sprintf("dropped_points_total{%s} %d", what, n); !strings.Contains(exposed(t, registry, ""), series) {
				r.Errorf("got metrics\n%s\nwant\n%s", exposed(t, registry, ""), series)
			}
		}
		for name, handed := range m.handed {
			if series := fmt.Sprintf("\npoints_total{line,%s} %d\n", strings.Trim(name, "?"), len(handed)); !strings.Contains("\n"+exposed(t, registry, "")+"\n", series) {
				r.Errorf("got metrics\n%s\nwant\n%s", exposed(t, registry, ""), series)
			}
		}
	})
}

// sendLines has v and the model admit a batch.
func sendLines(r *rapid.T, m *model, v *tenant.Visit, room *tenant.Room, h *handed) {
	var b metric.Batch
	for range rapid.IntRange(0, 40).Draw(r, "lines") {
		l := line{rapid.IntRange(-1, 4).Draw(r, "key"), rapid.SampledFrom([]string{"a", "b.c", "some-longer-node.d", "longer-than-a-key", ""}).Draw(r, "name")}
		if l.key < 0 && l.name == "" {
			l.name = "x.y"
		}
		one := batchOf(l.text())
		b.Lines, b.Points = append(b.Lines, one.Lines...), b.Points+1
		m.admit(l)
	}
	out, err := v.Admit(r.Context(), room, b, h.hand)
	if got := out.Passed + out.Dropped + out.Limited; got != b.Points {
		r.Errorf("got %+v of %d points", out, b.Points)
	}
	if refused := m.unknown == tenant.Reject && out.Reason == metric.UnknownTenant; refused && err != tenant.ErrUnknown || err != nil && m.unknown != tenant.Reject {
		r.Errorf("got error %v", err)
	}
}

// compare holds what was handed to the model, in order for each tenant.
func compare(r *rapid.T, m *model, h handed) {
	got := map[string][]string{}
	for _, b := range h.batches {
		name := b.Tenant
		if b.Quarantined {
			name += "?"
		}
		for l := range b.All() {
			got[name] = append(got[name], string(l.Name))
		}
		for i := range 3 {
			if bytes.Contains(bytes.ToLower(b.Lines), []byte(keyOf(i))) {
				r.Errorf("a key is in what was handed on: %q", b.Lines)
			}
		}
	}
	if g, w := fmt.Sprint(got), fmt.Sprint(m.handed); g != w {
		r.Errorf("\n got %s\nwant %s", g, w)
	}
}
