package tenant_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/tidy"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
	"github.com/prometheus/client_golang/prometheus"
)

func TestNaming(t *testing.T) {
	for _, c := range []struct {
		as         tenant.Naming
		line, want string
	}{
		{"", acmeKey + ".a.b", "acme.a.b"},
		{tenant.Prefix, acmeKey + ".a.b;c=d", "acme.a.b;c=d"},
		{tenant.Prefix, "a.b", "acme.a.b"},
		{tenant.Plain, acmeKey + ".a.b", "a.b"},
		{tenant.Plain, "a.b;tenant=me", "a.b;tenant=me"},
		{tenant.Tag, acmeKey + ".a.b", "a.b;tenant=acme"},
		{tenant.Tag, "a.b;c=d", "a.b;c=d;tenant=acme"},
		{tenant.Tag, "a.b;z=1", "a.b;tenant=acme;z=1"},
		{tenant.Tag, "a.b;c=d;tenan=1;tenant-x=2;tenant0=3;tenants=4;z=1", "a.b;c=d;tenan=1;tenant-x=2;tenant0=3;tenant=acme;tenants=4;z=1"},
		{tenant.Tag, "a.b;tenant=globex", "a.b;tenant=acme"},
		{tenant.Tag, "a.b;c=d;tenant=globex;z=1", "a.b;c=d;tenant=acme;z=1"},
		{tenant.Tag, "a.b;z=1;tenant=globex;tenant=hooli", "a.b;tenant=acme;z=1"},
		{tenant.Tag, acmeKey + ".a;;tenant=globex;b", "a;;b;tenant=acme"},
	} {
		o := three()
		o.Tenants[0].As = c.as
		v := newBook(t, o).Visit(tenant.Sender{Tenant: "acme"})
		if got, _, _ := admit(t, v, c.line); got.String() != "acme: "+c.want {
			t.Errorf("%s as %q: got %q, want %q", c.line, c.as, got, c.want)
		}
	}
}

func TestAdmitKeepsTheRestOfTheLines(t *testing.T) {
	v := newBook(t, three()).Visit(tenant.Sender{})
	got, out, _ := admit(t, v, acmeKey+".a -1.50 1700000000.25", acmeKey+".b;c=d 1e5 1700000001")
	const want = "acme.a -1.50 1700000000.25\nacme.b;c=d 1e5 1700000001\n"
	if lines := string(got.batches[0].Lines); lines != want {
		t.Errorf("got %q, want %q", lines, want)
	}
	if out.Passed != 2 || out.Reason != "" || out.Sample != nil {
		t.Errorf("got %+v, want two points passed", out)
	}
}

func TestUnknown(t *testing.T) {
	unknown := keyOf(1) + ".a.b"
	for _, c := range []struct {
		policy  tenant.Unknown
		want    string
		outcome string // passed limited dropped
		err     error
	}{
		{"", "acme: acme.a", "1 0 3", nil},
		{tenant.Drop, "acme: acme.a", "1 0 3", nil},
		{tenant.Reject, "acme: acme.a", "1 0 3", tenant.ErrUnknown},
		{tenant.Quarantine, "? key-" + sum(keyOf(1))[7:15] + ".a.b key-" + sum("x")[7:15] + " key-" + sum("y")[7:15] + ";z=.; acme: acme.a", "4 0 0", nil},
	} {
		o := three()
		o.Unknown = c.policy
		v := newBook(t, o).Visit(tenant.Sender{})
		got, out, err := admit(t, v, unknown, "x", acmeKey+".a", "y;z=.")
		if got.String() != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q: got %q and error %v, want %q and %v", c.policy, got, err, c.want, c.err)
		}
		if o := fmt.Sprint(out.Passed, out.Limited, out.Dropped); o != c.outcome {
			t.Errorf("%q: got outcome %s, want %s", c.policy, o, c.outcome)
		}
		if c.policy != tenant.Quarantine && (out.Reason != metric.UnknownTenant || string(out.Sample) != unknown+" 1 1700000000\n") {
			t.Errorf("%q: got %q and a sample of %q", c.policy, out.Reason, out.Sample)
		}
	}
}

func TestWithoutTenantsEverythingPasses(t *testing.T) {
	fix, _ := tidy.New(tidy.Options{Dots: tidy.Fix})
	var none *tenant.Book
	r := prometheus.NewRegistry()
	for _, c := range []struct {
		name string
		book *tenant.Book
	}{{"nil", none}, {"empty", newBookWith(t, tenant.Options{Unknown: tenant.Reject}, r)}} {
		v := c.book.Visit(tenant.Sender{Protocol: "line"})
		if got, out, err := admit(t, v, acmeKey+".a", "b..c"); got.String() != ": "+acmeKey+".a b..c" || out.Passed != 2 || err != nil {
			t.Errorf("%s: got %q, %+v, %v", c.name, got, out, err)
		}
		v = c.book.Visit(tenant.Sender{Protocol: "line", Names: fix})
		if got, _, err := admit(t, v, "a", "b..c", "d"); got.String() != ": a b.c d" || err != nil {
			t.Errorf("%s, fixed: got %q, %v", c.name, got, err)
		}
		v.Move(netip.MustParseAddr("10.0.0.1"))
		if !v.Known() || v.Authenticate([]byte(acmeKey)) || v.Wait(1e9) != 0 {
			t.Errorf("%s: the visit is unknown, or authenticated, or has to wait", c.name)
		}
	}
	const want = "fixed_points_total{dots,} 1\npoints_total{line,} 5"
	if got := exposed(t, r, ""); got != want {
		t.Errorf("got metrics\n%s\nwant\n%s", got, want)
	}
	if none.Status() != nil || string(none.Rename(nil, batchOf("a"), tenant.Tag)) != "a 1 1700000000\n" {
		t.Error("a nil book has tenants")
	}
}

