package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"time"
)

// manner is how a sink answers HTTP.
type manner string

const (
	takes     manner = ""             // points, and says so
	refuses   manner = "503"          // without taking any
	limits    manner = "429"          // likewise, and says when to come again
	forgets   manner = "500, taken"   // takes them, and answers as if it had not
	cuts      manner = "cut answer"   // takes them, and hangs up within the answer
	hangsUp   manner = "half read"    // hangs up in the middle of a request
	prattles  manner = "garbage"      // answers what is no HTTP
	dawdles   manner = "slow answer"  // takes them, and lets it wait
	redirects manner = "redirection"  // elsewhere, without taking any
	pages     manner = "endless page" // refuses with more than anybody wants to read
)

var manners = []manner{refuses, limits, forgets, cuts, hangsUp, prattles, dawdles, redirects, pages}

func (s *sink) behave(m manner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.manner = m
}

func (s *sink) behaviour() manner {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.manner
}

// readRequests takes lines as a hosted Graphite's sink does.
func (s *sink) readRequests(r *bufio.Reader, c io.Writer) {
	for {
		request, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		m := s.behaviour()
		if m == hangsUp {
			io.CopyN(io.Discard, request.Body, request.ContentLength/2)
			return
		}
		lines, err := readBody(request)
		if err != nil {
			return
		}
		if m == takes || m == forgets || m == cuts || m == dawdles {
			s.takeLines(lines)
		}
		if !s.answer(c, m) {
			return
		}
	}
}

func (s *sink) takeLines(lines []byte) {
	for line := range bytes.Lines(lines) {
		s.take(bytes.TrimSuffix(line, []byte("\n")))
	}
}

func readBody(r *http.Request) ([]byte, error) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = z
	}
	return io.ReadAll(body)
}

// answer is false when the connection is to be closed.
func (s *sink) answer(w io.Writer, m manner) bool {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntaken"
	switch m {
	case refuses:
		return say(w, "503 Service Unavailable", "", "no")
	case limits:
		return say(w, "429 Too Many Requests", "Retry-After: 1\r\n", "slow down")
	case forgets:
		return say(w, "500 Internal Server Error", "", "broken")
	case redirects:
		return say(w, "307 Temporary Redirect", "Location: http://203.0.113.1/\r\n", "")
	case pages:
		say(w, "502 Bad Gateway", "", string(bytes.Repeat([]byte("<p>so much to say"), 1<<14)))
		return false
	case cuts:
		io.WriteString(w, ok[:len(ok)-20])
		return false
	case prattles:
		io.WriteString(w, "\x00\xff SSH-2.0-OpenSSH\r\n\r\n")
		return false
	case dawdles:
		time.Sleep(1500 * time.Millisecond)
	}
	_, err := io.WriteString(w, ok)
	return err == nil
}

func say(w io.Writer, status, header, text string) bool {
	_, err := fmt.Fprintf(w, "HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s", status, header, len(text), text)
	return err == nil
}
