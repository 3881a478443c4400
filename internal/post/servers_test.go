package post_test

import (
	"bufio"
	"context"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plumbago/plumbago/internal/post"
)

func TestMain(m *testing.M) {
	startProxy()
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent())
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// server counts the connections that it had.
type server struct {
	url         string
	connections atomic.Int32
}

// serve gives each connection to serve until the test ends, with a number from 1.
func serve(t testing.TB, serve func(c *net.TCPConn, n int)) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{url: "http://" + ln.Addr().String()}
	ended := make(chan struct{})
	t.Cleanup(func() { ln.Close(); <-ended })
	go func() {
		defer close(ended)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			n := int(s.connections.Add(1))
			go func() {
				defer c.Close()
				serve(c.(*net.TCPConn), n)
			}()
		}
	}()
	return s
}

// readRequest reads one request, with its body.
func readRequest(r *bufio.Reader) bool {
	request, err := http.ReadRequest(r)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, request.Body)
	return err == nil
}

// answers is a server of one sentence.
func answers(text string) func(*net.TCPConn, int) {
	return func(c *net.TCPConn, _ int) {
		for r := bufio.NewReader(c); readRequest(r); {
			io.WriteString(c, text)
		}
	}
}

// open makes a client that is closed with the test.
func open(t testing.TB, o post.Options) *post.Client {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	c, err := post.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func connect(t testing.TB, c *post.Client) {
	t.Helper()
	if err := c.Connect(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func send(t testing.TB, c *post.Client, body string) post.Answer {
	t.Helper()
	a, err := c.Post(context.Background(), "", nil, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// secure is a server by TLS, and the file of its certificate.
func secure(t testing.TB, h http.Handler, change func(*httptest.Server)) (s *httptest.Server, ca string) {
	t.Helper()
	s = httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	change(s)
	s.StartTLS()
	t.Cleanup(s.Close)
	ca = filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(ca, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return s, ca
}

func unchanged(*httptest.Server) {}

// sized is an answer of n bytes.
func sized(n int) string {
	return "HTTP/1.1 400 Bad Request\r\nContent-Length: " + strconv.Itoa(n) + "\r\n\r\n" + string(make([]byte, n))
}

// await fails the test unless c is closed soon.
func await(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(5 * time.Second):
		t.Fatalf("%s: not within 5s", what)
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