func TestLinesOfSeveralTenantsAreGrouped(t *testing.T) {
	for _, c := range []struct{ acme, globex tenant.Naming }{
		{tenant.Prefix, tenant.Prefix}, {tenant.Plain, tenant.Prefix}, {tenant.Prefix, tenant.Plain}, {tenant.Plain, tenant.Plain}, {tenant.Tag, tenant.Plain},
	} {
		o := three()
		o.Tenants[0].As, o.Tenants[1].As = c.acme, c.globex
		v := newBook(t, o).Visit(tenant.Sender{Tenant: "globex"})
		var lines, acme, globex []string
		for i := range 100 {
			name := fmt.Sprintf("m%d", i)
			switch i % 7 {
			case 0, 3:
				lines, acme = append(lines, acmeKey+"."+name), append(acme, as("acme", c.acme, name))
			case 1:
				lines, globex = append(lines, globexKey+"."+name), append(globex, as("globex", c.globex, name))
			default:
				lines, globex = append(lines, name), append(globex, as("globex", c.globex, name))
			}
		}
		got, _, _ := admit(t, v, lines...)
		if want := "acme: " + strings.Join(acme, " ") + "; globex: " + strings.Join(globex, " "); got.String() != want {
			t.Errorf("%v:\n got %q\nwant %q", c, got, want)
		}
	}
}

// as is name as a tenant has it.
func as(name string, n tenant.Naming, metric string) string {
	return map[tenant.Naming]string{tenant.Plain: metric, tenant.Prefix: name + "." + metric, tenant.Tag: metric + ";tenant=" + name}[n]
}

func TestLinesThatNeedNoChangeAreNotCopied(t *testing.T) {
	o := three()
	o.Tenants[0].As = tenant.Plain
	v := newBook(t, o).Visit(tenant.Sender{Tenant: "acme"})
	b := batchOf("a", "b", "some-longer-node.c")
	var room tenant.Room
	_, err := v.Admit(t.Context(), &room, b, func(_ context.Context, h metric.Batch) error {
		if &h.Lines[0] != &b.Lines[0] || len(h.Lines) != len(b.Lines) || h.Points != 3 || h.Tenant != "acme" {
			t.Errorf("got %q of %q, want all of the batch itself", h.Lines, h.Tenant)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAnErrorOfHandIsReturnedAndTheRestIsHanded(t *testing.T) {
	v := newBook(t, three()).Visit(tenant.Sender{})
	broken := errors.New("broken")
	h := handed{err: broken}
	var room tenant.Room
	out, err := v.Admit(t.Context(), &room, batchOf(acmeKey+".a", globexKey+".b"), h.hand)
	if !errors.Is(err, broken) || len(h.batches) != 2 || out.Passed != 2 {
		t.Errorf("got %v, %d batches, %+v", err, len(h.batches), out)
	}
}

func TestAdmitHandsMuchInPieces(t *testing.T) {
	for _, as := range []tenant.Naming{tenant.Prefix, tenant.Plain, tenant.Tag} {
		o := three()
		o.Tenants[0].As = as
		v := newBook(t, o).Visit(tenant.Sender{})
		var lines []string
		for i := range 60_000 {
			lines = append(lines, fmt.Sprintf("%s.servers.m%d", []string{acmeKey, globexKey}[i/3%2], i))
		}
		got, out, _ := admit(t, v, lines...)
		if n := len(got.batches); out.Passed != len(lines) || n < 4 || n > 40 {
			t.Errorf("%s: got %d points in %d batches", as, out.Passed, n)
		}
		for _, b := range got.batches {
			if len(b.Lines) > 1<<20 {
				t.Errorf("%s: got a batch of %d bytes", as, len(b.Lines))
			}
		}
	}
}

func TestAdmitAllocatesNothing(t *testing.T) {
	o := three()
	o.Tenants[0].Limits = tenant.Limits{PointsPerSecond: 1e12, LiveMetrics: 1000, PerMetric: 1e9, MaxLine: 1000, MaxTags: 9}
	o.Tenants[1].As = tenant.Tag
	v := newBookWith(t, o, prometheus.NewRegistry()).Visit(tenant.Sender{Protocol: "line"})
	b := batchOf(acmeKey+".a", globexKey+".b;c=d", keyOf(7)+".c", keyOf(8)+".d", "e")
	var room tenant.Room
	hand := func(context.Context, metric.Batch) error { return nil }
	if n := testing.AllocsPerRun(200, func() { _, _ = v.Admit(context.Background(), &room, b, hand) }); n > 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}
