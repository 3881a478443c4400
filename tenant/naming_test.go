package tenant_test

import (
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
	"pgregory.net/rapid"
)

func TestRename(t *testing.T) {
	for _, c := range []struct {
		name, tenant string
		has, as      tenant.Naming
		line, want   string
	}{
		{"as it is", "acme", tenant.Prefix, "", "acme.a.b", "acme.a.b"},
		{"prefix to prefix", "acme", tenant.Prefix, tenant.Prefix, "acme.a.b", "acme.a.b"},
		{"prefix to tag", "acme", tenant.Prefix, tenant.Tag, "acme.a.b;z=1", "a.b;tenant=acme;z=1"},
		{"prefix to tag, with another's", "acme", tenant.Prefix, tenant.Tag, "acme.a.b;tenant=globex", "a.b;tenant=acme"},
		{"prefix to none", "acme", tenant.Prefix, tenant.Plain, "acme.acme.b", "acme.b"},
		{"prefix that rules took away", "acme", tenant.Prefix, tenant.Plain, "acmes.b", "acmes.b"},
		{"tag to prefix", "acme", tenant.Tag, tenant.Prefix, "a.b;c=d;tenant=acme;z=1", "acme.a.b;c=d;z=1"},
		{"tag to none", "acme", tenant.Tag, tenant.Plain, "a.b;tenant=acme", "a.b"},
		{"none to prefix", "acme", tenant.Plain, tenant.Prefix, "a.b", "acme.a.b"},
		{"none to tag", "acme", tenant.Plain, tenant.Tag, "a.b;c=d", "a.b;c=d;tenant=acme"},
		{"of nobody", "", tenant.Prefix, tenant.Tag, "acme.b", "acme.b"},
		{"of one who is gone", "hooli", tenant.Prefix, tenant.Tag, "hooli.b", "hooli.b"},
		{"quarantined", "quarantined", tenant.Prefix, tenant.Tag, "acme.b", "acme.b"},
	} {
		o := three()
		o.Tenants[0].As = c.has
		batch := batchOf(c.line, c.line)
		if batch.Tenant = c.tenant; c.tenant == "quarantined" {
			batch.Tenant, batch.Quarantined = "acme", true
		}
		got := string(newBook(t, o).Rename([]byte("before\n"), batch, c.as))
		if want := "before\n" + string(batchOf(c.want, c.want).Lines); got != want {
			t.Errorf("%s: got %q, want %q", c.name, got, want)
		}
	}
}

// TestTagsStandInCarbonsOrder compares with what internal/name, which is held to
// carbon, makes of a tag at the end.
func TestTagsStandInCarbonsOrder(t *testing.T) {
	o := three()
	o.Tenants[0].As = tenant.Tag
	v := newBook(t, o).Visit(tenant.Sender{Tenant: "acme"})
	rapid.Check(t, func(r *rapid.T) {
		tags := rapid.SliceOfN(rapid.StringMatching(`;(t|te|tenant|tenants|tenan|tenant-|z|a)[<=>-~]?=[a-z=]{1,3}`), 0, 6).Draw(r, "tags")
		bare := name.AppendCanonical(nil, []byte("m"+strings.Join(tags, "")))
		if !name.InOrder(bare) && len(tags) > 0 && strings.Contains(string(bare), ";") {
			r.Skip("not to be read by carbon")
		}
		want := "acme: " + string(name.AppendCanonical(nil, append(bare, ";tenant=acme"...)))
		if got, _, _ := admit(t, v, string(bare)); got.String() != want {
			r.Errorf("%s: got %q, want %q", bare, got, want)
		}
	})
}

// TestRenameIsWhatAdmitNames holds the two ways to a name to each other.
func TestRenameIsWhatAdmitNames(t *testing.T) {
	namings := []tenant.Naming{tenant.Prefix, tenant.Tag, tenant.Plain}
	lines := []string{"a", "a.b;c=d", "a;z=1", "acme.acme"}
	made := map[tenant.Naming]metric.Batch{}
	books := map[tenant.Naming]*tenant.Book{}
	for _, n := range namings {
		o := three()
		o.Tenants[0].As = n
		books[n] = newBook(t, o)
		got, _, _ := admit(t, books[n].Visit(tenant.Sender{Tenant: "acme"}), lines...)
		made[n] = got.batches[0]
	}
	for _, from := range namings {
		for _, to := range namings {
			if got := books[from].Rename(nil, made[from], to); string(got) != string(made[to].Lines) {
				t.Errorf("from %s to %s: got %q, want %q", from, to, got, made[to].Lines)
			}
		}
	}
}
