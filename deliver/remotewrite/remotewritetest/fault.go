package remotewritetest

import (
	"net/http"
	"strings"
	"time"
)

// Fault is how the server misbehaves for some requests.
type Fault struct {
	Status     int           // is the answer instead of what it would be
	Text       string        // its body; by default the status' own
	RetryAfter string        // goes with it
	Reset      bool          // the connection is reset instead
	Slow       time.Duration // or the answer comes late
	MaxBody    int           // larger bodies are answered with 413
	Only       string        // is for requests that hold a series with this in its name or labels
	Times      int           // for how many requests; until another is set if 0
}

// Misbehave sets the fault of the requests to come; the zero Fault is none.
func (s *Server) Misbehave(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// nextFault returns that of a request.
func (s *Server) nextFault(all []Series) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fault
	if f.Only != "" && !mentions(all, f.Only) {
		return Fault{}
	}
	if f.Times == 1 {
		s.fault = Fault{}
	}
	if f.Times > 1 {
		s.fault.Times--
	}
	return f
}

func mentions(all []Series, text string) bool {
	for _, s := range all {
		if strings.Contains(s.String(), text) {
			return true
		}
	}
	return false
}

// misbehave answers by the fault, and reports whether it did.
func (s *Server) misbehave(w http.ResponseWriter, f Fault, size int) bool {
	time.Sleep(f.Slow)
	switch {
	case f.Reset:
		panic(http.ErrAbortHandler)
	case f.MaxBody > 0 && size > f.MaxBody:
		s.answer(w, http.StatusRequestEntityTooLarge, "too large")
	case f.Status != 0:
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		s.answer(w, f.Status, f.Text)
	default:
		return false
	}
	return true
}
