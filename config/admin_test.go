package config_test

import (
	"strings"
	"testing"

	"github.com/plumbago/plumbago/config"
)

var adminErrors = []errorCase{
	{"an open door", receiver + destination + "admin: {listen: tcp://0.0.0.0:8090}\n",
		[]string{
			`3:17: listen: others than this host can reach "tcp://0.0.0.0:8090", and all that flows is to be read there; add tls and token, or listen on 127.0.0.1`,
		}},
	{"an open door without a token", receiver + destination + "admin: {listen: 'tcp://:8090', tls: {cert: a, key: b}}\n",
		[]string{
			`3:17: listen: others than this host can reach "tcp://:8090", and all that flows is to be read there; add token, or listen on 127.0.0.1`,
		}},
	{"an open door that is not encrypted", receiver + destination + "admin: {listen: 'tcp://metrics.example.net:8090', token: 0123456789abcdef}\n",
		[]string{
			`3:17: listen: others than this host can reach "tcp://metrics.example.net:8090", and all that flows is to be read there; add tls, or listen on 127.0.0.1`,
		}},
	{"a door without an address", receiver + destination + "admin: {tls: {cert: a, key: b}, token: 0123456789abcdef, hosts: [a]}\n",
		[]string{
			`3:14: tls: does nothing without listen; add it, like listen: tcp://127.0.0.1:8090`,
			`3:40: token: does nothing without listen; add it, like listen: tcp://127.0.0.1:8090`,
			`3:65: hosts: does nothing without listen; add it, like listen: tcp://127.0.0.1:8090`,
		}},
	{"a short token", receiver + destination + "admin: {listen: 'tcp://127.0.0.1:1', token: hunter22}\n",
		[]string{
			`3:45: token: want 16 characters or more, such as openssl rand -hex 16 makes`,
		}},
	{"points of its own for nobody", receiver + destination + "own: {to: [carbn, carbon, carbon], prefix: 'a b'}\n",
		[]string{
			`3:12: to: no destination is named "carbn"; did you mean "carbon"?`,
			`3:27: to: "carbon" is there twice; leave one out`,
			`3:44: prefix: want what names can begin with, like "plumbago.edge-1", got "a b"`,
		}},
	{"points of its own for no destination", receiver + destination + "own: {interval: 1m}\n",
		[]string{
			`3:6: to is missing; add it, like to: [carbon]`,
		}},
}

func TestTheDoorMayBeOpenWithTLSAndAToken(t *testing.T) {
	for _, admin := range []string{
		"{listen: 'tcp://127.0.0.1:8090'}", "{listen: 'tcp://[::1]:8090'}", "{listen: 'tcp://localhost:8090'}",
		"{listen: 'tcp://127.0.0.1:8090', token: 0123456789abcdef}", "{socket: /run/a.sock}",
		"{listen: 'tcp://:8090', token: 0123456789abcdef, tls: {cert: a, key: b, client_ca: c}}",
	} {
		mustParse(t, receiver+destination+"admin: "+admin+"\n", config.Lookup{})
	}
}

// TestTheTokenIsNotShown in what a wrong file is told.
func TestTheTokenIsNotShown(t *testing.T) {
	const token = "hunter2"
	for _, admin := range []string{
		"{listen: 'tcp://:8090', token: hunter2}", "{token: hunter2}", "{token: [hunter2]}", "{token: {hunter2: 1}}", "{token:hunter2}",
	} {
		_, err := config.Parse("p.yml", []byte(receiver+destination+"admin: "+admin+"\n"), config.Lookup{})
		if err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: got %v, want an error without the token", admin, err)
		}
	}
}
