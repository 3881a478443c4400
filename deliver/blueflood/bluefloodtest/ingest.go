package bluefloodtest

import (
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// point is one that can be stored.
type point struct {
	tenant, name, value string
	at                  int64
}

// problem is an entry of an answer's errors.
type problem struct {
	Tenant  string  `json:"tenantId"`
	Time    *int64  `json:"timestamp"`
	Name    string  `json:"metricName"`
	Source  *string `json:"source"`
	Message string  `json:"message"`
}

// ingest takes points as POST .../ingest and .../ingest/multi do.
func (s *Server) ingest(w http.ResponseWriter, r *http.Request, tenant string, multi bool) {
	f := s.nextFault()
	switch {
	case f.Reset:
		s.counted(0)
		panic(http.ErrAbortHandler)
	case f.Slow > 0:
		pause(r, f.Slow)
	}
	switch {
	case r.Header.Get("Expect") != "" && r.ContentLength > MaxBody:
		s.answer(w, http.StatusExpectationFailed)
		return
	case !isJSON(r.Header):
		s.refuse(w, http.StatusUnsupportedMediaType, tenant, "Unsupported media type")
		return
	case !s.admits(r):
		s.refuse(w, http.StatusUnauthorized, tenant, "Unauthorized")
		return
	}
	body, err := s.read(r)
	switch {
	case errors.Is(err, errTooLarge), f.Silent:
		s.counted(0)
		io.Copy(io.Discard, r.Body) // or the end of the connection is not noticed
		<-r.Context().Done()        // there never is an answer
		return
	case f.MaxBody > 0 && len(body) > f.MaxBody:
		s.answer(w, http.StatusRequestEntityTooLarge)
		return
	case f.Status != 0 && f.Status != http.StatusAccepted:
		f.header(w.Header())
		s.refuse(w, f.Status, tenant, http.StatusText(f.Status))
		return
	case err != nil:
		s.refuse(w, http.StatusBadRequest, tenant, "Cannot parse content")
		return
	}
	s.take(w, f, reader{server: s, fault: f, tenant: tenant, multi: multi, now: s.now().UnixMilli()}, body)
}

// take answers for a body that was read.
func (s *Server) take(w http.ResponseWriter, f Fault, in reader, body []byte) {
	points, problems, err := in.points(body)
	var whole wholeError
	switch {
	case errors.As(err, &whole):
		s.refuse(w, whole.status, in.tenant, whole.message)
		return
	case len(points) == 0 && len(problems) == 0:
		s.refuse(w, http.StatusBadRequest, in.tenant, "No valid metrics")
		return
	case len(points) == 0:
		s.errors(w, http.StatusBadRequest, problems)
		return
	}
	if f.Status == http.StatusAccepted {
		if len(points) > 1 {
			s.store(points[:len(points)/2]) // of the others nobody knows
		}
		s.refuse(w, http.StatusAccepted, in.tenant, "Timed out persisting metrics")
		return
	}
	s.store(points)
	if len(problems) > 0 {
		s.errors(w, http.StatusMultiStatus, problems)
		return
	}
	s.answer(w, http.StatusOK)
}

// refuse answers with one error that is the whole request's.
func (s *Server) refuse(w http.ResponseWriter, status int, tenant, message string) {
	s.errors(w, status, []problem{{Tenant: tenant, Message: message}})
}

func (s *Server) errors(w http.ResponseWriter, status int, problems []problem) {
	s.counted(status)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"errors": problems})
}

func pause(r *http.Request, d time.Duration) {
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	}
}

// isJSON reports whether the headers are of those that send and take JSON.
func isJSON(h http.Header) bool {
	content, accept := h.Get("Content-Type"), h.Get("Accept")
	return (content == "" || strings.Contains(content, "application/json")) &&
		(accept == "" || strings.Contains(accept, "*/*") || strings.Contains(accept, "application/json"))
}

var errTooLarge = errors.New("body too large")

// read returns a body, decompressed.
func (s *Server) read(r *http.Request) ([]byte, error) {
	plain := io.Reader(r.Body)
	var err error
	switch r.Header.Get("Content-Encoding") {
	case "gzip":
		plain, err = gzip.NewReader(r.Body)
	case "deflate":
		plain, err = zlib.NewReader(r.Body)
	}
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(plain, MaxBody+1))
	s.mu.Lock()
	s.largest = max(s.largest, len(body))
	s.mu.Unlock()
	if len(body) > MaxBody {
		return nil, errTooLarge
	}
	return body, err
}
