package post_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/post"
)

// closing is a server that closes after each answer, unannounced.
func closing(t testing.TB, text string) *server {
	return serve(t, func(c *net.TCPConn, _ int) {
		if readRequest(bufio.NewReader(c)) {
			io.WriteString(c, text)
		}
	})
}

func TestConnectTellsWhy(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	c := open(t, post.Options{URL: "http://" + ln.Addr().String() + "/?s3cret"})
	want := "connect to " + ln.Addr().String() + ": connect: connection refused"
	if err := c.Connect(context.Background()); err == nil || err.Error() != want || post.IsPermanent(err) {
		t.Errorf("got %v, want %q", err, want)
	}
	if _, err := c.Post(context.Background(), "", nil, nil); err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestConnectKeepsToItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c := open(t, post.Options{URL: serve(t, answers(ok)).url})
	if err := c.Connect(ctx); err == nil {
		t.Error("got nil, want an error")
	}
}

func TestServerClosesAfterEachAnswer(t *testing.T) {
	t.Run("announced", func(t *testing.T) {
		s := closing(t, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		c := open(t, post.Options{URL: s.url})
		connect(t, c)
		for range 5 {
			send(t, c, "body")
		}
		if n := s.connections.Load(); n != 5 || isClosed(c.Broken()) {
			t.Errorf("got %d connections, broken: %v, want 5 and none that broke", n, isClosed(c.Broken()))
		}
	})
	t.Run("unannounced", func(t *testing.T) {
		s := closing(t, ok)
		c := open(t, post.Options{URL: s.url})
		for n := range int32(5) {
			send(t, c, "body")
			if n%2 == 0 { // on both sides of the news, if it comes after the answer
				select {
				case <-c.Broken():
				case <-time.After(20 * time.Millisecond):
				}
			}
		}
		if n := s.connections.Load(); n != 5 {
			t.Errorf("got %d connections, want 5", n)
		}
	})
}

func TestIdleConnectionBreaks(t *testing.T) {
	end := make(chan string)
	s := serve(t, func(c *net.TCPConn, n int) {
		switch <-end {
		case "reset":
			c.SetLinger(0)
		case "talk":
			io.WriteString(c, "HTTP/1.1 408 Request Timeout\r\n\r\n")
		}
	})
	for how, cause := range map[string]string{"close": "", "reset": "connection reset by peer", "talk": "the far end spoke unasked"} {
		t.Run(how, func(t *testing.T) {
			c := open(t, post.Options{URL: s.url})
			connect(t, c)
			if isClosed(c.Broken()) {
				t.Fatal("got broken, want a connection")
			}
			broken := c.Broken()
			end <- how
			await(t, "broken", broken)
			err := c.Cause()
			if cause == "" && err != nil || cause != "" && (err == nil || !strings.Contains(err.Error(), cause)) {
				t.Errorf("got cause %v, want %q", err, cause)
			}
			connect(t, c)
			if isClosed(c.Broken()) || !isClosed(broken) || c.Cause() != nil {
				t.Error("got a new connection that is broken, or an old one that is not")
			}
			c.Close()
			end <- "close"
		})
	}
}

// TestPostTriesOnceMore: a kept connection that ends when it is used again says
// nothing of the server; a fresh one does.
func TestPostTriesOnceMore(t *testing.T) {
	tests := []struct {
		name  string
		end   func(*net.TCPConn) // a connection's second request
		fresh bool               // it is the first
		want  string             // the error; "" for none
	}{
		{"closed", func(c *net.TCPConn) {}, false, ""},
		{"reset", func(c *net.TCPConn) { c.SetLinger(0) }, false, ""},
		{"part of an answer", func(c *net.TCPConn) { io.WriteString(c, "HTTP/1.1 200") }, false, "the answer broke off"},
		{"fresh and closed", func(c *net.TCPConn) {}, true, "the far end closed the connection without an answer"},
		{"fresh and reset", func(c *net.TCPConn) { c.SetLinger(0) }, true, "without an answer: read: connection reset by peer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, func(c *net.TCPConn, n int) {
				r := bufio.NewReader(c)
				if !tt.fresh && readRequest(r) {
					io.WriteString(c, ok)
				}
				if n > 1 && !tt.fresh {
					answers(ok)(c, n)
				} else if readRequest(r) {
					tt.end(c)
				}
			})
			c := open(t, post.Options{URL: s.url})
			if !tt.fresh {
				send(t, c, "body")
			}
			_, err := c.Post(context.Background(), "", nil, []byte("body"))
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasSuffix(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if n, want := s.connections.Load(), map[bool]int32{true: 2, false: 1}[tt.want == ""]; n != want {
				t.Errorf("got %d connections, want %d", n, want)
			}
		})
	}
}

