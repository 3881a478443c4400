package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config"
)

var natsErrors = []errorCase{
	{"what a stream needs", `receive:
  - {protocol: nats}
  - {protocol: nats, nats: {stream: A}}
deliver:
  - {name: bus, type: nats}
`,
		[]string{
			`2:5: nats is missing; add it, like nats: {servers: ["nats://127.0.0.1:4222"]}`,
			`3:28: servers is missing; add it, like servers: [nats://nats-1.example.net:4222]`,
			`5:5: nats is missing; add it, like nats: {servers: ["nats://127.0.0.1:4222"]}`,
		}},
	{"what a stream has not", `receive:
  - {protocol: nats, nats: {servers: ['nats://h:1']}, listen: 'tcp://:1', max_line: 1KiB, max_connections: 1}
  - {protocol: line, listen: 'tcp://:2', nats: {servers: ['nats://h:1']}, consumer: a, partitions: 0-3, worker: 1 of 2, ack_wait: 1s, max_deliver: 2}
deliver:
  - {name: bus, type: nats, nats: {servers: ['nats://h:1']}, address: 'tcp://h:1', key: k, timeout: 1s, replay_margin: 1s}
  - {name: carbon, type: carbon, address: 'tcp://h:1', protocol: line, nats: {servers: ['nats://h:1']}, per_tenant: true}
`,
		[]string{
			`2:63: listen: is for protocols that listen only; leave it out`,
			`2:85: max_line: is for protocol line or http only; leave it out`,
			`2:108: max_connections: is for tcp and tls only; leave it out`,
			`3:48: nats: is for protocol nats only; leave it out`,
			`3:85: consumer: is for protocol nats only; leave it out`,
			`3:100: partitions: is for protocol nats only; leave it out`,
			`3:113: worker: is for protocol nats only; leave it out`,
			`3:131: ack_wait: is for protocol nats only; leave it out`,
			`3:148: max_deliver: is for protocol nats only; leave it out`,
			`5:71: address: is for types carbon, hostedgraphite, blueflood and remote_write only; leave it out`,
			`5:89: key: is for type hostedgraphite only; leave it out`,
			`5:101: timeout: is for https only; leave it out`,
			`5:120: replay_margin: is for tcp and tls only; leave it out`,
			`6:78: nats: is for type nats only; leave it out`,
			`6:117: per_tenant: is for types blueflood, remote_write and nats only; leave it out`,
		}},
	{"a stream's values", `receive:
  - {protocol: nats, nats: {servers: ['nats://me:hunter2@h:1', 'http://h:1', 'tls://h'], stream: 'a b', subject: a..b}, consumer: a.b}
  - {protocol: nats, nats: {servers: ['nats://h:1'], partitions: 0, replicas: 9, when_full: block, keep: ever}, partitions: 0-3, worker: 1 of 2}
  - {protocol: nats, nats: {servers: ['nats://h:2'], login: {user: me, token: hunter2}, tls: {cert: a}}}
  - {protocol: nats, nats: {servers: ['nats://h:2'], login: {password: hunter2}}, trust_tenants: true}
deliver:
  - {name: bus, type: nats, nats: {servers: ['nats://h:1']}, batch: 2MiB, per_tenant: true}
`,
		[]string{
			`2:39: servers: want an address like "nats://host:4222" or "tls://host:4222", without a user in it, got one with "@" in it`,
			`2:64: servers: want an address like "nats://host:4222" or "tls://host:4222", without a user in it, got "http://h:1"`,
			`2:78: servers: want an address like "nats://host:4222" or "tls://host:4222", without a user in it, got "tls://h"`,
			`2:98: stream: want letters, digits, - and _, at most 64, got "a b"`,
			`2:114: subject: want words of letters, digits, - and _, with dots between, got "a..b"`,
			`2:131: consumer: want letters, digits, - and _, at most 64, got "a.b"`,
			`3:66: partitions: want 1 or more, got "0"`,
			`3:79: replicas: want 5 or less, got "9"`,
			`3:93: when_full: want refuse or drop_oldest, got "block"`,
			`3:106: keep: want until_taken or until_old, got "ever"`,
			`3:138: worker: says which partitions, as partitions does; leave one of them out`,
			`4:61: login: want one of credentials, nkey, user with password, and token, got user and token`,
			`4:68: user: does nothing without password; add it, like password: ${env:NATS_PASSWORD}`,
			`4:101: cert: does nothing without key; add it, like key: /etc/plumbago/client.key`,
			`5:5: nats: stream PLUMBAGO is received from already, by line 4; leave one out, or give one another consumer`,
			`5:61: login: want one of credentials, nkey, user with password, and token, got none`,
			`5:72: password: does nothing without user; add it, like user: metrics`,
			`5:98: trust_tenants: there are no tenants; leave it out, or add a section like tenants: [{name: acme, keys: ['${env:ACME_KEY}']}]`,
			`7:69: batch: want 1MiB or less for type nats, got "2MiB"`,
			`7:87: per_tenant: there are no tenants; leave it out, or add a section like tenants: [{name: acme, keys: ['${env:ACME_KEY}']}]`,
		}},
}

