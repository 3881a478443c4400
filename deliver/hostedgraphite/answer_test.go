package hostedgraphite_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/delivertest"
	"github.com/plumbago/plumbago/deliver/hostedgraphite"
)

// run starts a worker between a source and a sink.
func run(t *testing.T, o hostedgraphite.Options, blocks ...string) *delivertest.Rig {
	t.Helper()
	r := delivertest.NewRig(t)
	o.Logger, o.Registerer, o.RefusalsPath, o.Name = r.Logger, r.Registry, r.Refusals, "far"
	if o.Interval == 0 {
		o.Interval = 5 * time.Millisecond
	}
	for _, b := range blocks {
		r.Source.Add(b)
	}
	r.Start(newDestination(t, o))
	return r
}

func TestAnswersMeanWhatTheySay(t *testing.T) {
	const warn, alarm = "level=WARN", "level=ERROR"
	tests := []struct {
		name     string
		answer   func(http.ResponseWriter, []string)
		level    string
		err      string // part of what is told
		from, to time.Duration
	}{
		{"401", say(401, "who are you?", "WWW-Authenticate", "Basic"), alarm, "the key is not accepted (401 who are you?): check `key`", 15 * time.Second, 30 * time.Second},
		{"403", say(403, ""), alarm, "the key is not accepted (403 Forbidden): check `key`", 15 * time.Second, 30 * time.Second},
		{"404", say(404, "<html><head><title>Not here</title>"), alarm, "the far end takes no points there (404 Not here): check `address`", 15 * time.Second, 30 * time.Second},
		{"405", say(405, ""), alarm, "takes no points there (405 Method Not Allowed)", 15 * time.Second, 30 * time.Second},
		{"415", say(415, ""), alarm, "takes no points there (415 Unsupported Media Type)", 15 * time.Second, 30 * time.Second},
		{"301", say(301, "", "Location", "https://name:word@other.example.net/sink?q"), alarm, "the far end redirects to https://other.example.net: check `address`", 15 * time.Second, 30 * time.Second},
		{"308 to another path", say(308, "", "Location", "/sink/?q"), alarm, "redirects to another place of its own", 15 * time.Second, 30 * time.Second},
		{"302 to another host", say(302, "", "Location", "//other.example.net/"), alarm, "redirects to other.example.net: ", 15 * time.Second, 30 * time.Second},
		{"307 to nowhere", say(307, ""), alarm, "redirects to no place", 15 * time.Second, 30 * time.Second},
		{"304", say(304, ""), alarm, "redirects to no place", 15 * time.Second, 30 * time.Second},
		{"408", say(408, ""), warn, "the far end answers: 408 Request Timeout", 0, time.Second},
		{"429", say(429, "slow down", "Retry-After", "7"), warn, "the far end answers: 429 slow down", 6 * time.Second, 8 * time.Second},
		{"429 without a wish", say(429, "slow down"), warn, "429 slow down", 0, time.Second},
		{"500 with a page", say(500, "<!DOCTYPE html>\n<html><title>\n It  broke\n</title><p>"+strings.Repeat("so much ", 9999)), warn, "the far end answers: 500 It broke\"", 0, time.Second},
		{"503", say(503, "", "Retry-After", "3"), warn, "503 Service Unavailable", 2 * time.Second, 4 * time.Second},
		{"599", say(599, ""), warn, "the far end answers: 599", 0, time.Second},
		{"a long story", say(500, strings.Repeat("ä\x80 ", 999)), warn, "...\"", 0, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t, tt.answer)
			r := run(t, hostedgraphite.Options{URL: s.URL}, "a 1 1")
			r.Wait("down", func() bool { return strings.Contains(r.Log.String(), "destination down") })
			text := r.Log.String()
			if line := text[strings.Index(text, `msg="destination down"`)-len(tt.level)-1:]; !strings.HasPrefix(line, tt.level) || !strings.Contains(text, tt.err) {
				t.Errorf("got %s, want %s and %q", text, tt.level, tt.err)
			}
			state := r.Worker.State()
			if wait := state.RetryAt.Sub(state.FailedAt); wait < tt.from || wait > tt.to {
				t.Errorf("got a wait of %v, want %v to %v", wait, tt.from, tt.to)
			}
			if len(state.LastError) > 500 {
				t.Errorf("got an error of %d bytes", len(state.LastError))
			}
			if p := r.Source.Progress(); p.Released+p.Dropped > 0 {
				t.Errorf("got %+v, want the points kept", p)
			}
			s.checkTaken(t)
		})
	}
}

