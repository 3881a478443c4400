package config_test

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config"
)

var tenantErrors = []errorCase{
	{"tenants' names", receiver + destination + `tenants:
  - {name: Acme, allow: ['::1']}
  - {name: a.b, allow: ['::2']}
  - {name: acme, allow: ['::3']}
  - {name: acme, allow: ['::4']}
  - {allow: ['::5']}
  - {name: acme-, allow: ['::6'], key: hunter22, as: prefixed}
`,
		[]string{
			`4:12: name: want lower-case letters, digits, - and _, at most 64, a letter or digit first, got "Acme"`,
			`5:12: name: want lower-case letters, digits, - and _, at most 64, a letter or digit first, got "a.b"`,
			`7:12: name: "acme" is the name of another tenant, in line 6; choose another`,
			`8:5: name is missing; add it, like name: acme`,
			`9:35: unknown key "key"; did you mean "keys"?`,
			`9:54: as: want prefix, tag or none, got "prefixed"`,
		}},
	{"keys", receiver + destination + `tenants:
  - {name: a, keys: [short, 'with.a.dot', 'with a blank', 'with;semicolon', "with\ttab...", 12345678, '', 'sha256:abc', yes]}
  - {name: b, keys: hunter22}
  - {name: c, keys: []}
  - {name: d, keys: ['${env:NOPE}', '${hunter22}', 'hunter22${', *hunter22, true, [hunter22], {hunter22: hunter22}]}
  - {name: e, keys: [` + strings.Repeat("hunter22", 32) + `]}
`,
		[]string{
			`4:22: keys: want 8 to 255 bytes`,
			`4:29: keys: it has a dot, a blank, a control character or a semicolon in it, which no key can have`,
			`4:43: keys: it has a dot, a blank, a control character or a semicolon in it, which no key can have`,
			`4:59: keys: it has a dot, a blank, a control character or a semicolon in it, which no key can have`,
			`4:77: keys: it has a dot, a blank, a control character or a semicolon in it, which no key can have`,
			`4:93: keys: want a text like "${env:ACME_KEY}", got a number; put it in quotes`,
			`4:103: keys: want a text like "${env:ACME_KEY}", got an empty one`,
			`4:107: keys: behind sha256: want 64 hexadecimal digits`,
			`4:121: keys: want 8 to 255 bytes`,
			`5:21: keys: want a list like [${env:ACME_KEY}], got a text`,
			`6:21: keys: the list is empty; put something into it, like ${env:ACME_KEY}`,
			`7:22: keys: the environment variable "NOPE" is not set`,
			`7:37: keys: it has a ${ in it: want ${env:NAME} or ${file:/path}, or $${ for a plain ${`,
			`7:52: keys: it has a ${ in it: want ${env:NAME} or ${file:/path}, or $${ for a plain ${`,
			`7:66: no anchor has the name behind the *; a text that begins with * goes in quotes`,
			`7:77: keys: want a text like "${env:ACME_KEY}", got true or false; put it in quotes`,
			`7:83: keys: want a text like "${env:ACME_KEY}", got a list`,
			`7:95: keys: want a text like "${env:ACME_KEY}", got keys with values`,
			`8:22: keys: want 8 to 255 bytes`,
		}},
	{"the same twice", `receive: [{protocol: line, listen: tls://:1, tls: {cert: c, key: k, client_ca: a}}]
` + destination + `tenants:
  - {name: a, keys: [hunter22, hunter23, HUNTER22], allow: [10.0.0.0/8, 10.0.0.0/8], certificates: [x.example]}
  - {name: b, keys: [Hunter22], allow: [10.0.0.0/9, 10.0.0.0/8], certificates: [X.example, y]}
  - {name: c, keys: ['sha256:` + digestOf("hunter23") + `', 'sha256:` + strings.ToUpper(digestOf("Hunter25")) + `']}
  - {nam: d, keys: [&k hunter24, Hunter25]}
  - {nam: e, keys: [*k], allow: [10.0.0.0/9]}
`,
		[]string{
			`4:42: keys: this key is given twice, first in line 4; leave one out`,
			`4:73: allow: this address is given twice, first in line 4; leave one out`,
			`5:22: keys: tenant "b" has the same key as tenant "a", which gives it in line 4; it can stand for one of them only`,
			`5:53: allow: tenant "b" has the same address as tenant "a", which gives it in line 4; it can stand for one of them only`,
			`5:81: certificates: tenant "b" has the same certificate as tenant "a", which gives it in line 4; it can stand for one of them only`,
			`6:22: keys: tenant "c" has the same key as tenant "a", which gives it in line 4; it can stand for one of them only`,
			`7:5: name is missing; add it, like name: acme`,
			`7:6: unknown key "nam"; did you mean "name"?`,
			`7:24: keys: the tenant in line 8 has the same key as the tenant in line 7, which gives it in line 7; it can stand for one of them only`,
			`7:34: keys: the tenant in line 7 has the same key as tenant "c", which gives it in line 6; it can stand for one of them only`,
			`8:5: name is missing; add it, like name: acme`,
			`8:6: unknown key "nam"; did you mean "name"?`,
			`8:34: allow: the tenant in line 8 has the same address as tenant "b", which gives it in line 5; it can stand for one of them only`,
		}},
	{"tenants that nothing can tell", `receive:
  - {protocol: line, listen: tls://:1, tls: {cert: c, key: k}, tenant: told}
` + destination + `tenants:
  - {name: acme, as: tag}
  - {name: told}
  - {name: certified, certificates: [x.example]}
  - {name: wrong, keys: [short]}
`,
		[]string{
			`5:12: name: nothing tells which points are those of "acme"; give it keys, allow or certificates, or a listener with its name as tenant`,
			`7:37: certificates: no listener asks for them; add client_ca to the tls of one that listens on tls://`,
			`8:26: keys: want 8 to 255 bytes`,
		}},
	{"unknown tenants", `receive:
  - {protocol: line, listen: tcp://:1, tenant: acem}
  - {protocol: line, listen: tcp://:2, tenant: somebody}
` + destination + `tenants: [{name: acme, allow: ['::1']}]
unknown_tenant: quarantine
route:
  - {tenants: [acme, amce], to: [carbon]}
  - {tenants: [], to: [carbon]}
`,
		[]string{
			`2:48: tenant: no tenant is named "acem"; did you mean "acme"?`,
			`3:48: tenant: no tenant is named "somebody"; there are: acme`,
			`6:17: quarantine needs a destination; name it at the top level, like quarantine: carbon`,
			`8:22: tenants: no tenant is named "amce"; did you mean "acme"?`,
			`9:15: tenants: the list is empty; put something into it, like acme`,
		}},
	{"unknown tenants beside one without a name", `receive: [{protocol: line, listen: tcp://:1, tenant: beta}]
` + destination + "tenants: [{name: acme, allow: ['::1']}, {allow: ['::2']}]\n",
		[]string{
			`3:41: name is missing; add it, like name: acme`,
		}},
	{"keys for tenants without tenants", `receive: [{protocol: line, listen: tcp://:1, tenant: acme}]
` + destination + `unknown_tenant: drop
route: [{tenants: [acme], to: [carbon]}]
`,
		[]string{
			`1:54: tenant: there are no tenants; leave it out, or add a section like tenants: [{name: acme, keys: ['${env:ACME_KEY}']}]`,
			`3:17: unknown_tenant: there are no tenants; leave it out, or add a section like tenants: [{name: acme, keys: ['${env:ACME_KEY}']}]`,
			`4:20: tenants: there are no tenants; leave it out, or add a section like tenants: [{name: acme, keys: ['${env:ACME_KEY}']}]`,
		}},
	{"limits", receiver + destination + `tenants:
  - {name: a, allow: ['::1'], limits: {burst: 5, live_window: 1h, dry_run: true}}
  - {name: b, allow: ['::2'], limits: {points_per_second: 0, per_metric: -1, live_metrics: 0, max_tags: 0, max_line: 1}}
  - {name: c, allow: ['::3'], limits: {points_per_second: many, per_metric: .inf, live_metrics: 0.5, dry_run: true}}
  - {name: d, allow: ['::4'], limits: {points_per_second: '5', per_metric: 2000000000, dry_run: false}}
  - {name: e, allow: ['::5'], limits: {dry_run: true}}
`,
		[]string{
			`4:47: burst: does nothing without points_per_second; add it, like points_per_second: 10000`,
			`4:63: live_window: does nothing without live_metrics; add it, like live_metrics: 10000`,
			`4:76: dry_run: does nothing without a limit; add one, like points_per_second: 10000`,
			`5:59: points_per_second: want 0.001 or more, got "0"`,
			`5:74: per_metric: want 0.001 or more, got "-1"`,
			`5:92: live_metrics: want 1 or more, got "0"`,
			`5:105: max_tags: want 1 or more, got "0"`,
			`5:118: max_line: want 64 or more, got "1"`,
			`6:59: points_per_second: want a number like 10000, got the text "many"`,
			`6:77: per_metric: want a number like 0.5, got the number .inf`,
			`6:97: live_metrics: want a number like 10000, got the number 0.5`,
			`7:59: points_per_second: want a number like 10000, got the text "5"`,
			`7:76: per_metric: want 1000000000 or less, got "2000000000"`,
			`8:49: dry_run: does nothing without a limit; add one, like points_per_second: 10000`,
		}},
}

