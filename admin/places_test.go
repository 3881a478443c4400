package admin_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/admin"
)

// TestADoorHasSoManyConnections: who holds all places of a door keeps others waiting
// until a place is free, and takes no descriptor more.
func TestADoorHasSoManyConnections(t *testing.T) {
	url := serve(t, &gateway{})
	address := strings.TrimPrefix(url, "http://")
	question := fmt.Sprintf("GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\n", address)
	answered := func(c net.Conn, patience time.Duration) bool {
		c.SetReadDeadline(time.Now().Add(patience))
		_, err := io.ReadFull(c, make([]byte, len("HTTP/1.1 200 OK")))
		return err == nil
	}
	var held []net.Conn
	for i := range admin.MostConns + 1 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, question)
		if i < admin.MostConns && !answered(c, 10*time.Second) {
			t.Fatalf("got no answer on connection %d of %d", i+1, admin.MostConns)
		}
		held = append(held, c)
	}
	last := held[admin.MostConns]
	if answered(last, 200*time.Millisecond) {
		t.Errorf("got an answer on one more connection than there are places")
	}
	held[0].Close()
	if !answered(last, 10*time.Second) {
		t.Error("got no answer when a place was free")
	}
}

// TestWhoIsNotLetInKeepsNoConnection: a refusal ends the connection.
func TestWhoIsNotLetInKeepsNoConnection(t *testing.T) {
	address := strings.TrimPrefix(serve(t, &gateway{}), "http://")
	for _, question := range []string{
		"GET /status HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"GET /status HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n",
	} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, question)
		c.SetReadDeadline(time.Now().Add(10 * time.Second))
		if answer, err := io.ReadAll(c); err != nil || !strings.Contains(string(answer), "HTTP/1.1 4") {
			t.Errorf("%q: got %q and error %v, want a refusal and the end", question, answer, err)
		}
	}
}

// TestAQuestionThatDoesNotComeToItsEnd: a body has to come in time, whether somebody
// reads it or not, and what comes behind it has not.
func TestAQuestionThatDoesNotComeToItsEnd(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"read":     func(w http.ResponseWriter, r *http.Request) { io.ReadAll(r.Body) },
		"not read": func(http.ResponseWriter, *http.Request) {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := server(t, h)
				io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
				began := time.Now()
				trickled := make(chan struct{})
				go func() {
					defer close(trickled)
					for range 1000 {
						if _, err := io.WriteString(c, "x"); err != nil {
							return
						}
						time.Sleep(time.Second)
					}
				}()
				io.Copy(io.Discard, c)
				if took := time.Since(began); took > time.Minute {
					t.Errorf("got the connection closed after %v, want it soon", took)
				}
				c.Close()
				<-trickled
			})
		})
	}
}

func TestAnAnswerMayTakeLongerThanItsQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := server(t, func(w http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			select {
			case <-r.Context().Done():
				t.Error("got the end of a question that was asked in full")
			case <-time.After(time.Hour):
			}
			w.Write(text)
		})
		io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
		if answer, err := io.ReadAll(c); err != nil || !strings.HasSuffix(string(answer), "hello") {
			t.Errorf("got %q and error %v, want what was posted", answer, err)
		}
	})
}

// server is a patient server on a pipe; the other end is returned.
func server(t *testing.T, h http.HandlerFunc) net.Conn {
	t.Helper()
	s := &http.Server{Handler: admin.Patient(h)}
	p := pipe{make(chan net.Conn, 1), make(chan struct{})}
	here, there := net.Pipe()
	p.conns <- there
	go s.Serve(p)
	t.Cleanup(func() { here.Close(); s.Close() })
	return here
}
