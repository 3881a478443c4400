package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config"
)

func TestRemoteWrite(t *testing.T) {
	c := mustParse(t, receiver+`
deliver:
  - {name: a, type: remote_write, address: 'http://h:9090/api/v1/write'}
  - {name: b, type: remote_write, address: 'https://h/api/v1/push', version: 2.0, mapping: /m.yml, strict_match: true, mapping_cache: 1MiB,
     shards: 8, per_tenant: true, tenant_header: THANOS-TENANT, bearer: '${env:TOKEN}', headers: [{name: X-A, value: '${env:VALUE}'}]}
  - {name: c, type: remote_write, address: 'https://h/api/v1/push', tenant: acme, basic: {user: u, password: '${env:TOKEN}'}}
`, config.Lookup{Env: keyOf})
	type keys struct {
		version            config.Version
		mapping            string
		strict             bool
		cache              config.Size
		shards             int
		tenant             string
		perTenant          bool
		header             string
		bearer, user, pass string
		headers            int
	}
	want := []keys{
		{"1.0", "", false, 128 << 20, 2, "", false, "X-Scope-OrgID", "", "", "", 0},
		{"2.0", "/m.yml", true, 1 << 20, 8, "", true, "THANOS-TENANT", "secret-of-TOKEN", "", "", 1},
		{"1.0", "", false, 128 << 20, 2, "acme", false, "X-Scope-OrgID", "", "u", "secret-of-TOKEN", 0},
	}
	for i, d := range c.Deliver {
		got := keys{
			d.Version, d.Mapping, d.StrictMatch, d.MappingCache, d.Shards, d.Tenant, d.PerTenant, d.TenantHeader,
			d.Bearer.Reveal(), d.Basic.User, d.Basic.Password.Reveal(), len(d.Headers),
		}
		if diff := cmp.Diff(want[i], got, cmp.AllowUnexported(keys{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", d.Name, diff)
		}
		if text := fmt.Sprintf("%+v", d); strings.Contains(text, "secret-of") {
			t.Errorf("%s: a secret is shown:\n%s", d.Name, text)
		}
	}
	if h := c.Deliver[1].Headers[0]; h.Name != "X-A" || h.Value.Reveal() != "secret-of-VALUE" {
		t.Errorf("got header %s with %q, want X-A with its value", h.Name, h.Value.Reveal())
	}
}

func TestRemoteWriteTellsWhatIsWrong(t *testing.T) {
	const address = "address: 'https://h/api/v1/write'"
	for _, c := range []struct{ name, keys, want string }{
		{"no address", "shards: 1", "address is missing"},
		{"no path", "address: 'https://h:1'", "address: want one with a path, like https://host/api/v1/write"},
		{"an address of another kind", "address: 'tcp://h:1'", "address: want an address that begins with https:// or http://"},
		{"version", address + ", version: 3.0", "version: want 1.0 or 2.0"},
		{"shards", address + ", shards: 0", "shards: want 1 or more"},
		{"strict without rules", address + ", strict_match: true", "strict_match: does nothing without mapping"},
		{"cache without rules", address + ", mapping_cache: 1MiB", "mapping_cache: does nothing without mapping"},
		{"two ways in", address + ", bearer: some-secret, basic: {user: u, password: some-secret}", "basic: there is bearer too"},
		{"half a way in", address + ", basic: {user: u}", "password is missing"},
		{"two tenants", address + ", tenant: a, per_tenant: true", "tenant: it is for all points"},
		{"header of no tenant", address + ", tenant_header: X-T", "tenant_header: does nothing without tenant or per_tenant"},
		{"bearer", address + `, bearer: "some-secret\n"`, "bearer: it has a control character"},
		{"keys of others", address + ", ttl: 1d, compress: false, prefix: p", "ttl: is for type blueflood only"},
		{"a header without value", address + ", headers: [{name: a}]", "value is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := config.Parse("p.yml", []byte(receiver+"deliver: [{name: a, type: remote_write, "+c.keys+"}]\n"), config.Lookup{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "some-secret") {
				t.Errorf("the secret is shown: %v", err)
			}
		})
	}
}
