package config_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config"
)

var receiverErrors = []errorCase{
	{"addresses to listen on", `receive:
  - {protocol: line, listen: 0.0.0.0:2003}
  - {protocol: line, listen: tcp://0.0.0.0}
  - {protocol: line, listen: tcp://0.0.0.0:70000}
  - {protocol: line, listen: tcp://::1:2003}
  - {protocol: pickle, listen: udp://:2004}
  - {protocol: protobuf, listen: udp://:2005}
  - {protocol: http, listen: http://:8080}
  - {protocol: line, listen: http://:8080}
  - {protocol: line, listen: tcp://hunter2@b:1}
  - {protocol: line, listen: hunter2@b:1}
` + destination,
		[]string{
			`2:30: listen: want an address like tcp://host:port, got "0.0.0.0:2003"; did you mean "tcp://0.0.0.0:2003"?`,
			`3:30: listen: want a host and a port from 0 to 65535, like tcp://127.0.0.1:2003, got "tcp://0.0.0.0"`,
			`4:30: listen: want a host and a port from 0 to 65535, like tcp://127.0.0.1:2003, got "tcp://0.0.0.0:70000"`,
			`5:30: listen: want a host and a port from 0 to 65535, like tcp://127.0.0.1:2003, got "tcp://::1:2003"`,
			`6:32: listen: want an address that begins with tcp:// or tls://, got "udp://:2004"`,
			`7:34: listen: want an address that begins with tcp:// or tls://, got "udp://:2005"`,
			`8:30: listen: want an address that begins with tcp:// or tls://, got "http://:8080"`,
			`9:30: listen: want an address that begins with tcp://, tls:// or udp://, got "http://:8080"`,
			`10:30: listen: want a host and a port from 0 to 65535, like tcp://127.0.0.1:2003, got one with "@" in it`,
			`11:30: listen: want an address like tcp://host:port, got one with "@" in it`,
		}},
	{"a port for TLS and without", `receive:
  - {protocol: line, listen: tls://:2003, tls: {cert: a, key: b}}
  - {protocol: line, listen: tcp://:2003}
` + destination,
		[]string{
			`3:30: listen: "tcp://:2003" is listened on already, by line 2; choose another port`,
		}},
	{"tls of listeners", `receive:
  - {protocol: line, listen: tls://:1}
  - {protocol: line, listen: tls://:2, tls: {cert: a}}
  - {protocol: line, listen: tcp://:3, tls: {cert: a, key: b}}
  - {protocol: line, listen: udp://:4, tls: {cert: a, key: b}}
  - {protocol: line, listen: tls://:5, tls: {cert: a, key: b, client_auth: require}}
  - {protocol: http, listen: tls://:6, tls: {cert: a, key: b, client_ca: c, client_auth: demand, min_version: 1.1}}
  - {protocol: line, listen: tls://:7, tls: yes}
` + destination,
		[]string{
			`2:5: tls is missing; add it, like tls: {cert: /etc/plumbago/edge.crt, key: /etc/plumbago/edge.key}`,
			`3:45: key is missing; add it, like key: /etc/plumbago/edge.key`,
			`4:45: tls: is for addresses that begin with tls:// only; leave it out`,
			`5:45: tls: is for addresses that begin with tls:// only; leave it out`,
			`6:76: client_auth: does nothing without client_ca; add it, like client_ca: /etc/plumbago/clients.crt`,
			`7:90: client_auth: want require or request, got "demand"`,
			`7:111: min_version: want 1.2 or 1.3, got "1.1"`,
			`8:45: tls: want keys with values, got the text "yes"`,
		}},
	{"keys of other listeners with TLS and HTTP", `receive:
  - {protocol: http, listen: tcp://:1, max_frame: 1MiB, accept_unterminated: true, udp_sockets: 1, max_line: 1KiB}
  - {protocol: protobuf, listen: tcp://:2, max_frame: 1MiB, max_line: 1KiB, max_body: 1MiB}
  - {protocol: line, listen: udp://:3, proxy_from: [10.0.0.0/8], max_held: 1MiB}
  - {protocol: line, listen: tls://:4, tls: {cert: a, key: b}, accept_unterminated: true, idle_timeout: 1s, udp_buffer: 1MiB}
` + destination,
		[]string{
			`2:78: accept_unterminated: is for protocol line on tcp and tls only; leave it out`,
			`2:97: udp_sockets: is for udp only; leave it out`,
			`3:71: max_line: is for protocol line or http only; leave it out`,
			`3:87: max_body: is for protocol http only; leave it out`,
			`4:52: proxy_from: is for tcp and tls only; leave it out`,
			`4:76: max_held: is for tcp and tls only; leave it out`,
			`5:121: udp_buffer: is for udp only; leave it out`,
		}},
	{"addresses of senders", `receive:
  - {protocol: line, listen: tcp://:1, proxy_from: [10.0.0.1/8, 10.0.0.0/33, proxy, 'fe80::1%eth0', '::ffff:10.0.0.0/104', 7]}
` + destination,
		[]string{
			`2:53: proxy_from: "10.0.0.1/8" has bits set behind its length; did you mean "10.0.0.0/8"?`,
			`2:65: proxy_from: want an address, or a range like "10.0.0.0/8", got the text "10.0.0.0/33"`,
			`2:78: proxy_from: want an address, or a range like "10.0.0.0/8", got the text "proxy"`,
			`2:85: proxy_from: want an address, or a range like "10.0.0.0/8", got the text "fe80::1%eth0"`,
			`2:101: proxy_from: want an address, or a range like "10.0.0.0/8", got the text "::ffff:10.0.0.0/104"`,
			`2:124: proxy_from: want an address, or a range like "10.0.0.0/8", got the number 7`,
		}},
}

func TestReceivers(t *testing.T) {
	got := mustParse(t, `
receive:
  - protocol: http
    listen: tls://:443
    max_body: 1MiB
    max_line: 1KiB
    tls: {cert: c.crt, key: c.key, client_ca: ca.crt, client_auth: request, min_version: 1.3}
    proxy_from: [10.0.0.0/8, 192.0.2.1, '2001:db8::/32', '::ffff:192.0.2.7']
    tenant: acme
    names: {dots: fix}
  - {protocol: protobuf, listen: tcp://:2005, max_frame: 1KiB}
tenants: [{name: acme}]
`+destination, config.Lookup{}).Receive
	one := config.NewReceiver("http", "tls://:443")
	one.MaxBody, one.MaxLine, one.Tenant = 1<<20, 1<<10, "acme"
	one.TLS = config.ServerTLS{Cert: "c.crt", Key: "c.key", ClientCA: "ca.crt", ClientAuth: "request", MinVersion: "1.3"}
	for _, p := range []string{"10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "192.0.2.7/32"} {
		one.ProxyFrom = append(one.ProxyFrom, netip.MustParsePrefix(p))
	}
	one.Names = &config.Names{Characters: "pass", Dots: "fix", MaxLength: 1 << 10, Length: "pass", Tags: "pass", Age: "pass"}
	two := config.NewReceiver("protobuf", "tcp://:2005")
	two.MaxFrame = 1 << 10
	if diff := cmp.Diff([]config.Receiver{one, two}, got, cmp.Comparer(samePrefix)); diff != "" {
		t.Errorf("receivers (-want +got):\n%s", diff)
	}
}

func samePrefix(a, b netip.Prefix) bool { return a == b }
