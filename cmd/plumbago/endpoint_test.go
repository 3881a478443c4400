package main

import (
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/certs/certstest"
)

func TestParseEndpoint(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"tcp:2004", "tcp://:2004"},
		{"tcp:2004:interface=127.0.0.1", "tcp://127.0.0.1:2004"},
		{"tcp:2004:127.0.0.1", "tcp://127.0.0.1:2004"},
		{"tcp:port=2004:interface=127.0.0.1:backlog=50", "tcp://127.0.0.1:2004"},
		{`tcp6:2004:interface=\:\:1`, "tcp://[::1]:2004"},
		{"tcp6:2004", "tcp://[::]:2004"},
	} {
		got, err := parseEndpoint(c.text)
		if err != nil || got.Address != c.want {
			t.Errorf("%q: got %q and %v, want %q", c.text, got.Address, err, c.want)
		}
	}
}

func TestParseEndpointWithCertificate(t *testing.T) {
	cert, key := certstest.New(t, "authority").Issue("localhost")
	got, err := parseEndpoint("ssl:2004:privateKey=" + key + ":certKey=" + cert + ":interface=127.0.0.1")
	if err != nil || got.Address != "tls://127.0.0.1:2004" || got.TLS.Cert != cert || got.TLS.Key != key {
		t.Errorf("got %+v and %v, want tls with both files", got, err)
	}
}

func TestParseEndpointErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "want a port"},
		{"tcp", "want a port"},
		{"tcp:many", "want a port"},
		{"unix:/run/x", "want a port"},
		{"udp:2004", "want tcp, tcp6 or ssl"},
		{"tcp:2004:interfaces=1", `setting "interfaces": there are port, interface, backlog`},
		{"ssl:2004:privateKey=/nowhere.pem", "/nowhere.pem"},
	} {
		if _, err := parseEndpoint(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.text, err, c.want)
		}
	}
}
