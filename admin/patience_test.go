package admin_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/admin"
)

// pipe is a listener of one connection.
type pipe struct {
	conns chan net.Conn
	ended chan struct{}
}

func (p pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p pipe) Close() error   { close(p.ended); return nil }
func (p pipe) Addr() net.Addr { return &net.UnixAddr{} }

// asking asks a server for so many bytes, and returns the connection and what the
// server has to say of writing them.
func asking(t *testing.T, bytesWanted int) (net.Conn, <-chan error) {
	t.Helper()
	written := make(chan error, 1)
	s := &http.Server{Handler: admin.Patient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := w.Write(make([]byte, bytesWanted))
		if err == nil && n != bytesWanted {
			t.Errorf("got %d bytes written, want %d", n, bytesWanted)
		}
		written <- err
	}))}
	p := pipe{make(chan net.Conn, 1), make(chan struct{})}
	here, there := net.Pipe()
	p.conns <- there
	go s.Serve(p)
	t.Cleanup(func() { here.Close(); s.Close() })
	if _, err := io.WriteString(here, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return here, written
}

func TestAnswerThatNobodyTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, written := asking(t, 1<<20)
		select {
		case err := <-written:
			if took := time.Since(began); err == nil || took > time.Minute {
				t.Errorf("got error %v after %v, want one soon", err, took)
			}
		case <-time.After(time.Hour):
			t.Error("got an answer that waits for an hour, want an end of it")
		}
	})
}

func TestAnswerThatIsTakenSlowly(t *testing.T) {
	const size = 1 << 20
	synctest.Test(t, func(t *testing.T) {
		c, written := asking(t, size)
		var got bytes.Buffer
		for got.Len() < size {
			time.Sleep(time.Second)
			if _, err := io.CopyN(&got, c, 32<<10); err != nil {
				t.Fatalf("got error %v after %d bytes", err, got.Len())
			}
		}
		go io.Copy(io.Discard, c)
		if err := <-written; err != nil {
			t.Error(err)
		}
	})
}

// TestAnswerThatTrickles: who takes a little at a time, again and again, does not hold an
// answer for long.
func TestAnswerThatTrickles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, written := asking(t, 10<<20)
		began := time.Now()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for {
				time.Sleep(3 * time.Second)
				if _, err := io.CopyN(io.Discard, c, 32<<10); err != nil {
					return
				}
			}
		}()
		err := <-written
		if took := time.Since(began); err == nil || took > 2*time.Minute {
			t.Errorf("got error %v after %v, want one in a minute or so", err, took)
		}
		c.Close()
		<-ended
	})
}
