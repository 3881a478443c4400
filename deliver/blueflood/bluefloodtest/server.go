// Package bluefloodtest is a Blueflood for tests: its ingest and full-resolution
// views in memory, with its rules and status codes, and with faults on demand. It
// also logs in as Rackspace's identity service does.
package bluefloodtest

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// MaxBody is what a body can have at most, after decompression.
const MaxBody = 1 << 20

// Server is a Blueflood: an http.Handler. What can be set is set before its first
// request. It keeps all points that it takes.
type Server struct {
	Past, Ahead time.Duration    // how far a point's time may lie off; 72 h and 10 min if 0
	Now         func() time.Time // nil: time.Now

	// Users are those who can log in, with their keys or passwords. If there are
	// any, ingest wants a token.
	Users     map[string]string
	TokenLife time.Duration // 24 h if 0

	// Check says whether a token is good that the server has not given itself. If
	// it is set, ingest wants a token.
	Check func(token string) bool

	// Took is told of each point that is taken, if it is set.
	Took func(tenant, name, value string, at int64)

	mu      sync.Mutex
	points  map[string]map[string]map[int64]string // by tenant, name and time in milliseconds
	count   int
	counts  map[int]int // requests by status; those without an answer under 0
	fault   Fault
	tokens  map[string]time.Time // when they expire
	logins  int
	largest int
}

// ServeHTTP answers as Blueflood does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["Content-Type"] = nil // no answer has one
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Path == "/fault":
		s.setFault(w, r)
	case !knownVerbs[r.Method]:
		s.answer(w, http.StatusNotImplemented)
	case r.URL.Path == "/v2.0":
		s.only(w, r, http.MethodGet, func() { s.answer(w, http.StatusOK) })
	case r.URL.Path == "/v2.0/tokens":
		s.only(w, r, http.MethodPost, func() { s.login(w, r) })
	case path[0] != "v2.0" || len(path) < 3 || path[1] == "":
		s.answer(w, http.StatusNotFound)
	case len(path) == 3 && path[2] == "ingest":
		s.only(w, r, http.MethodPost, func() { s.ingest(w, r, path[1], false) })
	case len(path) == 4 && path[2] == "ingest" && path[3] == "multi":
		s.only(w, r, http.MethodPost, func() { s.ingest(w, r, path[1], true) })
	case len(path) == 4 && path[2] == "views":
		s.only(w, r, http.MethodGet, func() { s.view(w, r, path[1], path[3]) })
	default:
		s.answer(w, http.StatusNotFound)
	}
}

var knownVerbs = map[string]bool{
	http.MethodGet: true, http.MethodPost: true, http.MethodPut: true, http.MethodDelete: true,
	http.MethodHead: true, http.MethodOptions: true, http.MethodPatch: true,
}

// only calls then if the request has the path's one method.
func (s *Server) only(w http.ResponseWriter, r *http.Request, method string, then func()) {
	if r.Method != method {
		w.Header().Set("Allow", method)
		s.answer(w, http.StatusMethodNotAllowed)
		return
	}
	then()
}

// answer ends a request with an empty body.
func (s *Server) answer(w http.ResponseWriter, status int) {
	s.counted(status)
	w.WriteHeader(status)
}

// counted counts a request.
func (s *Server) counted(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts == nil {
		s.counts = map[int]int{}
	}
	s.counts[status]++
}

// Answers returns how many requests were answered with a status; 0 is for those
// that got no answer.
func (s *Server) Answers(status int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[status]
}

// Requests returns how many there were in all, to ingest and others.
func (s *Server) Requests() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, count := range s.counts {
		n += count
	}
	return n
}

// Points returns how many points were taken, those that came again included.
func (s *Server) Points() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Largest returns the size of the largest body that came, decompressed.
func (s *Server) Largest() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.largest
}

// Value returns the text of a value that was taken; "" if there is none.
func (s *Server) Value(tenant, name string, at int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.points[tenant][name][at]
}

// store keeps what was taken.
func (s *Server) store(points []point) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range points {
		if s.points == nil {
			s.points = map[string]map[string]map[int64]string{}
		}
		names := s.points[p.tenant]
		if names == nil {
			names = map[string]map[int64]string{}
			s.points[p.tenant] = names
		}
		times := names[p.name]
		if times == nil {
			times = map[int64]string{}
			names[p.name] = times
		}
		times[p.at] = p.value
		s.count++
		if s.Took != nil {
			s.Took(p.tenant, p.name, p.value, p.at)
		}
	}
}

func (s *Server) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}
