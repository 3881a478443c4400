package receive_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
)

func serveHTTP(t *testing.T, o receive.Options, v *vault, each time.Duration) *running {
	t.Helper()
	l, err := receive.ServeHTTP(o, v, each)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, l)
}

func TestSlowClientsAreGivenUp(t *testing.T) {
	for _, tc := range []struct {
		name, begun string
		code        int // 0: no answer
	}{
		{"nothing", "", 0},
		{"half a header", "POST /api/v1/sink HTTP/1.1\r\nHost: x\r\n", 0},
		{"half a body", strings.TrimSuffix(post("", "a 1 2\nb 3"), "b 3"), 408},
		{"half a chunk", "POST /api/v1/sink HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n50\r\na 1 2\n", 408},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := newVault()
			const each = 100 * time.Millisecond
			c := connect(t, serveHTTP(t, httpOptions(newJournal()), v, each))
			began := time.Now()
			send(t, c, tc.begun)
			if tc.code != 0 {
				checkCode(t, c.read(t), tc.code)
			}
			closedByPeer(t, c)
			if v.calls != 0 {
				t.Errorf("got %q stored, want nothing of a half request", v.text())
			}
			if took := time.Since(began); (took >= 10*each) != (tc.code != 0) {
				t.Errorf("took %v, want ten times as long for a body as for a header", took)
			}
		})
	}
}

func TestIdleConnectionsOfHTTPAreClosed(t *testing.T) {
	o := httpOptions(newJournal())
	o.IdleTimeout = 50 * time.Millisecond
	c := connect(t, listen(t, o, newVault()))
	checkCode(t, c.ask(t, post("", "a 1 2")), 202)
	closedByPeer(t, c)
}

func TestAStoreThatTakesTooLongIsToTryAgain(t *testing.T) {
	v := newVault()
	v.before = blocked
	c := connect(t, serveHTTP(t, httpOptions(newJournal()), v, 100*time.Millisecond))
	checkCode(t, c.ask(t, post("", "a 1 2")), 503)
}

// TestHalfRequestsHoldLittle: what slow clients have sent is held in memory of
// its size, and others are served meanwhile.
func TestHalfRequestsHoldLittle(t *testing.T) {
	const many = 500
	v := newVault()
	o := httpOptions(newJournal())
	l := listen(t, o, v)
	before := memory()
	half := "POST /api/v1/sink HTTP/1.1\r\nHost: x\r\nContent-Encoding: zstd\r\nContent-Length: 16000000\r\n\r\n"
	for range many {
		send(t, dial(t, l), half+"a 1 2\n")
	}
	eventually(t, "all bodies begun", func() bool { return receive.Held(l.Listener) >= many*4<<10 })
	if held := receive.Held(l.Listener); held > many*4<<10 {
		t.Errorf("got %d bytes held, want 4 KiB for each", held)
	}
	if grown := (memory() - before) / many; grown > 64<<10 && !raceEnabled {
		t.Errorf("got %d bytes for each half request", grown)
	}
	checkCode(t, connect(t, l).ask(t, post("", "a 1 2")), 202)
	if v.count() != 1 {
		t.Errorf("got %d points, want 1", v.count())
	}
}

func TestBodiesShareAnAllowance(t *testing.T) {
	v, j := newVault(), newJournal()
	o := httpOptions(j)
	o.MaxHeldBytes = 64 << 10
	l := listen(t, o, v)
	body := strings.Repeat("a 1 2\n", 1000)
	request := post("", body)
	slow := connect(t, l)
	send(t, slow, request[:len(request)-1])
	eventually(t, "the body is held", func() bool { return receive.Held(l.Listener) >= 32<<10 })
	refused := connect(t, l)
	r := refused.ask(t, request)
	checkCode(t, r, 503)
	if r.Header.Get("Retry-After") != "1" || !r.Close {
		t.Errorf("got Retry-After %q, want 1 and a closed connection", r.Header.Get("Retry-After"))
	}
	checkCode(t, slow.ask(t, "\n"), 202)
	checkCode(t, connect(t, l).ask(t, request), 202)
	eventually(t, "given back", func() bool { return receive.Held(l.Listener) == 0 })
}

// TestABodyThatCanNeverBeHeldIsTooLarge: to come again later would not help it.
func TestABodyThatCanNeverBeHeldIsTooLarge(t *testing.T) {
	v, j := newVault(), newJournal()
	o := httpOptions(j)
	o.MaxHeldBytes = 64 << 10
	l := listen(t, o, v)
	for _, tc := range []struct{ name, headers, body string }{
		{"as it comes", "", strings.Repeat("a 1 2\n", 20_000)},
		{"with its lines", "", strings.Repeat("a 1 2\n", 5_000)},
		{"with the times of its lines", "", strings.Repeat("a 1\n", 5_000)},
		{"decompressed", "Content-Encoding: gzip\r\n", compressed(t, "gzip", strings.Repeat("a 1 2\n", 20_000))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := connect(t, l).ask(t, post(tc.headers, tc.body))
			checkCode(t, r, 413)
			if r.Header.Get("Retry-After") != "" {
				t.Error("got Retry-After, want none")
			}
		})
	}
	eventually(t, "given back", func() bool { return receive.Held(l.Listener) == 0 })
	if got := j.rejected(t, metric.Body); got != 4 || v.calls != 0 {
		t.Errorf("got %v bodies counted and %d stored, want 4 and none", got, v.calls)
	}
}

