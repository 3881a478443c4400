package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/plumbago/plumbago/config"
)

// Every text comes from the environment and is wrong; no message may show it.
func TestSubstitutedValuesAreNotShown(t *testing.T) {
	const secret = "hunter2(;"
	lookup := config.Lookup{Env: func(string) (string, bool) { return secret, true }}
	_, err := config.Parse("p.yml", []byte(`
receive: [{protocol: "${env:X}", listen: "${env:X}", max_line: "${env:X}", max_connections: "${env:X}", idle_timeout: "${env:X}", accept_unterminated: "${env:X}"}]
route: [{match: "${env:X}", to: ["${env:X}", "x${env:X}"]}]
deliver:
  - {name: "${env:X}", type: "${env:X}", address: "${env:X}", protocol: "${env:X}", prefix: "${env:X}"}
  - {name: b, type: carbon, address: "${env:X}://h:1", protocol: line}
  - {name: c, type: carbon, address: "tcp://h:${env:X}", protocol: line}
queue: {sync: "${env:X}", replay_rate: "${env:X}", when_full: "${env:X}"}
admin: {listen: "tcp://${env:X}"}
log: {level: "${env:X}"}
`), lookup)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want errors without the value", err)
	}
	if got := strings.Count(err.Error(), "\n") + 1; got < 18 {
		t.Errorf("got %d errors, want one for each text:\n%v", got, err)
	}
}

func TestSecretIsNeverShown(t *testing.T) {
	s := config.Destination{Prefix: "hunter2"}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "prefix", s.Prefix, "dest", s)
	asJSON, _ := json.Marshal(s)
	asYAML, _ := yaml.Marshal(s)
	shown := fmt.Sprintf("%v %+v %#v %s %q %x %d", s, s, s, s.Prefix, s.Prefix, s.Prefix, s.Prefix) + s.Prefix.String() +
		s.Prefix.GoString() + fmt.Sprint(errors.New(string(asJSON))) + string(asYAML) + log.String()
	if strings.Contains(shown, "hunter2") || strings.Contains(shown, fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("the secret is shown: %s", shown)
	}
	if s.Prefix.Reveal() != "hunter2" {
		t.Error("the secret cannot be used")
	}
}

