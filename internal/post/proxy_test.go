package post_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/post"
)

// proxied is what the proxy makes of the connections that it gets; nobody else
// resolves names of .example here.
var proxied = make(chan func(net.Conn), 1)

// startProxy starts a proxy for all tests, since the environment is read but once.
// What goes to loopback passes it by.
func startProxy() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
		os.Setenv(name, "http://name:s3cret@"+ln.Addr().String())
	}
	os.Setenv("NO_PROXY", "direct.example")
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			(<-proxied)(c)
		}
	}()
}

func TestPostThroughAProxy(t *testing.T) {
	heads := make(chan *http.Request, 1)
	proxied <- func(c net.Conn) {
		defer c.Close()
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err == nil {
			io.Copy(io.Discard, r.Body)
			heads <- r
			io.WriteString(c, ok)
		}
	}
	send(t, open(t, post.Options{URL: "http://metrics.example/a"}), "body")
	r := <-heads
	if got, want := r.RequestURI, "http://metrics.example/a"; got != want || r.Host != "metrics.example" {
		t.Errorf("got %q for %q, want %q", got, r.Host, want)
	}
	if got, want := r.Header.Get("Proxy-Authorization"), "Basic bmFtZTpzM2NyZXQ="; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPostThroughATunnel(t *testing.T) {
	s, ca := secure(t, echo, unchanged)
	heads := make(chan *http.Request, 1)
	proxied <- func(c net.Conn) {
		defer c.Close()
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		heads <- r
		far, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			return
		}
		defer far.Close()
		io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() { io.Copy(c, far); c.Close() }()
		io.Copy(far, c)
	}
	c := open(t, post.Options{URL: "https://metrics.example/", TLS: certs.Client{CAFile: ca, ServerName: "example.com"}})
	if a := send(t, c, "body"); string(a.Body) != "body" {
		t.Errorf("got %+v, want the body", a)
	}
	c.Close()
	r := <-heads
	if r.Method != "CONNECT" || r.RequestURI != "metrics.example:443" || r.Host != r.RequestURI || r.Header.Get("Proxy-Authorization") == "" {
		t.Errorf("got %+v, want to be connected to metrics.example:443", r)
	}
}

func TestProxiesThatDoNotConnect(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"refuses", "HTTP/1.1 407 s3cret\r\n\r\n", "it answers with status 407"},
		{"hangs up", "", "closed the connection without an answer"},
		{"half an answer", "HTTP/1.1 200 OK\r\n", "closed the connection without an answer"},
		{"no proxy", "220 mail.example ready\r\n\r\n", "does not answer in HTTP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			proxied <- func(c net.Conn) {
				defer c.Close()
				http.ReadRequest(bufio.NewReader(c))
				io.WriteString(c, tt.text)
			}
			err := open(t, post.Options{URL: "https://metrics.example"}).Connect(context.Background())
			if err == nil || !strings.Contains(err.Error(), "through the proxy 127.0.0.1:") || !strings.HasSuffix(err.Error(), tt.want) ||
				strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
	t.Run("hangs", func(t *testing.T) {
		proxied <- func(c net.Conn) {
			defer c.Close()
			io.Copy(io.Discard, c)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if err := open(t, post.Options{URL: "https://metrics.example"}).Connect(ctx); err == nil || !strings.HasSuffix(err.Error(), "context deadline exceeded") {
			t.Errorf("got %v, want that the time is over", err)
		}
	})
}
