package post_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/post"
)

// seen is what a server got.
type seen struct {
	method, uri, host, body string
	header                  http.Header
}

// record is a server that tells what it got.
func record(t testing.TB) (url string, requests chan seen) {
	requests = make(chan seen, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- seen{r.Method, r.RequestURI, r.Host, string(body), r.Header}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(s.Close)
	return s.URL, requests
}

func TestPost(t *testing.T) {
	tests := []struct{ name, below, path, want string }{
		{"the URL", "", "", "/"},
		{"the URL with a path", "/api/v1/sink", "", "/api/v1/sink"},
		{"a path below", "/api/", "/v2.0/7/ingest", "/api/v2.0/7/ingest"},
		{"an escaped path", "", "a%2Fb", "/a%2Fb"},
		{"a path that is not escaped", "", "a b?c\r\nX: y", "/a%20b%3Fc%0D%0AX:%20y"},
		{"the URL's query", "/a?b=c", "d", "/a/d?b=c"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			url, requests := record(t)
			c := open(t, post.Options{URL: url + tt.below, Agent: "plumbago/1"})
			header := http.Header{"X-Auth-Token": {"s3cret\r\nX-Other: y"}, "Content-Type": {"text/plain"}, "Content-Length": {"9"}, "Expect": {"100-continue"}}
			a, err := c.Post(context.Background(), tt.path, header, []byte("a 1 2\n"))
			if err != nil || a.Status != http.StatusAccepted || len(a.Body) != 0 {
				t.Fatalf("got %+v and %v, want status 202", a, err)
			}
			got := <-requests
			if got.method != "POST" || got.uri != tt.want || "http://"+got.host != url || got.body != "a 1 2\n" {
				t.Errorf("got %+v, want %q", got, tt.want)
			}
			for name, want := range map[string]string{
				"User-Agent": "plumbago/1", "Content-Type": "text/plain", "Content-Length": "6", "X-Auth-Token": "s3cret  X-Other: y",
				"Expect": "", "Content-Encoding": "", "X-Other": "", "X": "",
			} {
				if got := got.header.Get(name); got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestPostCompresses(t *testing.T) {
	url, requests := record(t)
	c := open(t, post.Options{URL: url, Gzip: true})
	for _, body := range []string{strings.Repeat("a.b.c 1 1700000000\n", 1000), "", "short"} {
		send(t, c, body)
		got := <-requests
		z, err := gzip.NewReader(strings.NewReader(got.body))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(z)
		if err != nil || string(plain) != body || got.header.Get("Content-Encoding") != "gzip" {
			t.Errorf("got %d bytes, %v and %v, want the %d of the body", len(plain), err, got.header, len(body))
		}
	}
}

func TestPostSaysHowABodyIsCompressed(t *testing.T) {
	url, requests := record(t)
	c := open(t, post.Options{URL: url, Coding: "snappy"})
	send(t, c, "as it is")
	if got := <-requests; got.body != "as it is" || got.header.Get("Content-Encoding") != "snappy" {
		t.Errorf("got %q and %v, want the body as it is, and snappy", got.body, got.header)
	}
}

func TestPostKeepsItsConnection(t *testing.T) {
	s := serve(t, answers(ok))
	c := open(t, post.Options{URL: s.url})
	connect(t, c)
	broken := c.Broken()
	for range 20 {
		if a := send(t, c, "body"); a.Status != 200 || string(a.Body) != "ok" {
			t.Fatalf("got %+v, want status 200 and its body", a)
		}
		connect(t, c)
	}
	if n := s.connections.Load(); n != 1 || isClosed(broken) {
		t.Errorf("got %d connections, broken: %v, want 1 that is not", n, isClosed(broken))
	}
	c.Close()
	if isClosed(broken) {
		t.Error("got broken by Close, want it untouched")
	}
	send(t, c, "body")
	if n := s.connections.Load(); n != 2 {
		t.Errorf("got %d connections, want a new one after Close", n)
	}
}

func TestPostFollowsNoRedirect(t *testing.T) {
	s := serve(t, answers("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"))
	if a := send(t, open(t, post.Options{URL: s.url}), "body"); a.Status != 307 || a.Header.Get("Location") == "" {
		t.Errorf("got %+v, want the redirect", a)
	}
}

func TestNewChecks(t *testing.T) {
	tests := []struct {
		name string
		o    post.Options
		want string // part of the error; "" for none
	}{
		{"http", post.Options{URL: "http://a.example/b?c=d"}, ""},
		{"https", post.Options{URL: "https://[::1]:8443", TLS: certs.Client{MinVersion: "1.3"}}, ""},
		{"nothing", post.Options{}, `URL "": write http://host or https://host`},
		{"other scheme", post.Options{URL: "ftp://a.example/s?k=s3cret"}, `URL "ftp://a.example/s": write http://`},
		{"no host", post.Options{URL: "http:///s?k=s3cret"}, "names no host"},
		{"name and password", post.Options{URL: "https://s3cret:s3cret@a.example/?s3cret"}, `URL "https://a.example/": a name or password is no part`},
		{"no URL", post.Options{URL: "https://s3cret:s3cret@a.example:port/"}, "this is no URL"},
		{"TLS without TLS", post.Options{URL: "http://a.example", TLS: certs.Client{CAFile: "x"}}, "write https://"},
		{"no file", post.Options{URL: "https://a.example", TLS: certs.Client{CAFile: "/nowhere/ca.pem"}}, "/nowhere/ca.pem"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := post.New(tt.o)
			switch {
			case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q in it", err, tt.want)
			case err != nil && strings.Contains(err.Error(), "s3cret"):
				t.Errorf("got %q, with a secret in it", err)
			}
		})
	}
}

// TestErrorsHoldNoSecrets tries every way to fail with secrets wherever they can be.
func TestErrorsHoldNoSecrets(t *testing.T) {
	echo := "HTTP/1.1 s3cret\r\nX-Auth-Token: s3cret\r\n\r\ns3cret"
	for name, text := range map[string]string{"no HTTP": echo, "half an answer": "HTTP/1.1 200 OK\r\nX: s3cret\r\nContent-Length: 9\r\n\r\ns3", "head": "HTTP/1.1 200 OK\r\ns3cret\r\n\r\n"} {
		t.Run(name, func(t *testing.T) {
			c := open(t, post.Options{URL: closing(t, text).url + "/?key=s3cret"})
			_, err := c.Post(context.Background(), "s3cret", http.Header{"X-Auth-Token": {"s3cret"}}, bytes.Repeat([]byte("s3cret"), 100))
			if err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want an error without secrets", err)
			}
		})
	}
}