func TestNATSIsRead(t *testing.T) {
	const file = `receive:
  - {protocol: nats, nats: {servers: ['tls://a:1', 'tls://b:2'], login: {user: me, password: hunter2}, tls: {ca: /ca}, subject: p, partitions: 8,
     timeout: 1s, stream: S, create: true, replicas: 1, max_bytes: 1GiB, max_age: 1d, when_full: drop_oldest, keep: until_old, duplicates: 1m},
     consumer: c, worker: 2 of 8, ack_wait: 5s, max_deliver: 3, trust_tenants: true}
tenants: [{name: acme, keys: [some-secret-key]}]
deliver:
  - {name: bus, type: nats, nats: {servers: ['nats://a:1']}, per_tenant: true}
`
	c := mustParse(t, file, config.Lookup{})
	r := config.NewReceiver("nats", "")
	r.NATS = &config.NATS{
		Servers: []string{"tls://a:1", "tls://b:2"}, Login: config.Login{User: "me", Password: "hunter2"}, TLS: config.ClientTLS{CA: "/ca"},
		Subject: "p", Partitions: 8, Timeout: time.Second, Stream: "S", Create: true, Replicas: 1, MaxBytes: 1 << 30, MaxAge: 24 * time.Hour,
		WhenFull: "drop_oldest", Keep: "until_old", Duplicates: time.Minute,
	}
	r.Consumer, r.Worker, r.AckWait, r.MaxDeliver, r.TrustTenants = "c", "2 of 8", 5*time.Second, 3, true
	if diff := cmp.Diff(r, c.Receive[0]); diff != "" {
		t.Errorf("receiver (-want +got):\n%s", diff)
	}
	d := c.NewDestination("bus", "", "")
	d.Type, d.PerTenant, d.Interval, d.Batch = "nats", true, 200*time.Millisecond, 128<<10
	d.NATS = &config.NATS{
		Servers: []string{"nats://a:1"}, Subject: "plumbago", Partitions: 64, Timeout: 5 * time.Second, Stream: "PLUMBAGO",
		Replicas: 3, MaxBytes: 10 << 30, WhenFull: "refuse", Keep: "until_taken", Duplicates: 2 * time.Minute,
	}
	if diff := cmp.Diff(d, c.Deliver[0]); diff != "" {
		t.Errorf("destination (-want +got):\n%s", diff)
	}
	c.Receive[0].NATS.Login.Password, c.Tenants[0].Keys[0] = "${env:A}", "${env:A}"
	var b strings.Builder
	if err := config.Write(&b, c, nil); err != nil {
		t.Fatal(err)
	}
	again := mustParse(t, b.String(), config.Lookup{Env: func(string) (string, bool) { return "some-secret-key", true }})
	if again.Receive[0].NATS.Stream != "S" || again.Deliver[0].Interval != 200*time.Millisecond {
		t.Errorf("got %+v out of:\n%s", again, b.String())
	}
}