// TestPostEndsInTime: nothing that a server does not do holds it up.
func TestPostEndsInTime(t *testing.T) {
	big := bytes.Repeat([]byte("a.b.c 1 1700000000\n"), 1<<20)
	tests := []struct {
		name  string
		serve func(c *net.TCPConn)
	}{
		{"reads nothing", func(c *net.TCPConn) {}},
		{"answers nothing", func(c *net.TCPConn) { io.Copy(io.Discard, c) }},
		{"answers without an end", func(c *net.TCPConn) {
			c.Read(make([]byte, 1))
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12")
		}},
		{"announces answers for ever", func(c *net.TCPConn) {
			c.Read(make([]byte, 1))
			go io.Copy(io.Discard, c)
			for _, err := io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n"); err == nil; {
				_, err = io.WriteString(c, "HTTP/1.1 103 Early Hints\r\n\r\n")
				time.Sleep(time.Millisecond)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			done := make(chan struct{})
			defer close(done)
			s := serve(t, func(c *net.TCPConn, _ int) { tt.serve(c); <-done })
			c := open(t, post.Options{URL: s.url, Timeout: 100 * time.Millisecond})
			connect(t, c)
			began := time.Now()
			_, err := c.Post(context.Background(), "", nil, big)
			if err == nil || !strings.HasSuffix(err.Error(), ": no answer within 100ms") || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want that there was no answer in time", err)
			}
			c = open(t, post.Options{URL: s.url})
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(50*time.Millisecond, cancel)
			if _, err := c.Post(ctx, "", nil, big); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled", err)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("took %v, want about 150ms", took)
			}
		})
	}
}

// TestEarlyAnswers come before the server has read the body, or instead.
func TestEarlyAnswers(t *testing.T) {
	const refusal = "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\n\r\nbig"
	big := bytes.Repeat([]byte("a.b.c 1 1700000000\n"), 1<<20)
	done := make(chan struct{})
	defer close(done)
	tests := []struct {
		name  string
		serve func(*net.TCPConn)
		kept  bool
	}{
		{"and closes", func(c *net.TCPConn) { c.Read(make([]byte, 1)); io.WriteString(c, refusal) }, false},
		{"and never reads", func(c *net.TCPConn) { c.Read(make([]byte, 1)); io.WriteString(c, refusal); <-done }, false},
		{"and half a body", func(c *net.TCPConn) { c.Read(make([]byte, 1)); io.WriteString(c, refusal[:len(refusal)-2]) }, false},
		{"and reads on", func(c *net.TCPConn) {
			r := bufio.NewReader(c)
			for request, err := http.ReadRequest(r); err == nil; request, err = http.ReadRequest(r) {
				io.WriteString(c, refusal)
				io.Copy(io.Discard, request.Body)
			}
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, func(c *net.TCPConn, _ int) { tt.serve(c) })
			c := open(t, post.Options{URL: s.url})
			for range 3 {
				began := time.Now()
				a, err := c.Post(context.Background(), "", nil, big)
				if err != nil || a.Status != http.StatusRequestEntityTooLarge {
					t.Fatalf("got %+v and %v, want status 413", a, err)
				}
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("took %v, want an early end of an early answer", took)
				}
				if isClosed(c.Broken()) {
					t.Error("got broken, want nothing said of a connection that was not idle")
				}
				time.Sleep(250 * time.Millisecond) // what a server may take of a body is over then
			}
			if n, want := s.connections.Load(), map[bool]int32{true: 1, false: 3}[tt.kept]; n != want {
				t.Errorf("got %d connections, want %d", n, want)
			}
		})
	}
}

// TestAnswersAreBounded: what is small enough leaves the connection as it was.
func TestAnswersAreBounded(t *testing.T) {
	endless := func(head string) func(*net.TCPConn, int) {
		return func(c *net.TCPConn, _ int) {
			readRequest(bufio.NewReader(c))
			_, err := io.WriteString(c, head)
			for line := "X: " + strings.Repeat("x", 1000) + "\r\n"; err == nil; {
				_, err = io.WriteString(c, line)
			}
		}
	}
	tests := []struct {
		name        string
		serve       func(*net.TCPConn, int)
		body        int
		connections int32 // of 2 posts
	}{
		{"as large as is kept", answers(sized(256 << 10)), 256 << 10, 1},
		{"larger than is kept", answers(sized(512 << 10)), 256 << 10, 1},
		{"larger than is read", answers(sized(2 << 20)), 256 << 10, 2},
		{"endless body", endless("HTTP/1.1 500 No\r\n\r\n"), 256 << 10, 2},
		{"endless head", endless("HTTP/1.1 500 No\r\nX: y\r\nZ: "), -1, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.serve)
			c := open(t, post.Options{URL: s.url})
			for range 2 {
				a, err := c.Post(context.Background(), "", nil, []byte("body"))
				if tt.body < 0 && (err == nil || !strings.Contains(err.Error(), "head of the answer is too large")) {
					t.Errorf("got %+v and %v, want an error", a, err)
				}
				if tt.body >= 0 && (err != nil || len(a.Body) != tt.body) {
					t.Errorf("got %d bytes and %v, want %d", len(a.Body), err, tt.body)
				}
			}
			if n := s.connections.Load(); n != tt.connections {
				t.Errorf("got %d connections, want %d", n, tt.connections)
			}
		})
	}
}
