package bluefloodtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Fault is how ingest misbehaves for some requests.
type Fault struct {
	Status     int           // is the answer instead of what it would be; 202 keeps half of the points
	RetryAfter string        // goes with it
	Reset      bool          // the connection is reset instead
	Silent     bool          // or there never is an answer
	Slow       time.Duration // or it comes late
	MaxBody    int           // larger bodies are answered with 413
	Refuse     string        // points whose names hold it are refused, without a reason that the sheet has
	Times      int           // for how many requests; until another is set if 0
}

// Misbehave sets the fault of the requests to come; the zero Fault is none.
func (s *Server) Misbehave(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// nextFault returns that of a request.
func (s *Server) nextFault() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fault
	if f.Times == 1 {
		s.fault = Fault{}
	}
	if f.Times > 1 {
		s.fault.Times--
	}
	return f
}

func (f Fault) header(h http.Header) {
	if f.RetryAfter != "" {
		h.Set("Retry-After", f.RetryAfter)
	}
}

func (f Fault) refuses(name string) bool { return f.Refuse != "" && strings.Contains(name, f.Refuse) }

// setFault lets a person set faults: POST /fault?status=429&retry_after=5&times=3,
// with the fields of Fault; stale=true makes all tokens expire instead. Without
// anything there is no fault any more.
func (s *Server) setFault(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("stale") != "" {
		s.ForgetTokens()
		fmt.Fprintln(w, "all tokens are stale")
		return
	}
	f := Fault{RetryAfter: q.Get("retry_after"), Refuse: q.Get("refuse")}
	var err error
	parse := func(key string, set func(string) error) {
		if text := q.Get(key); text != "" && err == nil {
			err = set(text)
		}
	}
	parse("status", func(t string) (e error) { f.Status, e = strconv.Atoi(t); return })
	parse("times", func(t string) (e error) { f.Times, e = strconv.Atoi(t); return })
	parse("max_body", func(t string) (e error) { f.MaxBody, e = strconv.Atoi(t); return })
	parse("reset", func(t string) (e error) { f.Reset, e = strconv.ParseBool(t); return })
	parse("silent", func(t string) (e error) { f.Silent, e = strconv.ParseBool(t); return })
	parse("slow", func(t string) (e error) { f.Slow, e = time.ParseDuration(t); return })
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	s.Misbehave(f)
	fmt.Fprintf(w, "%+v\n", f)
}