// TestIsDownUntilThereIsAGoodAnswer has the far end refuse everything for a while:
// each try asks it with one point, and is no connection before that is taken.
func TestIsDownUntilThereIsAGoodAnswer(t *testing.T) {
	for _, code := range []int{401, 503} {
		s := newSink(t, say(code, "no"))
		d := newDestination(t, hostedgraphite.Options{URL: s.URL})
		all := batch("a 1 1", "b 1 1", "c 1 1")
		conn := dial(t, d)
		if err := conn.Send(t.Context(), all); err == nil || deliver.IsPermanent(err) {
			t.Errorf("%d: got %v, want an error that is not the batch's", code, err)
		}
		conn.Close(t.Context())
		for range 3 {
			if conn, err := d.Dial(t.Context()); err == nil {
				conn.Close(t.Context())
				t.Errorf("%d: got a connection, want the answer", code)
			}
		}
		if got := s.asked(); got != 4 {
			t.Errorf("%d: got %d requests, want 4", code, got)
		}
		s.behave(nil)
		conn = dial(t, d)
		if err := conn.Send(t.Context(), all); err != nil {
			t.Errorf("%d: %v", code, err)
		}
		conn.Close(t.Context())
		s.checkTaken(t, "a 1 1", "a 1 1", "b 1 1", "c 1 1")
		before := s.asked()
		dial(t, d)
		if got := s.asked(); got != before {
			t.Errorf("%d: got %d requests in Dial after a good answer, want none", code, got-before)
		}
	}
}

func TestAnUnansweredQuestionIsNotAskedAgain(t *testing.T) {
	s := newSink(t, say(503, "no"))
	d := newDestination(t, hostedgraphite.Options{URL: s.URL})
	conn := dial(t, d)
	conn.Send(t.Context(), batch("a 1 1"))
	conn.Close(t.Context())
	s.behave(func(w http.ResponseWriter, _ []string) { panic(http.ErrAbortHandler) })
	if _, err := d.Dial(t.Context()); err == nil {
		t.Error("got a connection to a far end that hung up")
	}
	before := s.asked()
	dial(t, d)
	if got := s.asked(); got != before {
		t.Errorf("got %d requests in Dial, want none: the batch may take longer than it", got-before)
	}
}

// TestTheEndOfAnIdleConnectionIsNoOutage has a server that closes after each answer,
// announced or not.
func TestTheEndOfAnIdleConnectionIsNoOutage(t *testing.T) {
	tests := []struct {
		name  string
		begin func(*sink)
	}{
		{"announced", func(s *sink) { s.Config.SetKeepAlivesEnabled(false) }},
		{"unannounced", (*sink).hangUpAlways},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSink(t, sayIf(anyBad, 400, "no"))
			tt.begin(s)
			r := run(t, hostedgraphite.Options{URL: s.URL})
			var want []string
			for i := range 10 {
				line := fmt.Sprint("a ", i, " 1")
				want = append(want, line)
				r.Source.Add(line, "bad x 1") // takes several requests
				r.Wait("given back", func() bool { return r.Source.Progress().Dropped == i+1 })
			}
			if text := r.Log.String(); strings.Contains(text, "down") {
				t.Errorf("got %s, want no word of an outage", text)
			}
			s.checkTaken(t, want...)
		})
	}
}

func TestBrokenIsKnownAfterAnAnswer(t *testing.T) {
	s := newSink(t, nil)
	conn := dial(t, newDestination(t, hostedgraphite.Options{URL: s.URL}))
	if err := conn.Send(t.Context(), batch("a 1 1")); err != nil {
		t.Fatal(err)
	}
	s.CloseClientConnections()
	select {
	case <-conn.Broken():
	case <-time.After(time.Second):
		t.Error("not known to be broken after a second")
	}
	if err := conn.Close(t.Context()); err != nil || conn.Acked() != 1 {
		t.Errorf("got %v and %d batches acknowledged, want all to be well: it was answered", err, conn.Acked())
	}
}

func TestCountsRequests(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	n := 0
	s := newSink(t, func(w http.ResponseWriter, lines []string) {
		if n++; n > 2 {
			panic(http.ErrAbortHandler)
		}
		sayIf(anyBad, 400, "no")(w, lines)
	})
	o := hostedgraphite.Options{URL: s.URL, Name: "far", Registerer: registry, Plain: true}
	newDestination(t, o)
	conn := dial(t, newDestination(t, o)) // a reload makes it anew
	conn.Send(t.Context(), batch("a 1 1"))
	conn.Send(t.Context(), batch("bad 1 1"))
	conn.Send(t.Context(), batch("c 1 1"))
	want := `
# HELP plumbago_deliver_requests_total Requests made, by the kind of the answer.
# TYPE plumbago_deliver_requests_total counter
plumbago_deliver_requests_total{answer="2xx",dest="far"} 1
plumbago_deliver_requests_total{answer="3xx",dest="far"} 0
plumbago_deliver_requests_total{answer="4xx",dest="far"} 1
plumbago_deliver_requests_total{answer="5xx",dest="far"} 0
plumbago_deliver_requests_total{answer="none",dest="far"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("got %v, %v", problems, err)
	}
}
