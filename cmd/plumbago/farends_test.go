package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/internal/certs/certstest"
)

// TestAuthoritiesThatChangedAreAnotherVersion: a reload then connects anew.
func TestAuthoritiesThatChangedAreAnotherVersion(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ca.pem")
	end := ""
	put := func() {
		t.Helper()
		end += "\n" // a clock may be too coarse to tell two writes apart
		text, err := os.ReadFile(certstest.New(t, "authority").CA)
		if err == nil {
			err = os.WriteFile(file, append(text, end...), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, ca := range []string{file, dir} {
		for _, to := range []string{"tls://127.0.0.1:1", "https://127.0.0.1"} {
			version := func() string {
				t.Helper()
				d, err := destination(&config.Config{DataDir: "data"}, config.Destination{
					Name: "d", Type: "hostedgraphite", Protocol: "line", Address: to, TLS: config.ClientTLS{CA: ca}, Key: "key",
				}, &database{})
				if err != nil {
					t.Fatal(err)
				}
				return d.Version
			}
			put()
			before := version()
			if version() != before {
				t.Errorf("%s: got two versions of one state", to)
			}
			if put(); version() == before {
				t.Errorf("%s, authorities in %s: got the version of before", to, filepath.Base(ca))
			}
		}
	}
}
