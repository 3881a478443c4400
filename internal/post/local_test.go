package post_test

import (
	"testing"

	"github.com/plumbago/plumbago/internal/post"
)

func TestIsLocal(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true,
		"": false, "10.0.0.1": false, "::": false, "localhost.example.net": false, "example.net": false,
	} {
		if got := post.IsLocal(host); got != want {
			t.Errorf("%q: got %t, want %t", host, got, want)
		}
	}
}
