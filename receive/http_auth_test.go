package receive_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/receive"
)

// FuzzAuthorization has any header read, and any key come back that a client
// writes.
func FuzzAuthorization(f *testing.F) {
	f.Add("Basic a2V5Og==", "12345678-5555-2222-aaaa-661ff1afb5c1")
	f.Add("Bearer  x y", "another~key?ÿ>")
	f.Add("basic -_==", ":")
	f.Fuzz(func(t *testing.T, header, key string) {
		if got := receive.KeyOf(header); len(got) > len(header) {
			t.Errorf("got a key of %d bytes of a header of %d", len(got), len(header))
		}
		if key == "" || len(key) > 300 || strings.Contains(key, ":") {
			return
		}
		for _, credentials := range []string{key, key + ":", key + ":x:", ":" + key} {
			for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
				if got := receive.KeyOf("Basic " + e.EncodeToString([]byte(credentials))); got != key {
					t.Errorf("got %q of %q, want %q", got, credentials, key)
				}
			}
		}
		if strings.TrimSpace(key) == key {
			if got := receive.KeyOf("bearer " + key); got != key {
				t.Errorf("got %q, want %q", got, key)
			}
		}
	})
}
