package post_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/post"
)

// echo answers with what it gets.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Write(body)
})

func TestPostByTLS(t *testing.T) {
	s, ca := secure(t, echo, func(s *httptest.Server) { s.EnableHTTP2 = true })
	for _, squeeze := range []bool{false, true} {
		c := open(t, post.Options{URL: s.URL, Gzip: squeeze, TLS: certs.Client{CAFile: ca}})
		connect(t, c)
		for range 3 {
			a := send(t, c, strings.Repeat("x", 100_000))
			if a.Status != http.StatusOK || !squeeze && len(a.Body) != 100_000 {
				t.Errorf("got status %d and %d bytes, want 200 and 100000", a.Status, len(a.Body))
			}
		}
		s.CloseClientConnections()
		await(t, "broken", c.Broken())
		send(t, c, "body")
	}
}

func TestTLSErrorsAreSentences(t *testing.T) {
	plain, ca := secure(t, echo, unchanged)
	wanting, ca2 := secure(t, echo, func(s *httptest.Server) { s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert} })
	silent := "https" + serve(t, func(c *net.TCPConn, _ int) { io.Copy(io.Discard, c) }).url[len("http"):]
	http11 := "https" + serve(t, answers(ok)).url[len("http"):]
	tests := []struct {
		name, url string
		tls       certs.Client
		want      string
		permanent bool
	}{
		{"unknown authority", plain.URL, certs.Client{}, "which is not an authority that this system trusts", true},
		{"wrong name", plain.URL, certs.Client{CAFile: ca, ServerName: "b.example"}, `not for "b.example"`, true},
		{"client certificate wanted", wanting.URL, certs.Client{CAFile: ca2}, "wants a client certificate, and there is none", false},
		{"says nothing", silent, certs.Client{}, "does it speak TLS on this port?", false},
		{"speaks HTTP without TLS", http11, certs.Client{}, "does it speak TLS on this port?", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, post.Options{URL: tt.url, TLS: tt.tls, Timeout: 2 * time.Second})
			for range 3 {
				_, err := c.Post(context.Background(), "", nil, []byte("body"))
				if err == nil || !strings.Contains(err.Error(), tt.want) || post.IsPermanent(err) != tt.permanent {
					t.Errorf("got %v, permanent: %v, want %q in it, permanent: %v", err, post.IsPermanent(err), tt.want, tt.permanent)
				}
			}
		})
	}
}

// TestLateAlertIsTheCause: under TLS 1.3 a client hears after the handshake that it
// is not wanted.
func TestLateAlertIsTheCause(t *testing.T) {
	s, ca := secure(t, echo, func(s *httptest.Server) { s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert} })
	c := open(t, post.Options{URL: s.URL, TLS: certs.Client{CAFile: ca, MinVersion: "1.3"}})
	connect(t, c)
	await(t, "broken", c.Broken())
	if err := c.Cause(); err == nil || !strings.Contains(err.Error(), "wants a client certificate, and there is none") {
		t.Errorf("got %v, want that the far end wants a client certificate", err)
	}
}
