package receive_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
)

// vault is a sink that stores.
type vault struct {
	*pool
	before func(context.Context) error // what storing begins with; may be nil
}

func newVault() *vault { return &vault{pool: newPool()} }

func (v *vault) Store(ctx context.Context, b metric.Batch) error {
	if v.before != nil {
		if err := v.before(ctx); err != nil {
			return err
		}
	}
	return v.Receive(ctx, b)
}

func httpOptions(j *journal) receive.Options {
	o := options(j)
	o.Protocol = "http"
	o.Now = func() time.Time { return time.Unix(1800000000, 0) }
	return o
}

// poster is a connection on which requests are sent as they are written.
type poster struct {
	net.Conn
	r *bufio.Reader
}

func connect(t testing.TB, l *running) *poster {
	c := dial(t, l)
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return &poster{c, bufio.NewReader(c)}
}

// reply is an answer that was read to its end.
type reply struct {
	*http.Response
	body string
}

// read reads an answer.
func (c *poster) read(t testing.TB) reply {
	t.Helper()
	r, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatalf("a broken answer: %v", err)
	}
	return reply{r, string(body)}
}

// ask sends a request and reads the answer.
func (c *poster) ask(t testing.TB, request string) reply {
	t.Helper()
	send(t, c, request)
	return c.read(t)
}

// post is the text of a request with headers, each with its line end.
func post(headers, body string) string {
	return fmt.Sprintf("POST /api/v1/sink HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n%s", headers, len(body), body)
}

func basic(credentials string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(credentials)) + "\r\n"
}

func checkCode(t testing.TB, r reply, want int) {
	t.Helper()
	if r.StatusCode != want {
		t.Errorf("got %d %q, want %d", r.StatusCode, r.body, want)
	}
}

// checkTold compares the answer to a request of which nothing was taken.
func checkTold(t testing.TB, r reply, want string) {
	t.Helper()
	checkCode(t, r, 400)
	if got := strings.TrimSpace(r.body); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := r.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("got the type %q, want application/json", got)
	}
}

// blocked waits for the end.
func blocked(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}
