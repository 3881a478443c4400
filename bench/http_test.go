package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestRequests sends points to a server that takes its time, and refuses the
// request with the first of them.
func TestRequests(t *testing.T) {
	const slow = 5 * time.Millisecond
	var mu sync.Mutex
	tally := newTally(10, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(slow)
		body, err := io.ReadAll(r.Body)
		user, password, _ := r.BasicAuth()
		if err != nil || r.Method != "POST" || r.URL.Path != "/api/v1/sink" || user != "secret-key" || password != "" {
			t.Errorf("got %s %s of %q, %v", r.Method, r.URL, user, err)
		}
		mu.Lock()
		defer mu.Unlock()
		_, _ = tally.lines(body, 1)
		if bytes.Contains(body, []byte(" 0.5 ")) {
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	defer server.Close()
	l := load{To: strings.TrimPrefix(server.URL, "http://"), Protocol: "http", Key: "secret-key", Points: 1000, Series: 10,
		Connections: 4, Rate: 20_000, Chunk: 50}
	sent := sendAll(t, l)
	compareCounts(t, tally.count, count{Unique: 1000, Last: 1})
	if sent.Points != 1000 || sent.Refused != 1 || sent.Reconnects != 0 || len(sent.Answers) != 20 {
		t.Errorf("got %+v, want 1000 points in 20 requests on 4 connections, one refused", sent)
	}
	for _, took := range sent.Answers {
		if d := time.Duration(took); d < slow || d > 5*time.Second {
			t.Errorf("a request was answered after %v, want at least %v", d, slow)
		}
	}
}
