package receive_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
)

const (
	twoLines = "a.b 1.50 1700000000\nc;z=1;y=2 3"
	twoTaken = "a.b 1.50 1700000000\nc;y=2;z=1 3 1800000000\n"
)

// TestWhatClientsSend has requests as the examples of Hosted Graphite's
// documentation make them.
func TestWhatClientsSend(t *testing.T) {
	length := fmt.Sprintf("Content-Length: %d\r\n\r\n", len(twoLines))
	for _, tc := range []struct{ name, request string }{
		{"curl", "POST /api/v1/sink HTTP/1.1\r\nHost: localhost:8080\r\n" + basic("12345678-5555-2222-aaaa-661ff1afb5c1:") +
			"User-Agent: curl/7.88.1\r\nAccept: */*\r\nContent-Type: application/x-www-form-urlencoded\r\n" + length + twoLines},
		{"python's urllib", "POST /api/v1/sink HTTP/1.1\r\nAccept-Encoding: identity\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
			"User-Agent: Python-urllib/3.11\r\nAuthorization: Basic MTIzNDU2NzgtNTU1NS0yMjIyLWFhYWEtNjYxZmYxYWZiNWMx\r\nConnection: close\r\nHost: x\r\n" + length + twoLines},
		{"python-requests", "POST /api/v1/sink HTTP/1.1\r\nHost: x\r\nUser-Agent: python-requests/2.31\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n" + length + twoLines},
		{"Go", "PUT /api/v1/sink HTTP/1.1\r\nHost: x\r\nUser-Agent: Go-http-client/1.1\r\nAuthorization: Basic a2V5\r\n" + length + twoLines},
		{"Postman", "POST /api/v1/sink HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain; charset=utf-8\r\n" + length + twoLines},
		{"chunks", "POST /api/v1/sink HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + twoLines[:5] + "\r\n" +
			fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(twoLines)-5, twoLines[5:])},
		{"HTTP/1.0", "POST /api/v1/sink HTTP/1.0\r\n" + length + twoLines},
		{"CR LF", post("", strings.ReplaceAll(twoLines, "\n", "\r\n")+"\r\n")},
		{"a query", strings.Replace(post("", twoLines), "sink", "sink?key=x", 1)},
		{"bytes that are text", post("Content-Type: application/octet-stream\r\n", twoLines)},
		{"a wrong Content-Encoding that says nothing", post("Content-Encoding: identity\r\n", twoLines)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := newVault()
			r := connect(t, listen(t, httpOptions(newJournal()), v)).ask(t, tc.request)
			checkCode(t, r, 202)
			if r.body != "" || v.text() != twoTaken {
				t.Errorf("got the body %q and stored %q, want none and %q", r.body, v.text(), twoTaken)
			}
		})
	}
}