func digestOf(key string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(key))) }

func TestTenants(t *testing.T) {
	lookup := config.Lookup{Env: func(name string) (string, bool) { return "key of " + name, true }}
	lookup.Env = func(name string) (string, bool) { return "key-of-" + name, true }
	digest := "sha256:" + digestOf("acme's next")
	got := mustParse(t, `receive:
  - {protocol: line, listen: tls://:1, tls: {cert: c, key: k, client_ca: a}}
  - {protocol: line, listen: tcp://:2, tenant: door}
`+destination+`
unknown_tenant: reject
tenants:
  - name: acme
    keys: ['${env:ACME}', '`+digest+`']
    allow: [10.0.0.0/8, '::1']
    certificates: [client.acme.example]
    as: tag
    limits: {points_per_second: 0.5, burst: 3, live_metrics: 10, live_window: 1h, per_metric: 1000.0, max_line: 1KiB, max_tags: 5, dry_run: true}
    names: {dots: drop}
  - {name: beta_2, keys: [0123456789abcdef-]}
  - {name: door}
route:
  - {tenants: [beta_2, acme], match: x, to: [carbon], by: jump}
  - {to: [carbon]}
`, lookup)
	policy := &config.Names{Characters: "pass", Dots: "drop", MaxLength: 1 << 10, Length: "pass", Tags: "pass", Age: "pass"}
	common := config.Limits{LiveWindow: 5 * time.Minute}
	want := []config.Tenant{
		{
			Name: "acme", Keys: []config.Secret{"key-of-ACME", config.Secret(digest)},
			Allow:        []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")},
			Certificates: []string{"client.acme.example"}, As: "tag", Names: policy,
			Limits: config.Limits{PointsPerSecond: 0.5, Burst: 3, LiveMetrics: 10, LiveWindow: time.Hour, PerMetric: 1000,
				MaxLine: 1 << 10, MaxTags: 5, DryRun: true},
		},
		{Name: "beta_2", Keys: []config.Secret{"0123456789abcdef-"}, As: "prefix", Limits: common},
		{Name: "door", As: "prefix", Limits: common},
	}
	if diff := cmp.Diff(want, got.Tenants, cmp.Comparer(samePrefix)); diff != "" {
		t.Errorf("tenants (-want +got):\n%s", diff)
	}
	if got.UnknownTenant != "reject" || got.Receive[1].Tenant != "door" {
		t.Errorf("got %q and %q, want reject and door", got.UnknownTenant, got.Receive[1].Tenant)
	}
	rules := got.Rules()
	if diff := cmp.Diff([]string{"beta_2", "acme"}, rules[0].Tenants); diff != "" || rules[0].By == nil || rules[1].Tenants != nil {
		t.Errorf("got the rules %+v, want the first for two tenants, by a ring (-want +got):\n%s", rules, diff)
	}
}
