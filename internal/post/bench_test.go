package post_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/post"
)

// lines is about 512 KiB of what a gateway sends.
func lines() []byte {
	var b bytes.Buffer
	r := rand.New(rand.NewPCG(1, 2))
	for n := 0; b.Len() < 512<<10; n++ {
		fmt.Fprintf(&b, "servers.host-%04d.cpu.core-%d.user %.3f %d\n", n%500, n%16, r.Float64()*100, 1700000000+n/1000)
	}
	return b.Bytes()
}

func BenchmarkPost(b *testing.B) {
	body := lines()
	sink := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) })
	plain := httptest.NewServer(sink)
	defer plain.Close()
	tls, ca := secure(b, sink, unchanged)
	for _, bb := range []struct {
		name string
		o    post.Options
	}{
		{"plain", post.Options{URL: plain.URL}},
		{"gzip", post.Options{URL: plain.URL, Gzip: true}},
		{"tls", post.Options{URL: tls.URL, TLS: certs.Client{CAFile: ca}}},
		{"tls+gzip", post.Options{URL: tls.URL, TLS: certs.Client{CAFile: ca}, Gzip: true}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			c := open(b, bb.o)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if a, err := c.Post(context.Background(), "", nil, body); err != nil || a.Status != http.StatusOK {
					b.Fatal(a, err)
				}
			}
		})
	}
}