// TestGoClientWithTheKeyInTheURL posts in a row, as an agent does that was away.
func TestGoClientWithTheKeyInTheURL(t *testing.T) {
	v, j := newVault(), newJournal()
	l := listen(t, httpOptions(j), v)
	c := &http.Client{Transport: &http.Transport{}}
	defer c.CloseIdleConnections()
	at := url.URL{Scheme: "http", User: url.User("12345678-5555-2222-aaaa-661ff1afb5c1"), Host: l.Addr().String(), Path: "/api/v1/sink"}
	body := strings.TrimSuffix(strings.Repeat("servers.web.cpu 59.0 1700000000\n", 251), "\n")
	for range 20 {
		r, err := c.Post(at.String(), "", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
		if r.StatusCode != 202 {
			t.Fatalf("got %s, want 202", r.Status)
		}
	}
	if v.points != 20*251 || v.calls != 20 {
		t.Errorf("got %d points in %d calls, want 5020 in 20", v.points, v.calls)
	}
	if got := j.metric(t, "connections_total"); got != 1 {
		t.Errorf("got %v connections, want one that is kept", got)
	}
	for name, want := range map[string]float64{"points_total": 20 * 251, "bytes_total": float64(20 * len(body)), "http_requests_total": 20} {
		if got := j.metric(t, name, "listener=http+tcp://127.0.0.1:0"); got != want {
			t.Errorf("got %v %s, want %v", got, name, want)
		}
	}
	if got := j.metric(t, "http_requests_total", "code=202"); got != 20 {
		t.Errorf("got %v answers of 202, want 20", got)
	}
	if receive.Held(l.Listener) != 0 {
		t.Errorf("got %d bytes held, want none", receive.Held(l.Listener))
	}
}

func TestOneGoodLineIsEnough(t *testing.T) {
	v, j := newVault(), newJournal()
	c := connect(t, listen(t, httpOptions(j), v))
	checkCode(t, c.ask(t, post("", "bad\na 1 2\nb nan 3\nc x 4\n")), 202)
	if v.text() != "a 1 2\n" || j.rejected(t, metric.Fields) != 1 || j.rejected(t, metric.NaN) != 1 || j.rejected(t, metric.Value) != 1 {
		t.Errorf("got %q, want one line, and three rejects", v.text())
	}
}

func TestNoGoodLineIsExplained(t *testing.T) {
	v := newVault()
	o := httpOptions(newJournal())
	o.MaxLine = 20
	c := connect(t, listen(t, o, v))
	r := c.ask(t, post("", "\nsecret-key\r\n\n \nb nan 3\n\na 1 "+strings.Repeat("2", 40)+"\nc \xff 1\n d 1 x"))
	checkTold(t, r, `{"error":"there is no point in the body","points":0,"rejected":5,"lines":[`+
		`{"line":2,"reason":"fields"},{"line":5,"reason":"nan"},{"line":7,"reason":"too_long"},{"line":8,"reason":"utf8"},{"line":9,"reason":"timestamp"}]}`)
	r = c.ask(t, post("", strings.Repeat("bad\n", 1000)))
	checkCode(t, r, 400)
	if got := strings.Count(r.body, `"line":`); got != 100 || !strings.Contains(r.body, `"rejected":1000`) || !strings.Contains(r.body, `{"line":100,`) {
		t.Errorf("got %d lines in %q, want the first 100 of 1000", got, r.body)
	}
	for _, empty := range []string{"", " \r\n\n"} {
		if r := c.ask(t, post("", empty)); r.StatusCode != 400 || !strings.Contains(r.body, "empty") {
			t.Errorf("got %d %q for an empty body", r.StatusCode, r.body)
		}
	}
	if v.calls != 0 {
		t.Errorf("got %d calls of the sink, want none", v.calls)
	}
}

func TestOtherRequests(t *testing.T) {
	c := connect(t, listen(t, httpOptions(newJournal()), newVault()))
	for _, tc := range []struct {
		request string
		code    int
		body    string
	}{
		{"GET /healthz", 200, "ok\n"},
		{"GET /", 404, "nothing is here: send points with POST to /api/v1/sink\n"},
		{"POST /api/v1/sink/x", 404, "nothing is here: send points with POST to /api/v1/sink\n"},
		{"GET /api/v1/sink", 405, "send points with POST or PUT\n"},
		{"DELETE /api/v1/sink", 405, "send points with POST or PUT\n"},
		{"OPTIONS *", 404, "nothing is here: send points with POST to /api/v1/sink\n"},
	} {
		r := c.ask(t, tc.request+" HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
		if r.StatusCode != tc.code || r.body != tc.body {
			t.Errorf("%s: got %d %q, want %d %q", tc.request, r.StatusCode, r.body, tc.code, tc.body)
		}
		if tc.code == 405 && r.Header.Get("Allow") != "POST, PUT" {
			t.Errorf("got Allow %q, want POST, PUT", r.Header.Get("Allow"))
		}
	}
}

func TestTimesAreRoundedAsByOtherDoors(t *testing.T) {
	v := newVault()
	o := httpOptions(newJournal())
	o.Resolution, o.KeepTags = 60, true
	c := connect(t, listen(t, o, v))
	checkCode(t, c.ask(t, post("", "a;z=1;y=2 1 1700000059")), 202)
	checkCode(t, c.ask(t, post("Content-Type: application/json\r\n", `[["b;z=1;y=2",2,1700000059.5]]`)), 202)
	if want := "a;z=1;y=2 1 1700000040\nb;z=1;y=2 2 1700000040\n"; v.text() != want {
		t.Errorf("got %q, want %q", v.text(), want)
	}
}

func TestASinkThatRefusesIsToTryAgain(t *testing.T) {
	v, j := newVault(), newJournal()
	v.before = func(context.Context) error { return errors.New("the queue is full") }
	c := connect(t, listen(t, httpOptions(j), v))
	for range 2 {
		r := c.ask(t, post("", "a 1 2"))
		checkCode(t, r, 503)
		if r.Header.Get("Retry-After") != "1" || !strings.Contains(r.body, "send them again") {
			t.Errorf("got Retry-After %q and %q", r.Header.Get("Retry-After"), r.body)
		}
	}
	if j.metric(t, "refused_points_total") != 2 || !strings.Contains(j.logged(), "the queue is full") {
		t.Error("want the points counted and a sample logged")
	}
}

// TestRequestsAreStoredAtOnce: many requests can share one sync only if none
// waits for another.
func TestRequestsAreStoredAtOnce(t *testing.T) {
	const many = 200
	v := newVault()
	var all sync.WaitGroup
	all.Add(many)
	v.before = func(context.Context) error {
		all.Done()
		all.Wait() // for all others to have come as far
		return nil
	}
	l := listen(t, httpOptions(newJournal()), v)
	var clients sync.WaitGroup
	for i := range many {
		c := connect(t, l)
		clients.Go(func() { checkCode(t, c.ask(t, post("", fmt.Sprintf("a%d 1 2", i))), 202) })
	}
	clients.Wait()
	if v.count() != many {
		t.Errorf("got %d points, want %d", v.count(), many)
	}
}

func TestHTTPNeedsASinkThatStores(t *testing.T) {
	_, err := receive.Listen(httpOptions(newJournal()), newPool())
	if err == nil || !strings.Contains(err.Error(), "store durably") {
		t.Errorf("got %v, want an error", err)
	}
	_, err = receive.Listen(receive.Options{Protocol: "http", Address: "udp://127.0.0.1:0"}, newVault())
	if err == nil || !strings.Contains(err.Error(), "http is spoken over tcp only") {
		t.Errorf("got %v, want an error", err)
	}
}

func TestHTTPOnABrokenSocketEndsRunWithAnError(t *testing.T) {
	l, err := receive.Listen(httpOptions(newJournal()), newVault())
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := l.Run(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want an error", err)
	}
}

func TestStopAnswersWhatIsUnderWay(t *testing.T) {
	v := newVault()
	storing, goOn := make(chan struct{}), make(chan struct{})
	v.before = func(context.Context) error {
		close(storing)
		<-goOn
		return nil
	}
	l := listen(t, httpOptions(newJournal()), v)
	idle := connect(t, l)
	checkCode(t, idle.ask(t, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"), 200)
	busy := connect(t, l)
	send(t, busy, post("", "a 1 2"))
	<-storing
	go l.stop()
	closedByPeer(t, idle)
	close(goOn)
	checkCode(t, busy.read(t), 202)
	closedByPeer(t, busy)
	l.stop()
}

func TestStopLeavesASinkThatBlocks(t *testing.T) {
	v := newVault()
	storing := make(chan struct{})
	v.before = func(ctx context.Context) error {
		close(storing)
		<-ctx.Done()
		return ctx.Err()
	}
	l := listen(t, httpOptions(newJournal()), v)
	c := connect(t, l)
	send(t, c, post("", "a 1 2"))
	<-storing
	began := time.Now()
	go l.stop()
	checkCode(t, c.read(t), 503)
	l.stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("Run took %v to stop", took)
	}
}
