package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// TestARunningGatewayExplains by the routing in force, as explain --json does.
func TestARunningGatewayExplains(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.yml")
	text := "data_dir: " + filepath.Dir(file) + "\nreceive: [{protocol: line, listen: 'tcp://127.0.0.1:0'}]\n" +
		"deliver: [{name: a, type: carbon, address: 'tcp://127.0.0.1:1', protocol: line}]\n" +
		"tenants: [{name: acme, keys: [acme-key-0123456789]}]\nroute: [{match: '^acme\\.x', to: [a]}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := fromYML(file, &database{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := birth{}.newGateway(s, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(g.relay.Close(), g.admin.Close()); err != nil {
			t.Error(err)
		}
	}()
	e, err := g.inside.Explain("acme", "x.y")
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(e)
	want := `{"name":"x.y","tenant":"acme","routed_as":"acme.x.y","destinations":["a"],` +
		`"rules":[{"rule":1,"match":"^acme\\.x","to":["a"],"continue":false,"outcome":"matched"}]}`
	if string(got) != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if e, err := g.inside.Explain("nobody", "x.y"); err == nil {
		t.Errorf("a tenant that there is not: got %v, want an error", e)
	}
}
