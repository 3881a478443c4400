package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/internal/hashring"
)

var destinationErrors = []errorCase{
	{"addresses to connect to", receiver + `deliver:
  - {name: a, type: carbon, address: tcp://:2013, protocol: line}
  - {name: b, type: carbon, address: udp://h:2013, protocol: pickle}
  - {name: c, type: carbon, address: h:2013, protocol: line}
  - {name: d, type: carbon, address: 'https://h', protocol: line}
  - {name: e, type: carbon, address: tls://h:0, protocol: protobuf}
  - {name: f, type: hostedgraphite, address: 'https://hunter2@h', key: k}
  - {name: g, type: hostedgraphite, address: 'https:///x', key: k}
  - {name: h, type: hostedgraphite, address: 'https://h?key=hunter2', key: k}
  - {name: i, type: hostedgraphite, address: www.example.net/x, key: k}
  - {name: j, type: hostedgraphite, address: 'https://h:70000', key: k}
  - {name: k, type: hostedgraphite, address: udp://h:2004, key: k, protocol: pickle}
  - {name: l, type: hostedgraphite, address: 'ftp://h', key: k}
`,
		[]string{
			`3:38: address: want a host and a port, like tcp://127.0.0.1:2003, got "tcp://:2013"`,
			`4:38: address: want an address that begins with tcp:// or tls://, got "udp://h:2013"`,
			`5:38: address: want an address like tcp://host:port, got "h:2013"; did you mean "tcp://h:2013"?`,
			`6:38: address: want an address that begins with tcp://, tls:// or udp://, got "https://h"`,
			`6:61: protocol: is for tcp, tls and udp only; leave it out`,
			`7:38: address: want a host and a port, like tls://127.0.0.1:2003, got "tls://h:0"`,
			`8:46: address: want an address like https://host/path, got one with "@" in it`,
			`9:46: address: want an address like https://host/path, got "https:///x"`,
			`10:46: address: want an address like https://host/path, got one with "?" in it`,
			`11:46: address: want an address like https://host:port, got "www.example.net/x"; did you mean "https://www.example.net/x"?`,
			`12:46: address: want an address like https://host/path, got "https://h:70000"`,
			`13:46: address: want an address that begins with https://, http://, tcp:// or tls://, got "udp://h:2004"`,
			`14:46: address: want an address that begins with https://, http://, tcp://, tls:// or udp://, got "ftp://h"`,
		}},
	{"keys of other destinations", receiver + `deliver:
  - {name: a, type: carbon, address: tcp://h:1, protocol: line, key: k, tls: {}, timeout: 1s, batch: 1MiB, compress: false}
  - {name: b, type: carbon, address: udp://h:1, protocol: line, replay_margin: 1s, user_timeout: 1s, max_connection_age: 1m, dial_timeout: 1s}
  - {name: c, type: hostedgraphite, address: 'https://h', key: k, prefix: p, protocol: line, replay_margin: 1s, user_timeout: 1s, max_connection_age: 1m}
  - {name: d, type: hostedgraphite, address: tls://h:1, key: k, timeout: 1s, tls: {cert: a}}
  - {name: e, type: hostedgraphite, address: 'http://h', key: k, tls: {key: a}, tenant_as: tag}
`,
		[]string{
			`3:70: key: is for type hostedgraphite only; leave it out`,
			`3:78: tls: is for addresses that begin with tls:// or https:// only; leave it out`,
			`3:91: timeout: is for https only; leave it out`,
			`3:102: batch: is for https and type nats only; leave it out`,
			`3:118: compress: is for type hostedgraphite by https only; leave it out`,
			`4:80: replay_margin: is for tcp and tls only; leave it out`,
			`4:98: user_timeout: is for tcp and tls only; leave it out`,
			`5:75: prefix: is for types carbon and blueflood only; leave it out`,
			`5:88: protocol: is for tcp, tls and udp only; leave it out`,
			`5:109: replay_margin: is for tcp and tls only; leave it out`,
			`5:127: user_timeout: is for tcp and tls only; leave it out`,
			`6:74: timeout: is for https only; leave it out`,
			`6:90: cert: does nothing without key; add it, like key: /etc/plumbago/client.key`,
			`7:71: tls: is for addresses that begin with tls:// or https:// only; leave it out`,
			`7:77: key: does nothing without cert; add it, like cert: /etc/plumbago/client.crt`,
			`7:92: tenant_as: there are no tenants; leave it out, or add a section like tenants: [{name: acme, keys: ['${env:ACME_KEY}']}]`,
		}},
	{"what destinations need", receiver + `deliver:
  - {name: a, type: carbon, address: tcp://h:1}
  - {name: b, type: hostedgraphite, address: 'https://h'}
  - {name: c, type: hostedgraphite, address: tcp://h:1, protocol: protobuf, key: k}
  - {name: d, type: hostedgraphite, address: 'https://h', key: 'k.'}
  - {name: e, type: hostedgraphite, address: 'https://h', key: 'k k'}
  - {name: f, type: carbon, address: tls://h:1, protocol: lines, tls: {min_version: '1.1', ca: ''}}
`,
		[]string{
			`3:5: protocol is missing; add it, like protocol: line`,
			`4:5: key is missing; add it, like key: ${env:API_KEY}`,
			`5:67: protocol: want line or pickle for type hostedgraphite, got "protobuf"`,
			`6:64: key: it begins or ends with a dot; where one goes behind it, it is put there anyway`,
			`7:64: key: it has a blank, a colon, a semicolon or what is not printable ASCII in it, which no key can have`,
			`8:59: protocol: want line, pickle or protobuf, got "lines"`,
			`8:85: min_version: want 1.2 or 1.3, got "1.1"`,
			`8:96: ca: want a text like "/etc/plumbago/ca.crt", got an empty one`,
		}},
}