// Files that are broken around a key tell of it without showing it, even where it
// is not written as one.
func TestKeysAreNotShown(t *testing.T) {
	const key = "hunter22"
	tenants := func(entry string) string { return receiver + destination + "tenants:\n  - " + entry + "\n" }
	hosted := func(keys string) string {
		return receiver + "deliver: [{name: a, type: hostedgraphite, address: 'https://h', " + keys + "}]\n"
	}
	files := []struct{ name, yaml string }{
		{"a dot behind", hosted("key: hunter22.")},
		{"a dot behind a prefix", hosted("prefix: hunter22.")},
		{"a blank", hosted("key: hunter22 x")},
		{"a list", hosted("key: [hunter22]")},
		{"a section", hosted("key: {hunter22: hunter22}")},
		{"no colon", hosted("key hunter22")},
		{"no blank", receiver + destination + "key:hunter22\n"},
		{"no blank, inside", receiver + destination + "queue: {key:hunter22}\n"},
		{"no blank, twice", hosted("key:hunter22, key:hunter22")},
		{"another sign", hosted("key=hunter22")},
		{"no bracket", hosted("key: [hunter22")},
		{"no quote", hosted("key: 'hunter22")},
		{"a quote in it", hosted("key: 'hunter22'hunter22")},
		{"an alias", hosted("key: *hunter22")},
		{"an anchor", hosted("key: &hunter22")},
		{"a tag", hosted("key: !hunter22")},
		{"a reserved sign", hosted("key: @hunter22")},
		{"an escape", hosted(`key: "\hunter22"`)},
		{"an open reference", hosted("key: '${hunter22'")},
		{"no reference", hosted("key: '${hunter22}'")},
		{"in a section", receiver + destination + "queue: {key hunter22}\n"},
		{"in an address", hosted("key: 'a.', address: 'https://hunter22@h'")},
		{"in place of a destination's address", receiver + "deliver: [{name: a, type: carbon, protocol: line, address: 'tcp://hunter22@h'}]\n"},
		{"in the address of a listener", "receive: [{protocol: http, listen: 'hunter22@h:1'}]\n" + destination},
		{"in a query", receiver + "deliver: [{name: a, type: hostedgraphite, address: 'https://h/?k=hunter22', key: k}]\n"},
		{"a tenant's key with a dot", tenants("{name: a, keys: [hunter22.]}")},
		{"not in a list", tenants("{name: a, keys: hunter22}")},
		{"not in a list, with others", tenants("{name: a, keys: hunter22, hunter23}")},
		{"in a section for a list", tenants("{name: a, keys: {hunter22: hunter22}}")},
		{"in a list in a list", tenants("{name: a, keys: [[hunter22]]}")},
		{"twice", tenants("{name: a, keys: [hunter22, HUNTER22]}")},
		{"another's", tenants("{name: a, keys: [hunter22]}\n  - {name: b, keys: [Hunter22]}")},
		{"another's digest", tenants("{name: a, keys: [hunter22]}\n  - {name: b, keys: ['sha256:" + digestOf(key) + "']}")},
		{"a digest cut short", tenants("{name: a, keys: ['sha256:" + digestOf(key)[:63] + "']}")},
		{"under another name", tenants("{name: a, kys: [hunter22]}")},
		{"in a block", tenants("name: a\n    keys:\n      hunter22")},
		{"in a block without a blank", tenants("name: a\n    keys:\n      -hunter22")},
		{"in a block at the wrong place", tenants("name: a\n    keys:\n   - hunter22")},
		{"in a block without a colon", tenants("name: a\n    keys hunter22\n    as: tag")},
		{"from the environment", tenants("{name: '${env:KEY}', keys: ['${env:KEY}.'], as: '${env:KEY}', allow: ['${env:KEY}'], limits: {burst: '${env:KEY}', per_metric: '${env:KEY}'}}")},
		{"from the environment, everywhere", "receive: [{protocol: line, listen: 'tls://${env:KEY}', tenant: '${env:KEY}', names: {allowed: '[${env:KEY}', dots: '${env:KEY}'}, " +
			"tls: {cert: '${env:KEY}', client_auth: '${env:KEY}', min_version: '${env:KEY}'}}]\n" + destination + "unknown_tenant: '${env:KEY}'\nquarantine: '${env:KEY}'\n"},
	}
	lookup := config.Lookup{Env: func(name string) (string, bool) { return key, true }}
	for _, tt := range files {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("p.yml", []byte(tt.yaml), lookup)
			if err == nil {
				t.Fatal("got no error")
			}
			text := strings.ToLower(err.Error())
			if strings.Contains(text, key) || strings.Contains(text, "unter22") || strings.Contains(text, digestOf(key)[:20]) {
				t.Errorf("the key is shown: %v", err)
			}
		})
	}
}

// No error of any table shows what it calls hunter22.
func TestNoErrorShowsAKey(t *testing.T) {
	for _, tt := range allErrorCases() {
		if text := strings.ToLower(strings.Join(tt.want, "\n")); strings.Contains(text, "hunter2") {
			t.Errorf("%s: a key is shown: %s", tt.name, text)
		}
	}
}

func TestKeysOfAConfigurationAreNotShown(t *testing.T) {
	c := mustParse(t, manual(), config.Lookup{Env: keyOf})
	asJSON, _ := json.Marshal(c)
	asYAML, _ := yaml.Marshal(c)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "tenant", c.Tenants[0], "c", c)
	shown := fmt.Sprintf("%v %+v %#v %q", c, *c, *c, c.Tenants[0].Keys) + string(asJSON) + string(asYAML) + log.String()
	if strings.Contains(shown, "secret-of-") {
		t.Errorf("a key is shown: %s", shown)
	}
}