func TestBrokenRequests(t *testing.T) {
	flood := "POST /api/v1/sink HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-Flood: "+strings.Repeat("x", 1000)+"\r\n", 30) + "\r\n"
	chunked := "POST /api/v1/sink HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, tc := range []struct {
		name, request string
		code          int
	}{
		{"a flood of headers", flood, 431},
		{"no request", "a.b 1 1700000000\r\n\r\n", 400},
		{"a length that is none", "POST /api/v1/sink HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400},
		{"a negative length", "POST /api/v1/sink HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
		{"two lengths", "POST /api/v1/sink HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\na 1 2", 400},
		{"no host", "POST /api/v1/sink HTTP/1.1\r\nContent-Length: 5\r\n\r\na 1 2", 400},
		{"chunks that are none", chunked + "zzzz\r\na 1 2\r\n0\r\n\r\n", 400},
		{"a chunk of a huge length", chunked + "fffffffffffffffff\r\na 1 2\r\n0\r\n\r\n", 400},
		{"a chunk without its end", chunked + "5\r\na 1 2xx0\r\n\r\n", 400},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 404},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := newVault()
			c := connect(t, listen(t, httpOptions(newJournal()), v))
			r := c.ask(t, tc.request)
			checkCode(t, r, tc.code)
			if v.calls != 0 || !r.Close {
				t.Errorf("got %q stored, and closed: %t; want nothing, and closed", v.text(), r.Close)
			}
		})
	}
}

func TestAClientThatGoesAway(t *testing.T) {
	v, j := newVault(), newJournal()
	l := listen(t, httpOptions(j), v)
	c := connect(t, l)
	send(t, c, strings.TrimSuffix(post("", "a 1 2\nb 3 4\n"), "b 3 4\n"))
	c.Close()
	eventually(t, "the cut body is counted", func() bool { return j.rejected(t, metric.Body) == 1 && l.Connections() == 0 })
	if v.calls != 0 || receive.Held(l.Listener) != 0 {
		t.Errorf("got %q stored and %d bytes held, want nothing", v.text(), receive.Held(l.Listener))
	}
}

func TestHTTPConnectionsAreLimited(t *testing.T) {
	j := newJournal()
	o := httpOptions(j)
	o.MaxConnections, o.Limit = 2, receive.NewConnectionLimit(1)
	l := listen(t, o, newVault())
	first, second := connect(t, l), connect(t, l)
	checkCode(t, first.ask(t, post("", "a 1 2")), 202)
	send(t, second, post("", "b 1 2"))
	eventually(t, "accepting pauses", func() bool { return j.metric(t, "connections_limited_total") > 0 })
	if l.Connections() != 1 {
		t.Errorf("got %d connections, want 1", l.Connections())
	}
	first.Close()
	checkCode(t, second.read(t), 202)
	second.Close()
	eventually(t, "all places are left", func() bool { return receive.Taken(o.Limit) == 0 && j.metric(t, "connections") == 0 })
}

func TestTheHTTPPortSaysWhatElseIsSpokenToIt(t *testing.T) {
	for _, tc := range []struct{ name, sent, looks string }{
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "looks like TLS"},
		{"pickle", frame(point("a", 0)), "looks like pickle"},
		{"PROXY", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "looks like a PROXY header"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			j := newJournal()
			c := connect(t, listen(t, httpOptions(j), newVault()))
			send(t, c, tc.sent)
			closedByPeer(t, c)
			eventually(t, "counted", func() bool { return j.metric(t, "connections_closed_total", "reason=not_http") == 1 })
			if !strings.Contains(j.logged(), "this is the http port") || !strings.Contains(j.logged(), tc.looks) {
				t.Errorf("got %q, want it to say what was sent", j.logged())
			}
		})
	}
}

// TestAnyChunkingOfRequestsGivesTheSamePoints cuts requests in a row anywhere.
func TestAnyChunkingOfRequestsGivesTheSamePoints(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var requests, want strings.Builder
	for i := range 60 {
		text := strings.Repeat(fmt.Sprintf("a.b%d %d 1700000000\n", i, i), 1+r.IntN(400))
		want.WriteString(text)
		how := []string{"", "gzip", "zstd"}[r.IntN(3)]
		header := ""
		if how != "" {
			header = "Content-Encoding: " + how + "\r\n"
		}
		requests.WriteString(post(header, compressed(t, how, text)))
	}
	v := newVault()
	c := connect(t, listen(t, httpOptions(newJournal()), v))
	go func() {
		for _, part := range cut(r, requests.String()) {
			_, _ = io.WriteString(c, part)
		}
	}()
	for range 60 {
		checkCode(t, c.read(t), 202)
	}
	if v.text() != want.String() {
		t.Errorf("got %d bytes, want %d", len(v.text()), want.Len())
	}
}

func TestTheNextHeaderHasToComeInTimeToo(t *testing.T) {
	const each = 100 * time.Millisecond
	c := connect(t, serveHTTP(t, httpOptions(newJournal()), newVault(), each))
	checkCode(t, c.ask(t, post("", "a 1 2")), 202)
	began := time.Now()
	send(t, c, "POST /api/v1/sink HTTP/1.1\r\n")
	closedByPeer(t, c)
	if took := time.Since(began); took >= 10*each {
		t.Errorf("took %v, want as long as for a header", took)
	}
}