func TestDestinations(t *testing.T) {
	c := mustParse(t, receiver+`
tenants: [{name: acme, allow: [10.0.0.0/8]}]
deliver:
  - {name: a, type: carbon, address: tls://h:1, protocol: protobuf, tenant_as: none,
     tls: {ca: ca, server_name: s, cert: c, key: k, min_version: '1.3', insecure_skip_verify: true}}
  - {name: b, type: carbon, address: udp://h:1, protocol: line}
  - {name: c, type: hostedgraphite, address: 'https://H.example/in', key: secret, timeout: 10s, batch: 64KiB, compress: false}
  - {name: d, type: hostedgraphite, address: tcp://h:1, key: secret}
  - {name: e, type: hostedgraphite, address: 'http://[::1]:8080', key: secret, tenant_as: tag}
  - {name: f, type: hostedgraphite, address: tls://h:1, key: secret, protocol: pickle}
`, config.Lookup{})
	hosted := func(name, address, protocol string) config.Destination {
		d := c.NewDestination(name, address, protocol)
		d.Type, d.Key = "hostedgraphite", "secret"
		return d
	}
	want := []config.Destination{
		c.NewDestination("a", "tls://h:1", "protobuf"), c.NewDestination("b", "udp://h:1", "line"),
		hosted("c", "https://H.example/in", ""), hosted("d", "tcp://h:1", "line"), hosted("e", "http://[::1]:8080", ""),
		hosted("f", "tls://h:1", "pickle"),
	}
	want[0].TenantAs = "none"
	want[0].TLS = config.ClientTLS{CA: "ca", ServerName: "s", Cert: "c", Key: "k", MinVersion: "1.3", InsecureSkipVerify: true}
	want[2].Timeout, want[2].Interval, want[2].Batch, want[2].Compress = 10*time.Second, 500*time.Millisecond, 64<<10, false
	want[4].Interval, want[4].Batch = 500*time.Millisecond, 512<<10
	want[4].TenantAs = "tag"
	if diff := cmp.Diff(want, c.Deliver); diff != "" {
		t.Errorf("destinations (-want +got):\n%s", diff)
	}
	for i, host := range []string{2: "H.example", 4: "::1"} {
		if got := c.Deliver[i].Node(); host != "" && got != (hashring.Node{Host: host}) {
			t.Errorf("got %+v, want the host %s", got, host)
		}
	}
}

func TestBlueflood(t *testing.T) {
	c := mustParse(t, receiver+`
deliver:
  - {name: a, type: blueflood, address: 'https://h:19000', tenant: '1234'}
  - {name: b, type: blueflood, address: 'http://h:19000', tenant: '1234', per_tenant: true, prefix: p, ttl: 2d, past: 1d, ahead: 1m,
     overwrite_time: true, interval: 5s, batch: 64KiB, auth: {url: 'https://i/v2.0/tokens', version: 2.0, user: u, key: k}}
  - {name: c, type: blueflood, address: 'https://h:19000', tenant: '1234', auth: {url: 'https://i', application_credential: {id: i, secret: s}}}
`, config.Lookup{})
	flood := func(name, address string) config.Destination {
		d := c.NewDestination(name, address, "")
		d.Type, d.Tenant, d.Interval, d.Batch = "blueflood", "1234", 30*time.Second, 900<<10
		return d
	}
	want := []config.Destination{flood("a", "https://h:19000"), flood("b", "http://h:19000"), flood("c", "https://h:19000")}
	want[1].PerTenant, want[1].Prefix, want[1].OverwriteTime = true, "p", true
	want[1].TTL, want[1].Past, want[1].Ahead = 48*time.Hour, 24*time.Hour, time.Minute
	want[1].Interval, want[1].Batch = 5*time.Second, 64<<10
	want[1].Auth = config.Auth{URL: "https://i/v2.0/tokens", Version: "2.0", User: "u", Key: "k"}
	want[2].Auth = config.Auth{URL: "https://i", ApplicationCredential: config.ApplicationCredential{ID: "i", Secret: "s"}}
	if diff := cmp.Diff(want, c.Deliver); diff != "" {
		t.Errorf("destinations (-want +got):\n%s", diff)
	}
}

func TestBluefloodErrors(t *testing.T) {
	for _, c := range []struct{ name, keys, want string }{
		{"no tenant", "address: 'https://h:1'", `tenant is missing; add it, like tenant: "123456"`},
		{"address", "tenant: t, address: 'tcp://h:1'", "want an address that begins with https:// or http://"},
		{"batch", "tenant: t, address: 'https://h:1', batch: 2MiB", "batch: want 1MiB or less for type blueflood"},
		{"no proof", "tenant: t, address: 'https://h:1', auth: {url: 'https://i', user: u}", "want one of key, password and application_credential, got 0"},
		{"two proofs", "tenant: t, address: 'https://h:1', auth: {url: 'https://i', user: u, key: hunter2, password: hunter2}", "got 2"},
		{"no user", "tenant: t, address: 'https://h:1', auth: {url: 'https://i', key: hunter2}", "a key or password needs its user"},
		{"protocol", "tenant: t, address: 'https://h:1', protocol: line", "protocol: is for tcp, tls and udp only"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := config.Parse("p.yml", []byte(receiver+"deliver: [{name: a, type: blueflood, "+c.keys+"}]\n"), config.Lookup{})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want %q and no secret", err, c.want)
			}
		})
	}
}
